"""Models, predictions and explanations."""

from typing import Annotated, Any, Literal

from pydantic import Field

from steelyard.web.answers.base import Answer, ColumnSchema, Label, Listed, Row, Sha256, Target, Time


class Input(Answer):
    """An input of a model."""

    name: str
    kind: Literal["numeric", "categorical", "boolean", "datetime", "text", "id"]
    schema_: ColumnSchema = Field(alias="schema")


class Outputs(Answer):
    """The outputs of a model."""

    targets: list[str]
    units: int


class LayerFacts(Answer):
    """A layer of a model."""

    name: str
    type: str
    inputs: int
    outputs: int
    activation: str | None
    parameters: int


class Model(Answer):
    """A trained model."""

    id: str
    object: Literal["model"]
    name: str | None
    aliases: list[str]
    job: str
    created_at: Time
    task: Literal["binary", "multiclass", "multilabel", "regression"]
    inputs: list[Input]
    outputs: Outputs
    classes: list[Label] | None
    layers: list[LayerFacts]
    parameters: int
    metrics: dict[str, dict[str, float | None]]
    weights_sha256: Sha256
    spec: dict[str, Any]
    provenance: dict[str, Any]


class ModelList(Listed):
    """Models, newest first."""

    data: list[Model]


class PredictRequest(Answer):
    """Rows as lists in the order of the model's inputs, or as objects by their names; `null` is a missing value."""

    inputs: Annotated[list[Row], Field(min_length=1, examples=[[[5.1, 3.5, 1.4, 0.2]]])]


class Prediction(Answer):
    """A model's predictions, one for each row."""

    model: str
    predictions: list[Target]
    probabilities: list[list[float]] | None = None
    classes: list[Label] | None = None
    ignored_columns: Annotated[
        list[str] | None, Field(description="columns of the rows that the model does not take, at most 100")
    ] = None
    missing_columns: Annotated[
        list[str] | None, Field(description="inputs that rows lack and that count as missing values, at most 100")
    ] = None


class ExplainRequest(Answer):
    """A method, and optional rows as for a prediction; objects may include the targets."""

    method: Literal["permutation", "integrated_gradients", "connection_weights"]
    inputs: Annotated[list[Row], Field(min_length=1)] | None = None


class ExplainedOutputs(Answer):
    """The explained outputs, at most 16, and their unit. Logits are centered over the classes."""

    names: list[Label]
    unit: str


class ExplainedFeature(Answer):
    """A column. Its importance is significant only if it is above the control."""

    name: str
    importance: float | None
    std: Annotated[float | None, Field(description="standard deviation over repeats or rows")]
    rank: int
    above_control: bool
    by_output: Annotated[list[float | None] | None, Field(description="in the order of `outputs`")] = None
    score_drop: dict[str, float | None] | None = None


class Control(Answer):
    """The importance of shuffled columns with untrained weights: mean, standard deviation, and maximum (`level`)."""

    importance: float | None
    std: float | None
    level: float | None
    columns: int


class Agreement(Answer):
    """Spearman's correlation of two methods' rankings; null if a ranking is constant."""

    methods: list[str]
    spearman: float | None


class Attributions(Answer):
    """Row by row, of at most 100: `values` by output and feature; they add up to `outputs` less `baseline`."""

    baseline: list[float | None]
    outputs: list[list[float | None]]
    values: list[list[list[float | None]]]


class Explanation(Answer):
    """The importance of each column for the outputs."""

    object: Literal["explanation"]
    model: str
    method: Literal["permutation", "integrated_gradients", "connection_weights"]
    outputs: ExplainedOutputs
    features: list[ExplainedFeature]
    control: Control
    agreement: list[Agreement]
    not_defined: Annotated[
        dict[str, str], Field(description="methods that are not available for this model, with the reason")
    ]
    rows: Annotated[int, Field(description="number of rows the method used")]
    source: Literal["inputs", "validation", "test", "train", "weights"]
    seconds: float
    repeats: int | None = None
    measure: Annotated[
        Literal["loss", "movement"] | None, Field(description="what increases when the column is shuffled")
    ] = None
    loss: float | None = None
    score: dict[str, float | None] | None = None
    steps: int | None = None
    baseline: Literal["training_mean", "zeros"] | None = None
    residual: Annotated[
        float | None, Field(description="largest difference between the sum of attributions and the output")
    ] = None
    attributions: Attributions | None = None

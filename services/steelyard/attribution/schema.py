"""What clients ask of an explanation, and what they get."""

from typing import Annotated, Literal

from pydantic import Field

from steelyard.documents.schema import Answer, Label, Row, Strict

Method = Literal["permutation", "integrated_gradients", "connection_weights"]


class ExplainRequest(Strict):
    """A method, and optional rows as for a prediction; objects may include the targets."""

    method: Method
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
    method: Method
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

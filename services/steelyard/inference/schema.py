"""What clients ask of predictions, and what they get: at once, or for many rows as a job."""

from typing import Annotated, Any, Literal

from pydantic import Field

from steelyard.documents.schema import Answer, Cell, Label, Listed, Row, Strict, Target
from steelyard.jobs.schema import AnyJob, Fraction
from steelyard.jobs.webhooks.schema import Webhook
from steelyard.tabular.values import Kind

Ignored = Annotated[list[str], Field(description="columns of the rows that the model does not take, at most 100")]
Missing = Annotated[list[str], Field(description="inputs that rows lack and that count as missing values, at most 100")]


class PredictRequest(Strict):
    """Rows as lists in the order of the model's inputs, or as objects by their names; `null` is a missing value."""

    inputs: Annotated[list[Row], Field(min_length=1, examples=[[[5.1, 3.5, 1.4, 0.2]]])]


class Prediction(Answer):
    """A model's predictions, one for each row."""

    model: str
    predictions: list[Target]
    probabilities: list[list[float]] | None = None
    classes: list[Label] | None = None
    ignored_columns: Ignored | None = None
    missing_columns: Missing | None = None


class ModelInput(Answer):
    """An input of a model, for a form."""

    name: str
    kind: Kind
    type: Annotated[str, Field(description="the type of the column, as in a schema")]
    categories: Annotated[
        list[Label] | None,
        Field(description="of a column of categories: the values that the model knows, at most 1,000"),
    ]
    typical: Annotated[Cell, Field(description="a value to begin with; null where the model keeps none")]


class ModelInputs(Answer):
    """The inputs of a model in the order of a row."""

    object: Literal["inputs"]
    model: str
    inputs: list[ModelInput]


class Records(Strict):
    """Rows as objects by the names of the model's inputs."""

    rows: Annotated[list[dict[str, Cell]], Field(min_length=1)]


class Lists(Strict):
    """Rows as lists in the order of the model's inputs."""

    x: Annotated[list[list[Cell]], Field(min_length=1)]


class DatasetToPredict(Strict):
    """The rows of a data set."""

    dataset: str


class RowsToPredict(Strict):
    """Rows inside the request."""

    inline: Records | Lists


class BatchRequest(Strict):
    """Rows to predict: a data set, or rows inside the request as objects (`rows`) or lists (`x`)."""

    name: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    data: DatasetToPredict | RowsToPredict
    webhook: Webhook | None = None


class BatchProgress(Answer):
    """The progress."""

    rows: int
    fraction: Fraction


class BatchPrediction(AnyJob):
    """Predictions for many rows."""

    object: Literal["prediction"]
    model: str
    dataset: str | None
    rows: int
    progress: BatchProgress
    seconds: float | None
    ignored_columns: Ignored | None = None
    missing_columns: Missing | None = None


class BatchList(Listed):
    """Predictions, newest first."""

    data: list[BatchPrediction]


class BatchRow(Answer):
    """The prediction for one row."""

    row: int
    prediction: Target
    probabilities: list[float] | None = None


class BatchRows(Listed):
    """The predictions so far, in the order of the rows."""

    rows: int
    data: list[BatchRow]


class ExportInput(Answer):
    """An input of an exported file, and the column that it is made of, if it is a single one."""

    name: str
    type: str
    column: str | None


class ExportOutput(Answer):
    """An output of an exported file; `N` is the number of rows."""

    name: str
    type: str
    shape: list[int | str]


class ExportLimit(Answer):
    """Something that does not travel with a model, in a column or in all."""

    detail: str
    column: str | None


class ExportTensor(Answer):
    """Weights as nested lists."""

    dtype: Literal["float32", "float64"]
    shape: list[int]
    values: Annotated[list[Any], Field(description="nested lists of numbers; null if one is not finite")]


class Export(Answer):
    """What an export holds (`dry_run`), or a model as JSON, with its weights."""

    object: Literal["export"]
    model: str
    format: str
    file_name: str | None = None
    media_type: str | None = None
    inputs: list[ExportInput] | None = None
    outputs: list[ExportOutput] | None = None
    limits: Annotated[list[ExportLimit] | None, Field(description="what does not travel")] = None
    further_inputs: Annotated[
        list[str] | None, Field(description="inputs that take something else than the column in a predict request")
    ] = None
    manifest: Annotated[dict[str, Any] | None, Field(description="as of the model, in format json")] = None
    preprocessing: Annotated[dict[str, Any] | None, Field(description="in format json")] = None
    tensors: Annotated[dict[str, ExportTensor] | None, Field(description="weights by name, in format json")] = None

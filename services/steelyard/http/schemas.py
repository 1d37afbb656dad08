"""The answers of the service as models, for the OpenAPI document and for the tests that hold answers against it."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Time = Annotated[str, Field(description="RFC 3339, UTC", examples=["2026-11-23T18:09:00.123Z"])]
Sha256 = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
Status = Literal["queued", "running", "succeeded", "failed", "cancelled"]
Label = str | int | bool


class Answer(BaseModel):
    """An object that the service gives."""

    model_config = ConfigDict(extra="forbid")


class Fault(Answer):
    """One fault of a request."""

    pointer: Annotated[str, Field(description="RFC 6901, into the body; `?name` for a query parameter")]
    detail: str


class Problem(Answer):
    """An error, as RFC 9457 has it."""

    type: str
    title: str
    status: int | None = None
    detail: str
    instance: str | None = None
    errors: list[Fault] | None = None


class Progress(Answer):
    """How far a job is."""

    epoch: int
    epochs: int
    fraction: Annotated[float, Field(ge=0, le=1)]
    eta_seconds: float | None


class Finding(Answer):
    """Something that stands out in a run."""

    code: str
    level: Literal["info", "warning"]
    message: str
    suggestion: str
    layer: str | None


class DataSummary(Answer):
    """What a job learns from."""

    rows: int
    features: list[str]
    targets: list[str]
    classes: list[Label] | None
    left_out: Annotated[dict[str, str], Field(description="columns of which nothing is learned, and why")]


class Job(Answer):
    """A training job."""

    id: str
    object: Literal["job"]
    name: str | None
    metadata: dict[str, str]
    status: Status
    spec: Annotated[dict[str, Any], Field(description="the job with every default filled in")]
    spec_digest: Sha256
    data: DataSummary
    parameters: int
    progress: Progress
    metrics: dict[str, dict[str, float | None]]
    model: str | None
    attempt: int
    error: Problem | None
    findings: list[Finding]
    created_at: Time
    started_at: Time | None
    finished_at: Time | None
    queue_seconds: float | None
    train_seconds: float | None
    weights_sha256: Sha256 | None


class TopValue(Answer):
    """A value that is often there."""

    value: str | bool | float
    count: int


class DatasetColumn(Answer):
    """A column at a glance. `min`, `max` and `mean` of dates are RFC 3339, `std` is in seconds."""

    name: str
    dtype: Annotated[str, Field(description="the type that it had in the file")]
    kind: Literal["numeric", "categorical", "boolean", "datetime", "text", "id"]
    reason: Annotated[str, Field(description="why it is taken for that kind")]
    missing: int
    distinct: int
    min: float | str | None
    max: float | str | None
    mean: float | str | None
    std: float | None
    top: list[TopValue]


class Dataset(Answer):
    """A data set that was sent."""

    id: str
    object: Literal["dataset"]
    name: str | None
    created_at: Time
    rows: int
    bytes: int
    sha256: Sha256
    media_type: str
    read_as: Annotated[dict[str, str], Field(description="how the file turned out to be written")]
    columns: list[DatasetColumn]


class DatasetRows(Answer):
    """Rows of a data set."""

    object: Literal["list"]
    rows: int
    data: list[dict[str, Any]]
    has_more: bool
    next: str | None


class Estimate(Answer):
    """What a job would need."""

    memory_bytes: int
    seconds: float


class DryRun(Answer):
    """What a job would be."""

    object: Literal["dry_run"]
    spec: dict[str, Any]
    spec_digest: Sha256
    data: DataSummary
    parameters: int
    estimate: Estimate


class Listed(Answer):
    """A page of a list."""

    object: Literal["list"]
    has_more: bool
    next: str | None


class JobList(Listed):
    """Jobs, newest first."""

    data: list[Job]


class DatasetList(Listed):
    """Data sets, newest first."""

    data: list[Dataset]


class Event(Answer):
    """Something that happened to a job."""

    id: str
    created_at: Time
    level: Literal["info", "warning", "error"]
    type: str
    message: str
    data: dict[str, Any]


class EventList(Listed):
    """Events, oldest first."""

    data: list[Event]


class History(Answer):
    """What each epoch measured: a list as long as `epochs` for every name."""

    epochs: list[int]
    series: dict[str, list[float | None]]


class TensorFacts(Answer):
    """A tensor without its values."""

    name: str
    shape: list[int]
    dtype: str
    statistics: dict[str, float | None]
    sha256: Sha256


class SnapshotFacts(Answer):
    """The weights after an epoch."""

    epoch: int
    sha256: Sha256
    tensors: list[TensorFacts]


class WeightList(Answer):
    """Which weights there are: `initial`, `best`, `final`."""

    snapshots: dict[str, SnapshotFacts]


class Weights(Answer):
    """All tensors of a snapshot as nested lists; kernels are `(inputs, units)`."""

    snapshot: str
    tensors: dict[str, list[Any]]


class TensorValues(Answer):
    """One tensor."""

    name: str
    shape: list[int]
    dtype: str
    values: list[Any]


Target = Label | float | list[float]


class PredictedRow(Answer):
    """A stored prediction."""

    row: int
    target: Target
    prediction: Target
    probabilities: list[float] | None = None


class Predictions(Listed):
    """The stored predictions of a split."""

    split: str
    rows: int
    classes: list[Label] | None
    targets: list[str]
    data: list[PredictedRow]


class Input(Answer):
    """An input of a model."""

    name: str
    kind: Literal["numeric"]


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
    job: str
    created_at: Time
    task: Literal["binary", "multiclass", "regression"]
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
    """Rows as lists in the order of the model's inputs, or as objects by their names."""

    inputs: Annotated[
        list[list[float] | dict[str, float]],
        Field(min_length=1, examples=[[[5.1, 3.5, 1.4, 0.2]]]),
    ]


class Prediction(Answer):
    """What a model predicts, a row each."""

    model: str
    predictions: list[Target]
    probabilities: list[list[float]] | None = None
    classes: list[Label] | None = None


class Health(Answer):
    """This process."""

    status: Literal["ok"]
    version: str


class Part(Answer):
    """A part of the service."""

    ok: bool
    detail: str


class Readiness(Answer):
    """The service."""

    ready: bool
    parts: dict[str, Part]


class Catalog(BaseModel):
    """Every part that a job can name, by family."""

    model_config = ConfigDict(extra="allow")

    object: Literal["catalog"]
    layers: list[dict[str, Any]]


ANSWERS: tuple[type[BaseModel], ...] = (
    Job, JobList, DryRun, History, EventList, WeightList, Weights, TensorValues, Predictions, Model, ModelList,
    PredictRequest, Prediction, Dataset, DatasetList, DatasetRows, Health, Readiness, Catalog, Problem,
)  # fmt: skip

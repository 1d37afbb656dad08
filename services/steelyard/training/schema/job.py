"""What clients see of a training job."""

from typing import Annotated, Any, Literal

from pydantic import Field

from steelyard.diagnostics.schema import Baseline, Finding
from steelyard.documents.schema import Answer, Label, Listed, Sha256, StoredSpec
from steelyard.jobs.schema import AnyJob, Fraction


class Progress(Answer):
    """The progress of a job."""

    epoch: int
    epochs: int
    fraction: Fraction
    eta_seconds: Annotated[float | None, Field(description="until all epochs are trained; training may stop earlier")]


class DataSummary(Answer):
    """A summary of a job's data."""

    rows: int
    features: list[str]
    targets: list[str]
    classes: list[Label] | None
    left_out: Annotated[dict[str, str], Field(description="dropped columns, with the reason")]
    rows_left_out: Annotated[int, Field(description="number of dropped rows without a target")] = 0


class Choice(Answer):
    """A setting that the job left open: what was chosen from its data, and why."""

    path: Annotated[str, Field(description="JSON Pointer (RFC 6901) into the `spec`")]
    value: Any
    reason: str


class MemberStopping(Answer):
    """When the training of one member of an ensemble ended."""

    epoch: Annotated[int, Field(description="the last one")]
    best_epoch: int
    weights_epoch: Annotated[int, Field(description="the one whose weights were kept")]


class Refit(Answer):
    """The training after the first, on the rows for training and those for validation."""

    rows: int
    epochs: Annotated[list[int], Field(description="how many each member had; one number without an ensemble")]


class Stopping(Answer):
    """When training ended, and which epoch's weights the model has."""

    reason: Annotated[
        Literal["early_stopping", "epochs", "cancelled"],
        Field(description="`epochs`: all of them were trained"),
    ]
    epoch: Annotated[int, Field(description="the last one")]
    best_epoch: Annotated[int, Field(description="the one with the best value of what is monitored; 0 if none ended")]
    weights_epoch: Annotated[int, Field(description="the one whose weights were kept; of an ensemble, the latest")]
    members: Annotated[list[MemberStopping] | None, Field(description="each member of an ensemble")] = None
    refit: Annotated[Refit | None, Field(description="where a refit followed")] = None
    message: str


class StudyPlace(Answer):
    """The study that a job belongs to, and its place there."""

    id: Annotated[str, Field(description="of the study, for example a mend")]
    origin: Annotated[str | None, Field(description="the job that the study is about")]
    variant: str
    seed: int


class Job(AnyJob):
    """A training job."""

    object: Literal["job"]
    metadata: dict[str, str]
    spec: StoredSpec
    spec_digest: Sha256
    data: DataSummary
    choices: Annotated[list[Choice], Field(description="settings that the job left open, as they were chosen")]
    parameters: int
    progress: Progress
    stopping: Annotated[Stopping | None, Field(description="when training ended, once it has")]
    metrics: dict[str, dict[str, float | None]]
    baseline: Annotated[Baseline | None, Field(description="what the metrics are compared with, once there are any")]
    model: str | None
    study: Annotated[StudyPlace | None, Field(description="where the job belongs to a study, such as a mend")]
    findings: list[Finding]
    queue_seconds: float | None
    train_seconds: float | None
    weights_sha256: Sha256 | None


class JobList(Listed):
    """Jobs, newest first."""

    data: list[Job]


class Estimate(Answer):
    """The estimated resources of a job: what it adds to an idle training process, and its time on one core.

    The time is that of all epochs; training may stop earlier.
    """

    memory_bytes: int
    seconds: float
    recording_bytes: Annotated[int, Field(description="what the recording is stored in at most")]


class DryRun(Answer):
    """The result of validating a job without submitting it."""

    object: Literal["dry_run"]
    spec: StoredSpec
    spec_digest: Sha256
    data: DataSummary
    choices: Annotated[list[Choice], Field(description="settings that the job leaves open, as they would be chosen")]
    findings: Annotated[list[Finding], Field(description="what was dropped or decided about the data")]
    parameters: int
    estimate: Estimate


class History(Answer):
    """The loss and metrics of every epoch: one list for each name, as long as `epochs`."""

    epochs: list[int]
    series: dict[str, list[float | None]]

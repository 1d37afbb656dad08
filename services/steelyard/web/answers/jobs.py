"""Jobs and their events."""

from typing import Annotated, Any, Literal

from pydantic import Field

from steelyard.web.answers.base import Answer, Finding, Label, Listed, Problem, Sha256, Time

Status = Literal["queued", "running", "succeeded", "failed", "cancelled"]


class Progress(Answer):
    """The progress of a job."""

    epoch: int
    epochs: int
    fraction: Annotated[float, Field(ge=0, le=1)]
    eta_seconds: float | None


class RunFinding(Finding):
    """A notable observation about a run, with a suggestion."""

    layer: str | None


class DataSummary(Answer):
    """A summary of a job's data."""

    rows: int
    features: list[str]
    targets: list[str]
    classes: list[Label] | None
    left_out: Annotated[dict[str, str], Field(description="dropped columns, with the reason")]
    rows_left_out: Annotated[int, Field(description="number of dropped rows without a target")] = 0


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
    findings: list[RunFinding]
    created_at: Time
    started_at: Time | None
    finished_at: Time | None
    queue_seconds: float | None
    train_seconds: float | None
    weights_sha256: Sha256 | None


class JobList(Listed):
    """Jobs, newest first."""

    data: list[Job]


class Estimate(Answer):
    """The estimated resources of a job."""

    memory_bytes: int
    seconds: float


class DryRun(Answer):
    """The result of validating a job without submitting it."""

    object: Literal["dry_run"]
    spec: dict[str, Any]
    spec_digest: Sha256
    data: DataSummary
    findings: Annotated[list[RunFinding], Field(description="what was dropped or decided about the data")]
    parameters: int
    estimate: Estimate


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
    """The loss and metrics of every epoch: one list for each name, as long as `epochs`."""

    epochs: list[int]
    series: dict[str, list[float | None]]

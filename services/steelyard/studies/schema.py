"""What clients send and see of studies."""

from typing import Annotated, Literal

from pydantic import Field

from steelyard.diagnostics.schema import PatchOperation
from steelyard.documents.schema import Answer, Listed, Strict, Time

StudyStatus = Annotated[
    Literal["queued", "running", "succeeded", "failed", "cancelled"],
    Field(description="that of its jobs together; it has `succeeded` once all have ended and one of them succeeded"),
]


class MendRequest(Strict):
    """Which findings to mend, and how often to compare."""

    findings: Annotated[list[Annotated[str, Field(max_length=64)]], Field(min_length=1, max_length=50)] | None = Field(
        None, description="codes of findings with a `patch`; default: all that have one"
    )
    seeds: Annotated[int, Field(ge=2, le=20)] = Field(
        3, description="how many seeds the two jobs are trained with: the job's own, and those that follow it"
    )


class Trial(Answer):
    """A job of a study."""

    job: str
    status: Literal["queued", "running", "succeeded", "failed", "cancelled", "deleted"]
    value: Annotated[float | None, Field(description="of what is compared; null until the job has succeeded")]
    error: Annotated[str | None, Field(description="why it failed")] = None


class Pair(Answer):
    """The job as it was and the changed one, on one seed."""

    seed: int
    original: Trial
    mended: Trial
    difference: Annotated[float | None, Field(description="`mended − original`")]


class Compared(Answer):
    """What is compared."""

    split: str
    metric: str
    greater_is_better: bool


class Mend(Answer):
    """A job and a changed one, trained on the same seeds to see whether the change helps."""

    id: str
    object: Literal["mend"]
    status: StudyStatus
    created_at: Time
    job: Annotated[str, Field(description="the job that was to be mended")]
    findings: Annotated[list[str], Field(description="codes of the findings whose patches were taken")]
    skipped: Annotated[dict[str, str], Field(description="findings whose patches were not taken, with the reason")]
    patch: list[PatchOperation]
    measure: Compared
    pairs: list[Pair]
    mean_difference: float | None
    standard_error: float | None
    verdict: Annotated[
        Literal["helped", "no_difference", "worse"] | None,
        Field(description="by a paired t-test (one-sided, 95 %); null until all jobs have ended"),
    ]
    message: Annotated[str, Field(description="the verdict in one sentence")]


class MendList(Listed):
    """Mends, newest first."""

    data: list[Mend]

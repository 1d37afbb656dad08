"""What clients send and see of studies."""

from typing import Annotated, Any, Literal

from pydantic import Field

from steelyard.diagnostics.schema import PatchOperation
from steelyard.documents.schema import Answer, Listed, Strict, Time, stored_as

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


class LabRequest(Strict):
    """A job, and the ways to begin it that are to be compared."""

    job: Annotated[dict[str, Any], stored_as("JobRequest"), Field(description="with `layers`; as for `POST /v1/jobs`")]
    initializers: Annotated[list[Any], Field(min_length=1, max_length=10)] = Field(
        description="names, or objects with a name and parameters; for every dense layer of the job"
    )
    activations: Annotated[list[Any], Field(min_length=1, max_length=10)] | None = Field(
        None, description="for every hidden dense layer; default: those of the job"
    )
    depths: Annotated[list[Annotated[int, Field(ge=1, le=50)]], Field(min_length=1, max_length=10)] | None = Field(
        None, description="how often the first layer is repeated; default: the layers of the job"
    )
    seeds: Annotated[int, Field(ge=2, le=20)] = Field(5, description="the job's own seed, and those that follow it")


class LayerGain(Answer):
    """How much a layer changes the size of what passes through it, before the first step; the mean over the seeds."""

    layer: str
    forward: Annotated[float | None, Field(description="standard deviation of the outputs by that of the inputs")]
    backward: Annotated[float | None, Field(description="the same of the gradients, from the outputs to the inputs")]


class LabLoss(Answer):
    """The loss after an epoch, over the seeds."""

    epoch: int
    seeds: Annotated[int, Field(description="how many have a value")]
    mean: float | None
    std: float | None


class LabEnd(Answer):
    """What is compared at the end, over the seeds."""

    seeds: int
    mean: float | None
    standard_error: float | None
    failed: Annotated[int, Field(description="jobs that failed")]


class Combination(Answer):
    """One way to begin, on all seeds."""

    initializer: dict[str, Any]
    activation: dict[str, Any] | None
    depth: int | None
    jobs: list[str]
    gains: list[LayerGain]
    losses: Annotated[list[LabLoss], Field(description="validation loss, or training loss without validation rows")]
    end: LabEnd
    rank: Annotated[int | None, Field(description="by the mean at the end, from 1; null until all jobs have ended")]
    is_best: Annotated[bool | None, Field(description="whether the seeds cannot tell it apart from the best one")]
    findings: Annotated[dict[str, int], Field(description="codes, and in how many of the jobs")]
    message: Annotated[str, Field(description="what happens to the signal before the first step")]


class InitializationLab(Answer):
    """Ways to begin a job, compared on the same rows in the same order."""

    id: str
    object: Literal["initialization_lab"]
    status: StudyStatus
    created_at: Time
    measure: Compared
    combinations: list[Combination]
    message: Annotated[str, Field(description="the verdict in one sentence")]


class LabList(Listed):
    """Initialization labs, newest first."""

    data: list[InitializationLab]

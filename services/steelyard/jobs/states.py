"""The states of a job, and which change is legal. The words are the HTTP contract's."""

from collections.abc import Mapping
from typing import Any, Final, Literal, get_args

from steelyard.errors import TimeLimitExceeded, WorkerLost

Status = Literal["queued", "running", "succeeded", "failed", "cancelled"]

QUEUED: Final = "queued"  # committed; waits for a worker
RUNNING: Final = "running"  # a worker holds the lease
SUCCEEDED: Final = "succeeded"  # there is a model
FAILED: Final = "failed"  # `error` says why
CANCELLED: Final = "cancelled"  # the client called it off

STATUSES: Final[tuple[str, ...]] = get_args(Status)
ENDED: Final = (SUCCEEDED, FAILED, CANCELLED)

LEGAL: Final = {
    QUEUED: {RUNNING, CANCELLED},
    RUNNING: {SUCCEEDED, FAILED, CANCELLED, QUEUED},  # to queued: the lease was lost, or the worker drained
    SUCCEEDED: set[str](),
    FAILED: {QUEUED},  # resumed; only after the errors below
    CANCELLED: {QUEUED},  # resumed
}
RESUMABLE: Final = (WorkerLost, TimeLimitExceeded)  # another run may well succeed; after other errors it would not


def may_resume(status: str, error: Mapping[str, Any] | None) -> bool:
    """Whether a client may have a job that ended like this go on."""
    if status == FAILED:
        return error is not None and error["type"] in {f"/problems/{kind.slug}" for kind in RESUMABLE}
    return status == CANCELLED

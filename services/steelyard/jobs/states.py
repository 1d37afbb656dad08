"""The states of a job and the legal transitions. The names are those of the HTTP API."""

from collections.abc import Mapping
from typing import Any, Final, Literal, get_args

from steelyard.errors import TimeLimitExceeded, WorkerLost

Status = Literal["queued", "running", "succeeded", "failed", "cancelled"]

QUEUED: Final = "queued"  # committed; waits for a worker
RUNNING: Final = "running"  # a worker holds the lease
SUCCEEDED: Final = "succeeded"  # there is a model
FAILED: Final = "failed"  # `error` says why
CANCELLED: Final = "cancelled"  # the client cancelled it

STATUSES: Final[tuple[str, ...]] = get_args(Status)
ENDED: Final = (SUCCEEDED, FAILED, CANCELLED)

LEGAL: Final = {
    QUEUED: {RUNNING, CANCELLED},
    RUNNING: {SUCCEEDED, FAILED, CANCELLED, QUEUED},  # to queued: the lease expired, or the worker stopped
    SUCCEEDED: set[str](),
    FAILED: {QUEUED},  # resumed, only after the errors below
    CANCELLED: {QUEUED},  # resumed
}
RESUMABLE: Final = (WorkerLost, TimeLimitExceeded)  # another run may succeed; after other errors it would fail again


def may_resume(status: str, error: Mapping[str, Any] | None) -> bool:
    """Whether a client may resume a job that ended like this."""
    if status == FAILED:
        return error is not None and error["type"] in {f"/problems/{kind.slug}" for kind in RESUMABLE}
    return status == CANCELLED

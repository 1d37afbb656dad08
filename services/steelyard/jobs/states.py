"""The states of a job, and which change is legal. The words are the HTTP contract's."""

from typing import Final

QUEUED: Final = "queued"  # committed; waits for a worker
RUNNING: Final = "running"  # a worker holds the lease
SUCCEEDED: Final = "succeeded"  # there is a model
FAILED: Final = "failed"  # `error` says why
CANCELLED: Final = "cancelled"  # the client called it off

STATUSES: Final = (QUEUED, RUNNING, SUCCEEDED, FAILED, CANCELLED)
ENDED: Final = (SUCCEEDED, FAILED, CANCELLED)

LEGAL: Final = {
    QUEUED: {RUNNING, CANCELLED},
    RUNNING: {SUCCEEDED, FAILED, CANCELLED, QUEUED},  # to queued: the lease was lost, or the worker drained
    SUCCEEDED: set[str](),
    FAILED: set[str](),
    CANCELLED: set[str](),
}

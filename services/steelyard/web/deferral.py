"""Work that a view leaves to the event loop: waiting for a job, or streaming its events.

The view always returns at once, so an invalid request is rejected before anything waits.
"""

from dataclasses import dataclass

from flask import request

from steelyard.jobs.feed import Cursor
from steelyard.jobs.kinds import Kind

LEFT = "steelyard.left"
IS_AGAIN = "steelyard.again"


@dataclass(frozen=True)
class Wait:
    """Call the view again when the job's status is no longer `status`, or the time is up."""

    job_id: str
    status: str
    until_ended: bool
    seconds: float


@dataclass(frozen=True)
class Stream:
    """Stream the job's events after `cursor` as server-sent events."""

    job_id: str
    kind: Kind
    cursor: Cursor


def leave(order: Wait | Stream) -> None:
    """Leave it in the request's environment, unless the view is called again after it."""
    if request.method == "GET" and IS_AGAIN not in request.environ:
        request.environ[LEFT] = order

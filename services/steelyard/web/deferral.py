"""What a view leaves for the event loop to do after it: to wait for a job, or to go on with its events.

The view always answers at once, so a wrong request is rejected before anything waits.
"""

from dataclasses import dataclass

from flask import request

from steelyard.jobs.feed import Cursor
from steelyard.jobs.kinds import Kind

LEFT = "steelyard.left"
IS_AGAIN = "steelyard.again"


@dataclass(frozen=True)
class Wait:
    """Call the view again once the job's status is not `status` any more, or the time is up."""

    job_id: str
    status: str
    until_ended: bool
    seconds: float


@dataclass(frozen=True)
class Stream:
    """Go on with the job's events after `cursor`, as server-sent events."""

    job_id: str
    kind: Kind
    cursor: Cursor


def leave(order: Wait | Stream) -> None:
    """Leave it in the request's environment, unless the view is called again after it."""
    if request.method == "GET" and IS_AGAIN not in request.environ:
        request.environ[LEFT] = order

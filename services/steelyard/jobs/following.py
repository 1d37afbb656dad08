"""What the view of a job leaves to the event loop: waiting for a change, or streaming events."""

from dataclasses import dataclass
from typing import Any

from steelyard.jobs.feed import Cursor
from steelyard.jobs.kinds import Kind


@dataclass(frozen=True)
class Wait:
    """Call the view again when the job's status is no longer `status`, or after a timeout."""

    job_id: str
    status: str
    until_ended: bool
    seconds: float


@dataclass(frozen=True)
class Stream:
    """Stream the job's events after `cursor` as server-sent events."""

    job_id: str
    kind: Kind[Any]
    cursor: Cursor

"""The JSON objects of the API that all kinds of job share."""

from typing import Annotated, Any, Literal

from pydantic import Field

from steelyard.documents.schema import Answer, Listed, Problem, Time
from steelyard.jobs.states import Status

Fraction = Annotated[float, Field(ge=0, le=1)]


class AnyJob(Answer):
    """The fields that every kind of job has."""

    id: str
    object: str
    name: str | None
    status: Status
    attempt: int
    error: Problem | None
    created_at: Time
    started_at: Time | None
    finished_at: Time | None


class StreamedEvent(Answer):
    """An event in a stream of server-sent events. Epochs and findings have no time."""

    id: str
    created_at: Time | None
    level: Literal["info", "warning", "error"]
    type: str
    message: str
    data: dict[str, Any]


class Event(StreamedEvent):
    """Something that happened to a job."""

    created_at: Time


class EventList(Listed):
    """Events, oldest first."""

    data: list[Event]

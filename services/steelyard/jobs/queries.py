"""Queries for jobs of any kind. Nothing here changes a row."""

from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import Engine, Row, func, select

from steelyard.errors import NotFound
from steelyard.jobs.kinds import Kind
from steelyard.jobs.schema import AnyJob, Event
from steelyard.store.clock import rfc3339
from steelyard.store.engine import reading
from steelyard.store.pages import Page
from steelyard.store.tables import Event as EventRow
from steelyard.store.tables import Job, JobInput

T = TypeVar("T", bound=AnyJob)


@dataclass(frozen=True)
class Order:
    """What a training process needs to run a job: the complete specification, inline data, and the progress so far."""

    spec: dict[str, Any]
    spec_digest: str
    inline: bytes | None
    kind: str
    epoch: int


def get(engine: Engine, job_id: str, kind: Kind[T]) -> T:
    """A job of this kind. Raises `NotFound`."""
    with reading(engine) as connection:
        return kind.read(connection, job_id)


def load_order(engine: Engine, job_id: str) -> Order:
    """Read the order for a job. Raises `NotFound`."""
    query = select(Job.spec, Job.spec_digest, Job.kind, Job.epoch, JobInput.content)
    with reading(engine) as connection:
        row = connection.execute(query.outerjoin(JobInput).where(Job.id == job_id)).one_or_none()
    if row is None:
        raise NotFound(f"there is no job {job_id!r}")
    return Order(row.spec, row.spec_digest, row.content, row.kind, row.epoch)


def count_by_status(engine: Engine) -> dict[str, int]:
    """The number of jobs by status, without statuses that no job has."""
    with reading(engine) as connection:
        rows = connection.execute(select(Job.status, func.count()).group_by(Job.status))
        return {row[0]: row[1] for row in rows}


def list_events(engine: Engine, job_id: str, kind: Kind[Any], *, limit: int = 50, after: int = 0) -> Page:
    """The events of a job after the event `after`, oldest first. Raises `NotFound`."""
    get(engine, job_id, kind)
    wanted = (EventRow.job_id == job_id, EventRow.id > after)
    query = select(EventRow).where(*wanted).order_by(EventRow.id).limit(limit + 1)
    with reading(engine) as connection:
        rows = connection.execute(query).all()
    data = [
        Event(
            id=str(row.id),
            created_at=rfc3339(row.created_at),
            level=row.level,
            type=row.type,
            message=row.message,
            data=row.data,
        )
        for row in rows[:limit]
    ]
    has_more = len(rows) > limit
    return Page(data, has_more, data[-1].id if has_more else None)


def all_findings(row: Row[Any]) -> list[dict[str, Any]]:
    """The findings of a job: first those about its data, which exist since it was submitted, then those of its run."""
    return [*row.data.get("findings", ()), *row.findings]

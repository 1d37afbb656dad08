"""What clients that follow jobs get: the status of many jobs at once, and the events of one job in order.

The events are those of the ledger, merged with the epochs of the history and the findings. A cursor marks the last
event that a client has received. It is sent as the event's id, so that a disconnected client can continue after it.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Engine, Select, func, select

from steelyard.jobs.event_log import findings_told
from steelyard.jobs.kinds import Kind
from steelyard.jobs.queries import all_findings
from steelyard.jobs.schema import StreamedEvent
from steelyard.jobs.states import ENDED
from steelyard.store.clock import rfc3339
from steelyard.store.engine import reading
from steelyard.store.tables import Event, HistoryEpoch, Job

BATCH = 500  # events, and epochs, per read
CURSOR = re.compile(r"(\d{1,18})\.(\d{1,9})\.(\d{1,6})", re.ASCII)


@dataclass(frozen=True)
class Cursor:
    """How many of a job's events, epochs, and findings a client has received."""

    event: int = 0
    epoch: int = 0
    finding: int = 0

    def __str__(self) -> str:
        return f"{self.event}.{self.epoch}.{self.finding}"

    @classmethod
    def parse(cls, text: str) -> "Cursor | None":
        """Parse a cursor; `None` if `text` is not one."""
        found = CURSOR.fullmatch(text)
        return None if found is None else cls(*map(int, found.groups()))


@dataclass(frozen=True)
class Happened:
    """An event of type `status`, `epoch`, `finding`, or `log`, and the cursor after it."""

    cursor: Cursor
    event: StreamedEvent


@dataclass(frozen=True)
class Feed:
    """The result of one read: `is_whole` if nothing is left to read, `is_end` if no event can follow."""

    happened: list[Happened]
    is_whole: bool
    is_end: bool


@dataclass(frozen=True)
class Mark:
    """A job's progress. If the mark is unchanged, nothing has happened."""

    status: str
    epoch: int
    last_event: int

    @property
    def is_ended(self) -> bool:
        """Whether the job has ended."""
        return self.status in ENDED


def read_marks(engine: Engine, job_ids: Collection[str]) -> dict[str, Mark]:
    """The marks of jobs, without those that do not exist."""
    last = select(func.coalesce(func.max(Event.id), 0)).where(Event.job_id == Job.id).scalar_subquery()
    query = select(Job.id, Job.status, Job.epoch, last.label("last")).where(Job.id.in_(job_ids))
    with reading(engine) as connection:
        return {row.id: Mark(row.status, row.epoch, row.last) for row in connection.execute(query)}


def read_feed(engine: Engine, job_id: str, kind: Kind[Any], cursor: Cursor, until: Mark | None = None) -> Feed:
    """The events of a job after `cursor` and not after `until`, up to the limit of one read.

    The end of the job comes last, after all epochs and findings. Raises `NotFound`.
    """
    with reading(engine) as connection:
        query = select(Job.status, Job.epochs, Job.data, Job.findings).where(Job.id == job_id, Job.kind == kind.name)
        job = connection.execute(query).one_or_none()
        if job is None:
            raise kind.not_found(job_id)
        told = connection.execute(_events_after(job_id, cursor, until)).all()
        trained = connection.execute(_epochs_after(job_id, cursor, until)).all()
        known = {(each["code"], each["layer"]) for each in connection.execute(findings_told(job_id)).scalars()}
    is_whole = len(told) < BATCH and len(trained) < BATCH
    is_end = is_whole and job.status in ENDED and (until is None or until.is_ended)
    happened: list[Happened] = []
    place = _place_of_end(told)
    for event in told[:place]:  # a change of status here means that the job was resumed and has new findings
        cursor = replace(cursor, event=event.id, finding=0 if event.type == "status" else cursor.finding)
        happened.append(Happened(cursor, _event(cursor, event)))
    for row in trained:
        cursor = replace(cursor, epoch=row.epoch)
        happened.append(Happened(cursor, _epoch(cursor, job.epochs, row.values)))
    if not is_end:
        return Feed(happened, is_whole, is_end)
    untold = [each for each in all_findings(job) if (each["code"], each.get("layer")) not in known]
    for number, finding in enumerate(untold[cursor.finding :], cursor.finding + 1):
        cursor = replace(cursor, finding=number)
        happened.append(Happened(cursor, _finding(cursor, finding)))
    for event in told[place:]:
        cursor = replace(cursor, event=event.id)
        happened.append(Happened(cursor, _event(cursor, event)))
    return Feed(happened, is_whole, is_end)


def _events_after(job_id: str, cursor: Cursor, until: Mark | None) -> Select[Any]:
    query = select(Event).where(Event.job_id == job_id, Event.id > cursor.event).order_by(Event.id).limit(BATCH)
    return query if until is None else query.where(Event.id <= until.last_event)


def _epochs_after(job_id: str, cursor: Cursor, until: Mark | None) -> Select[int, dict[str, float | None]]:
    wanted = [HistoryEpoch.job_id == job_id, HistoryEpoch.epoch > cursor.epoch]
    if until is not None and not until.is_ended:
        wanted.append(HistoryEpoch.epoch <= until.epoch)
    query = select(HistoryEpoch.epoch, HistoryEpoch.values).where(*wanted)
    return query.order_by(HistoryEpoch.epoch).limit(BATCH)


def _place_of_end(told: Sequence[Any]) -> int:
    """The index of the event of the job's end, unless another status follows because the job was resumed."""
    changes = [at for at, event in enumerate(told) if event.type == "status"]
    return changes[-1] if changes and told[changes[-1]].data.get("status") in ENDED else len(told)


def _event(cursor: Cursor, row: Any) -> StreamedEvent:
    return StreamedEvent(
        id=str(cursor),
        created_at=rfc3339(row.created_at),
        level=row.level,
        type=row.type,
        message=row.message,
        data=row.data,
    )


def _epoch(cursor: Cursor, epochs: int, values: Mapping[str, float | None]) -> StreamedEvent:
    data = {"epoch": cursor.epoch, "epochs": epochs, **values}
    message = f"epoch {cursor.epoch} of {epochs}"
    return StreamedEvent(id=str(cursor), created_at=None, level="info", type="epoch", message=message, data=data)


def _finding(cursor: Cursor, finding: dict[str, Any]) -> StreamedEvent:
    level, message = finding["level"], finding["message"]
    return StreamedEvent(id=str(cursor), created_at=None, level=level, type="finding", message=message, data=finding)

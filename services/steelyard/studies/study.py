"""A study in the database: its question, and the jobs that answer it.

All jobs are queued in the transaction that makes the study, and what the study says is computed from their rows when it
is asked. Nothing runs in between, so the death of a worker or of the API changes no result.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, Row, delete, insert, select

from steelyard.errors import Conflict, NotFound
from steelyard.jobs import ledger
from steelyard.jobs.states import ENDED, FAILED, QUEUED, RUNNING
from steelyard.store.clock import now
from steelyard.store.engine import reading, writing
from steelyard.store.ids import new_id
from steelyard.store.pages import Page, read_page
from steelyard.store.tables import Job, Study, StudyJob
from steelyard.training.kind import TRAINING
from steelyard.training.plan import Plan
from steelyard.training.submission import enqueue

COLUMNS = (Job.id, Job.status, Job.spec, Job.metrics, Job.findings, Job.error)
CANCELLED, SUCCEEDED = "cancelled", "succeeded"


@dataclass(frozen=True)
class Kind:
    """A kind of study: its name, and the prefix of its ids."""

    name: str
    prefix: str


@dataclass(frozen=True)
class Member:
    """A job that is to be queued, and its place in the study."""

    plan: Plan
    place: dict[str, Any]


@dataclass(frozen=True)
class Stored:
    """A study and the rows of its jobs that still exist, in their order: `COLUMNS`, and `place`."""

    id: str
    created_at: float
    origin: str | None
    question: dict[str, Any]
    jobs: list[Row[Any]]

    @property
    def status(self) -> str:
        """That of its jobs together."""
        found = {job.status for job in self.jobs}
        if found & {QUEUED, RUNNING}:
            return QUEUED if found == {QUEUED} else RUNNING
        if SUCCEEDED in found and CANCELLED not in found:
            return SUCCEEDED
        return FAILED if found == {FAILED} else CANCELLED


def create(
    connection: Connection,
    kind: Kind,
    members: Sequence[Member],
    *,
    origin: str | None,
    question: dict[str, Any],
    request_id: str | None,
) -> tuple[str, list[str]]:
    """Queue the jobs of a new study. Returns its id and theirs."""
    study_id = new_id(kind.prefix)
    row = {"id": study_id, "kind": kind.name, "created_at": now(), "origin": origin, "question": question}
    connection.execute(insert(Study).values(**row))
    job_ids = []
    for position, member in enumerate(members):
        job_id = enqueue(connection, member.plan, request_id=request_id)
        place = {"job_id": job_id, "study_id": study_id, "position": position, "place": member.place}
        connection.execute(insert(StudyJob).values(**place))
        job_ids.append(job_id)
    return study_id, job_ids


def read(connection: Connection, kind: Kind, study_id: str) -> Stored:
    """A study of this kind. Raises `NotFound`."""
    row = connection.execute(select(Study).where(Study.id == study_id, Study.kind == kind.name)).one_or_none()
    if row is None:
        raise NotFound(f"there is no {kind.name} {study_id!r}")
    return _with_jobs(connection, row)


def get(engine: Engine, kind: Kind, study_id: str) -> Stored:
    """A study of this kind. Raises `NotFound`."""
    with reading(engine) as connection:
        return read(connection, kind, study_id)


def list_studies(engine: Engine, kind: Kind, *, origin: str | None, limit: int, after: str | None) -> Page:
    """The newest studies of this kind; only those about the job `origin`, if one is given."""
    query = select(Study).where(Study.kind == kind.name)
    if origin is not None:
        query = query.where(Study.origin == origin)
    with reading(engine) as connection:
        key = Study.__table__.c.id

        def render(row: Row[Any]) -> Stored:
            return _with_jobs(connection, row)

        return read_page(connection, query, key=key, prefix=kind.prefix, render=render, limit=limit, after=after)


def cancel(engine: Engine, kind: Kind, study_id: str) -> None:
    """Cancel the jobs that have not ended. Raises `NotFound`, `Conflict` if all have."""
    waiting = [job.id for job in get(engine, kind, study_id).jobs if job.status not in ENDED]
    if not waiting:
        raise Conflict(f"all jobs of {kind.name} {study_id} have ended")
    for job_id in waiting:
        try:
            ledger.request_cancel(engine, job_id, TRAINING)
        except (Conflict, NotFound):  # it has ended in the meantime
            continue


def remove(engine: Engine, kind: Kind, study_id: str) -> None:
    """Delete a study with its jobs and all their results. Raises `NotFound`, `Conflict` if a job is running."""
    jobs = get(engine, kind, study_id).jobs
    if any(job.status == RUNNING for job in jobs):
        raise Conflict(f"a job of {kind.name} {study_id} is running; cancel the {kind.name} before deleting it")
    for job in jobs:
        try:
            ledger.remove(engine, job.id, TRAINING)
        except NotFound:
            continue
    with writing(engine) as connection:
        connection.execute(delete(Study).where(Study.id == study_id))


def _with_jobs(connection: Connection, row: Row[Any]) -> Stored:
    jobs = select(*COLUMNS, StudyJob.place).join(StudyJob, StudyJob.job_id == Job.id)
    found = connection.execute(jobs.where(StudyJob.study_id == row.id).order_by(StudyJob.position)).all()
    return Stored(row.id, row.created_at, row.origin, row.question, [*found])

"""Queries for jobs, as the JSON objects of the HTTP contract. Nothing here changes a row."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, Row, Select, delete, func, select

from steelyard.errors import NotFound
from steelyard.jobs.kinds import Kind
from steelyard.jobs.states import ENDED
from steelyard.store.clock import now, rfc3339
from steelyard.store.engine import reading
from steelyard.store.pages import Page, read_page
from steelyard.store.tables import (
    Checkpoint,
    Event,
    HistoryEpoch,
    Job,
    JobInput,
    Model,
    Predictions,
    Snapshot,
    Tensor,
)
from steelyard.training.schema import load_spec
from steelyard.training.sources import datasets_of

Epochs = Sequence[tuple[int, Mapping[str, float | None]]]  # each with what it measured


@dataclass(frozen=True)
class Order:
    """What is to be done: the filled-in specification, the data that came inside it, and how far it is."""

    spec: dict[str, Any]
    spec_digest: str
    inline: bytes | None
    kind: str
    epoch: int


def get(engine: Engine, job_id: str, kind: Kind) -> dict[str, Any]:
    """The job of this kind. Raises `NotFound`."""
    with reading(engine) as connection:
        return kind.read(connection, job_id)


def get_job(engine: Engine, job_id: str) -> dict[str, Any]:
    """The training job. Raises `NotFound`."""
    return get(engine, job_id, TRAINING)


def load_order(engine: Engine, job_id: str) -> Order:
    """What a training process needs to know of a job. Raises `NotFound`."""
    query = select(Job.spec, Job.spec_digest, Job.kind, Job.epoch, JobInput.content)
    with reading(engine) as connection:
        row = connection.execute(query.outerjoin(JobInput).where(Job.id == job_id)).one_or_none()
    if row is None:
        raise NotFound(f"there is no job {job_id!r}")
    return Order(row.spec, row.spec_digest, row.content, row.kind, row.epoch)


def list_jobs(
    engine: Engine,
    *,
    status: str | None = None,
    name: str | None = None,
    metadata: Mapping[str, str] | None = None,
    limit: int = 50,
    after: str | None = None,
) -> Page:
    """The newest jobs that have this status, this name and these labels."""
    query = _jobs()
    if status is not None:
        query = query.where(Job.status == status)
    if name is not None:
        query = query.where(Job.name == name)
    for label, value in (metadata or {}).items():
        query = query.where(Job.labels[label].as_string() == value)
    with reading(engine) as connection:
        key = Job.__table__.c.id
        return read_page(connection, query, key=key, prefix=TRAINING.prefix, render=_job, limit=limit, after=after)


def count_by_status(engine: Engine) -> dict[str, int]:
    """How many jobs there are in each state that any is in."""
    with reading(engine) as connection:
        rows = connection.execute(select(Job.status, func.count()).group_by(Job.status))
        return {row[0]: row[1] for row in rows}


def get_history(engine: Engine, job_id: str, *, after: int = 0, unwritten: Epochs = ()) -> dict[str, Any]:
    """What each epoch later than `after` measured: one list of epochs, and a list as long for each name.

    A value that an epoch lacks, or that was not finite, is `null`. `unwritten` epochs are known to the run alone as
    yet, and follow. Raises `NotFound`.
    """
    get_job(engine, job_id)
    query = select(HistoryEpoch.epoch, HistoryEpoch.values)
    query = query.where(HistoryEpoch.job_id == job_id, HistoryEpoch.epoch > after).order_by(HistoryEpoch.epoch)
    with reading(engine) as connection:
        rows = [(row.epoch, row.values) for row in connection.execute(query)]
    rows += [(epoch, dict(values)) for epoch, values in unwritten]
    names = dict.fromkeys(name for _, values in rows for name in values)
    series = {name: [values.get(name) for _, values in rows] for name in names}
    return {"epochs": [epoch for epoch, _ in rows], "series": series}


def list_events(engine: Engine, job_id: str, kind: Kind, *, limit: int = 50, after: int = 0) -> Page:
    """What happened to the job, oldest first, from behind the event `after` on. Raises `NotFound`."""
    get(engine, job_id, kind)
    query = select(Event).where(Event.job_id == job_id, Event.id > after).order_by(Event.id).limit(limit + 1)
    with reading(engine) as connection:
        rows = connection.execute(query).all()
    data = [
        {
            "id": str(row.id),
            "created_at": rfc3339(row.created_at),
            "level": row.level,
            "type": row.type,
            "message": row.message,
            "data": row.data,
        }
        for row in rows[:limit]
    ]
    has_more = len(rows) > limit
    return Page(data, has_more, str(data[-1]["id"]) if has_more else None)


def _jobs() -> Select[Any]:
    model = select(Model.id).where(Model.job_id == Job.id).scalar_subquery()
    return select(Job.__table__, model.label("model"), now().label("read_at")).where(Job.kind == TRAINING.name)


def all_findings(row: Row[Any]) -> list[dict[str, Any]]:
    """The findings of a job: those about its data, which it has had since it was submitted, then those of its run."""
    return [*row.data.get("findings", ()), *row.findings]


def _job(row: Row[Any]) -> dict[str, Any]:
    return {
        "id": row.id,
        "object": "job",
        "name": row.name,
        "metadata": row.metadata,
        "status": row.status,
        "spec": row.spec,
        "spec_digest": row.spec_digest,
        "data": {name: value for name, value in row.data.items() if name != "findings"},
        "parameters": row.parameters,
        "progress": _progress(row),
        "metrics": row.metrics,
        "model": row.model,
        "attempt": row.attempt,
        "error": row.error,
        "findings": all_findings(row),
        "created_at": rfc3339(row.created_at),
        "started_at": rfc3339(row.started_at),
        "finished_at": rfc3339(row.finished_at),
        "queue_seconds": None if row.started_at is None else round(row.started_at - row.created_at, 3),
        "train_seconds": row.train_seconds,
        "weights_sha256": row.weights_sha256,
    }


def _progress(row: Row[Any]) -> dict[str, Any]:
    ended = row.status in ENDED
    left = None
    if row.status == "running" and row.epoch:
        left = round(row.train_seconds / row.epoch * (row.epochs - row.epoch), 1)
    return {
        "epoch": row.epoch,
        "epochs": row.epochs,
        "fraction": 1.0 if row.status == "succeeded" else round(row.epoch / row.epochs, 4),
        "eta_seconds": 0.0 if ended else left,
    }


def _clear(connection: Connection, job_id: str) -> None:
    for table in (Tensor, Snapshot, Predictions):
        connection.execute(delete(table).where(table.job_id == job_id))


def _progress_kept(connection: Connection, job_id: str) -> int | None:
    return connection.execute(select(func.max(Checkpoint.epoch)).where(Checkpoint.job_id == job_id)).scalar()


TRAINING = Kind(
    name="training",
    noun="job",
    prefix="job",
    unit="epoch",
    select=_jobs,
    render=_job,
    clear=_clear,
    progress_kept=_progress_kept,
    datasets=lambda spec: datasets_of(load_spec(spec)),
    after_success="to train its model further, submit a job with it as `initial_weights`",
)

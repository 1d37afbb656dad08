"""A training job as a kind of job: its rows, and the object that clients see."""

from typing import Any

from sqlalchemy import Connection, Row, Select, delete, func, select

from steelyard.jobs.kinds import Kind
from steelyard.jobs.queries import all_findings
from steelyard.jobs.states import ENDED
from steelyard.store.clock import now, rfc3339
from steelyard.store.tables import (
    Checkpoint,
    Job,
    Model,
    Predictions,
    RecordedEpoch,
    Snapshot,
    StudyJob,
    Tensor,
)
from steelyard.training.schema import job as schema
from steelyard.training.schema import load_spec
from steelyard.training.sources import datasets_of


def select_jobs() -> Select[Any]:
    """The rows of all training jobs."""
    model = select(Model.id).where(Model.job_id == Job.id).scalar_subquery()
    query = select(Job.__table__, model.label("model"), StudyJob.study_id, StudyJob.place, now().label("read_at"))
    return query.outerjoin(StudyJob, StudyJob.job_id == Job.id).where(Job.kind == TRAINING.name)


def render_job(row: Row[Any]) -> schema.Job:
    """The job of a row, as clients see it."""
    return schema.Job(
        id=row.id,
        object="job",
        name=row.name,
        metadata=row.metadata,
        status=row.status,
        spec=row.spec,
        spec_digest=row.spec_digest,
        data={name: value for name, value in row.data.items() if name != "findings"},
        choices=row.choices or [],
        parameters=row.parameters,
        progress=_progress(row),
        stopping=row.stopping,
        metrics=row.metrics,
        baseline=row.baseline,
        model=row.model,
        study=None if row.study_id is None else schema.StudyPlace(id=row.study_id, **row.place),
        attempt=row.attempt,
        error=row.error,
        findings=all_findings(row),
        created_at=rfc3339(row.created_at),
        started_at=rfc3339(row.started_at),
        finished_at=rfc3339(row.finished_at),
        queue_seconds=None if row.started_at is None else round(row.started_at - row.created_at, 3),
        train_seconds=row.train_seconds,
        weights_sha256=row.weights_sha256,
    )


def _progress(row: Row[Any]) -> schema.Progress:
    ended = row.status in ENDED
    left = None
    if row.status == "running" and row.epoch:
        left = round(row.train_seconds / row.epoch * (row.epochs - row.epoch), 1)
    return schema.Progress(
        epoch=row.epoch,
        epochs=row.epochs,
        fraction=1.0 if row.status == "succeeded" else round(row.epoch / row.epochs, 4),
        eta_seconds=0.0 if ended else left,
    )


def _clear(connection: Connection, job_id: str) -> None:
    for table in (Tensor, Snapshot, Predictions):
        connection.execute(delete(table).where(table.job_id == job_id))
    connection.execute(delete(RecordedEpoch).where(RecordedEpoch.job_id == job_id, RecordedEpoch.at_end))


def _progress_kept(connection: Connection, job_id: str) -> int | None:
    return connection.execute(select(func.max(Checkpoint.epoch)).where(Checkpoint.job_id == job_id)).scalar()


TRAINING = Kind(
    name="training",
    noun="job",
    prefix="job",
    unit="epoch",
    select=select_jobs,
    render=render_job,
    clear=_clear,
    progress_kept=_progress_kept,
    datasets=lambda spec: datasets_of(load_spec(spec)),
    after_success="to train its model further, submit a job with it as `initial_weights`",
)

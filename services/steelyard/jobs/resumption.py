"""Resumes an ended job from its last checkpoint, or from the beginning if it has none.

It stays the same job: its history continues, and the results of its end (weights, predictions, error) are deleted. Its
webhook is sent again at the new end, as a new event. The time limit starts again at the resume. An ended job keeps two
checkpoints for this; they are deleted with the job.
"""

from typing import Any

from sqlalchemy import Connection, Engine, Row, select, update

from steelyard.errors import Conflict
from steelyard.jobs.event_log import tell
from steelyard.jobs.kinds import Kind
from steelyard.jobs.states import FAILED, QUEUED, SUCCEEDED, may_resume
from steelyard.store.clock import now
from steelyard.store.engine import writing
from steelyard.store.ids import new_id
from steelyard.store.tables import Job, JobDataset, Webhook


def resume(engine: Engine, job_id: str, kind: Kind[Any]) -> None:
    """Queue an ended job of this kind again. Raises `NotFound`, and `Conflict` if it cannot be resumed."""
    with writing(engine) as connection:
        row = _require_resumable(connection, job_id, kind)
        kind.clear(connection, job_id)
        this_end = (Job.id == job_id, Job.status == row.status, Job.finished_at == row.finished_at)
        changed = connection.execute(
            update(Job)
            .where(*this_end)
            .values(
                status=QUEUED,
                available_at=now(),
                finished_at=None,
                cancel_requested_at=None,
                attempt=Job.attempt + 1,
                crashes=0,
                losses=0,
                uncounted_seconds=None,
                metrics={},
                baseline=None,
                findings=[],
                error=None,
                fingerprint=None,
                weights_sha256=None,
            )
        )
        if not changed.rowcount:
            raise Conflict(f"{kind.noun} {job_id} was resumed by another request")
        fresh = {"event_id": new_id("evt"), "due_at": None, "attempts": 0}
        connection.execute(update(Webhook).where(Webhook.job_id == job_id).values(**fresh))
        kept = kind.progress_kept(connection, job_id)
        start = "starts from the beginning" if kept is None else f"continues after {kind.unit} {kept}"
        tell(connection, job_id, QUEUED, f"resumed by the client; {start}")


def _require_resumable(connection: Connection, job_id: str, kind: Kind[Any]) -> Row[Any]:
    query = select(Job.status, Job.error, Job.finished_at, Job.spec)
    query = query.where(Job.id == job_id, Job.kind == kind.name)
    row = connection.execute(query.with_for_update()).one_or_none()
    if row is None:
        raise kind.not_found(job_id)
    if not may_resume(row.status, row.error):
        raise Conflict(f"{kind.noun} {job_id} {_reason(row, kind)}")
    there = connection.execute(select(JobDataset.dataset_id).where(JobDataset.job_id == job_id)).scalars()
    if gone := sorted({*kind.datasets(row.spec)} - {*there}):
        raise Conflict(f"{kind.noun} {job_id} cannot be resumed: its data set {gone[0]} was deleted")
    return row


def _reason(row: Row[Any], kind: Kind[Any]) -> str:
    """Why a job in this state cannot be resumed."""
    if row.status == SUCCEEDED:
        return f"has succeeded; {kind.after_success}"
    if row.status == FAILED:
        slug = row.error["type"].rsplit("/", 1)[1]
        return f"failed with {slug}, and would again; only worker-lost and time-limit-exceeded can be resumed"
    return f"is {row.status}; only a job that has ended can be resumed"

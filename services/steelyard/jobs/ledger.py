"""Every change to a job's state: one compare-and-set statement each, with its event in the same transaction.

Two rules keep jobs from being lost or run twice. First, the row decides, never a message: a worker claims the next job
here, and exactly one claim of a job succeeds. Second, each claim increments the `fence`, and every later write of the
run checks it: a run that was given up but is still alive changes no row and gets `FencedOff`.

A run can be lost in two ways. A *crash* is the death of the training process alone. The job is probably the cause, so
a few crashes in a row end it. A *loss* is a death together with the worker or the fork server. It says little about the
job, so many are allowed, but not infinitely many: the job may be what kills its machine each time. A new checkpoint
resets both counters.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, Row, and_, case, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from steelyard.errors import Conflict, FencedOff, RunFailed, WorkerLost
from steelyard.jobs import checkpoints, queue
from steelyard.jobs.checkpoints import Checkpoint
from steelyard.jobs.event_log import sweep, tell
from steelyard.jobs.kinds import Kind
from steelyard.jobs.states import CANCELLED, ENDED, FAILED, QUEUED, RUNNING, SUCCEEDED, may_resume
from steelyard.jobs.webhooks import outbox
from steelyard.store.clock import now
from steelyard.store.engine import reading, writing
from steelyard.store.space import freeing
from steelyard.store.tables import HistoryEpoch, Job, JobDataset, JobInput

CRASHES_BEFORE_FAILURE = 3
LOSSES_BEFORE_FAILURE = 20
BACKOFF_SECONDS = 1.0  # after the first crash; four times as long after the second; zero after a loss
RUNS_BETWEEN_SWEEPS = 50  # each run adds a few events; a job that is returned forever must not accumulate them
Epochs = Sequence[tuple[int, Mapping[str, float | None]]]  # each epoch with its metrics
Write = Callable[[Connection], None]  # to the tables of a kind of job
UNHARMED = {"crashes": 0, "losses": 0}


@dataclass(frozen=True)
class Claim:
    """The right to run a job, until its lease expires or another claim has a higher fence.

    `request_id` is the id of the request that submitted the job, for the log.
    """

    job_id: str
    fence: int
    attempt: int
    request_id: str | None = None


@dataclass(frozen=True)
class End:
    """How a run ended, as stored in the job's row."""

    status: str
    epoch: int
    train_seconds: float
    metrics: Mapping[str, Any]
    findings: list[dict[str, Any]]
    error: Mapping[str, Any] | None
    fingerprint: Mapping[str, Any] | None
    weights_sha256: str | None
    stopping: Mapping[str, Any] | None = None
    baseline: Mapping[str, Any] | None = None
    parts: str = "epochs"


def enqueue(connection: Connection, job_id: str, *, inline: bytes | None, datasets: list[str], **values: Any) -> None:
    """Queue a job of any kind. Raises `Conflict` if one of its data sets was deleted."""
    times = {"created_at": now(), "available_at": now()}
    connection.execute(insert(Job).values(id=job_id, status=QUEUED, **times, **values))
    if inline is not None:
        connection.execute(insert(JobInput).values(job_id=job_id, content=inline))
    _need_datasets(connection, job_id, datasets)
    tell(connection, job_id, QUEUED, "accepted; waiting for a worker")


def _need_datasets(connection: Connection, job_id: str, dataset_ids: list[str]) -> None:
    try:
        for dataset_id in dataset_ids:
            connection.execute(insert(JobDataset).values(job_id=job_id, dataset_id=dataset_id))
    except IntegrityError as error:
        raise Conflict("a data set of the job was deleted in the meantime") from error


def add_ended(
    connection: Connection, job_id: str, message: str, *, inline: bytes | None, datasets: list[str], **values: Any
) -> None:
    """Add a job that has succeeded without a run. The caller stores its results in the same transaction.

    Raises `Conflict` if one of its data sets was deleted.
    """
    times = dict.fromkeys(("created_at", "available_at", "started_at", "finished_at"), now())
    connection.execute(insert(Job).values(id=job_id, status=SUCCEEDED, **times, **values))
    if inline is not None:
        connection.execute(insert(JobInput).values(job_id=job_id, content=inline))
    _need_datasets(connection, job_id, datasets)
    tell(connection, job_id, SUCCEEDED, message)


def claim(engine: Engine, *, owner: str, lease_seconds: float) -> Claim | None:
    """Claim the next job in the order of the queue; `None` if no job can be claimed.

    Two workers that claim at once get different jobs, and neither waits for the other.
    """
    if not queue.count_claimable(engine, limit=1):
        return None  # without a write transaction, which on SQLite waits for all other writers
    following = queue.claimable().limit(1).with_for_update(skip_locked=True).scalar_subquery()
    with writing(engine) as connection:
        row = connection.execute(
            update(Job)
            .where(Job.id == following, Job.status == QUEUED)
            .values(
                status=RUNNING,
                rank=0,
                fence=Job.fence + 1,
                lease_owner=owner,
                lease_expires_at=now() + lease_seconds,
                started_at=func.coalesce(Job.started_at, now()),
            )
            .returning(Job.id, Job.fence, Job.attempt, Job.request_id)
        ).one_or_none()
        if row is None:
            return None
        tell(connection, row.id, RUNNING, f"attempt {row.attempt} runs on {owner}", attempt=row.attempt)
        if row.fence % RUNS_BETWEEN_SWEEPS == 0:
            sweep(connection, row.id)
        return Claim(job_id=row.id, fence=row.fence, attempt=row.attempt, request_id=row.request_id)


def rewind(engine: Engine, held: Claim, *, epoch: int, train_seconds: float, also: Write | None = None) -> float:
    """Delete what an earlier run recorded after `epoch`, where this run begins. Raises `FencedOff`.

    `also` deletes more, in the same transaction.

    Returns the training seconds that do not count toward the time limit: those before the job was last resumed.
    """
    begins = {"epoch": epoch, "train_seconds": train_seconds}
    uncounted = func.coalesce(Job.uncounted_seconds, train_seconds)
    with writing(engine) as connection:
        change = update(Job).where(_held(held)).values(**begins, uncounted_seconds=uncounted)
        seconds = connection.execute(change.returning(Job.uncounted_seconds)).scalar_one_or_none()
        if seconds is None:
            raise FencedOff(held.job_id)
        later = and_(HistoryEpoch.job_id == held.job_id, HistoryEpoch.epoch > epoch)
        connection.execute(delete(HistoryEpoch).where(later))
        if also is not None:
            also(connection)
        if epoch:
            tell(connection, held.job_id, RUNNING, f"continuing from epoch {epoch}", epoch=epoch)
        return seconds


def renew(engine: Engine, held: Claim, *, lease_seconds: float) -> None:
    """Extend the lease. Raises `FencedOff` if another run has the job."""
    with writing(engine) as connection:
        _change(connection, held, lease_expires_at=now() + lease_seconds)


def is_cancel_requested(engine: Engine, held: Claim) -> bool:
    """Whether the client has requested cancellation. Raises `FencedOff`."""
    with reading(engine) as connection:
        row = connection.execute(select(Job.cancel_requested_at).where(_held(held))).one_or_none()
    if row is None:
        raise FencedOff(held.job_id)
    return row.cancel_requested_at is not None


def record(
    engine: Engine,
    held: Claim,
    epochs: Epochs,
    *,
    train_seconds: float,
    checkpoint: Checkpoint | None = None,
    also: Write | None = None,
) -> None:
    """Add epochs to the history, update the progress, and save a checkpoint, in one transaction. Raises `FencedOff`.

    `also` writes more, in the same transaction. A new checkpoint resets the counters of crashes and losses.
    """
    reached: dict[str, Any] = {"epoch": epochs[-1][0], "train_seconds": train_seconds} if epochs else {}
    with writing(engine) as connection:
        _change(connection, held, **reached, **({} if checkpoint is None else UNHARMED))
        _add_history(connection, held, epochs)
        if also is not None:
            also(connection)
        if checkpoint is not None:
            checkpoints.save(connection, held.job_id, checkpoint)


def _add_history(connection: Connection, held: Claim, epochs: Epochs) -> None:
    rows = [{"job_id": held.job_id, "epoch": epoch, "values": dict(values)} for epoch, values in epochs]
    if rows:
        connection.execute(insert(HistoryEpoch), rows)


def move_on(connection: Connection, held: Claim, *, epoch: int, train_seconds: float) -> None:
    """Record that a part of the work is done, in the transaction that stores it. Raises `FencedOff`."""
    _change(connection, held, epoch=epoch, train_seconds=train_seconds, **UNHARMED)


def finish(connection: Connection, held: Claim, end: End, epochs: Epochs = ()) -> None:
    """Store the end of a run and the `epochs` that are not in the history yet. Raises `FencedOff`.

    The caller stores the results in the same transaction.
    """
    _change(
        connection,
        held,
        status=end.status,
        finished_at=now(),
        lease_owner=None,
        lease_expires_at=None,
        epoch=end.epoch,
        train_seconds=end.train_seconds,
        metrics=dict(end.metrics),
        baseline=None if end.baseline is None else dict(end.baseline),
        findings=end.findings,
        error=end.error,
        fingerprint=end.fingerprint,
        weights_sha256=end.weights_sha256,
        stopping=None if end.stopping is None else dict(end.stopping),
    )
    _add_history(connection, held, epochs)
    message = str(end.error["detail"]) if end.error else f"{end.status} after {end.epoch} {end.parts}"
    tell(connection, held.job_id, end.status, message, level="error" if end.status == FAILED else "info")
    _end(connection, held.job_id, end.status, end.error)


def release(engine: Engine, held: Claim, reason: str) -> None:
    """Return a job to the queue without counting a crash. Raises `FencedOff`.

    `reason` is a message for users, for example 'the worker stops'.
    """
    with writing(engine) as connection:
        row = connection.execute(
            update(Job)
            .where(_held(held))
            .values(
                status=case((Job.cancel_requested_at.is_not(None), CANCELLED), else_=QUEUED),
                finished_at=case((Job.cancel_requested_at.is_not(None), now()), else_=None),
                available_at=now(),
                lease_owner=None,
                lease_expires_at=None,
            )
            .returning(Job.status)
        ).one_or_none()
        if row is None:
            raise FencedOff(held.job_id)
        tell(connection, held.job_id, row.status, f"{reason}; the job goes back to the queue")
        _end(connection, held.job_id, row.status)


def lose(
    engine: Engine, held: Claim, reason: str, *, error: type[RunFailed] = WorkerLost, is_crash: bool = True
) -> float:
    """Give up a run whose process died: queue the job again, or fail it with `error` if this has happened too often.

    `reason` is a message for users, for example 'killed by SIGKILL'. Returns the seconds until the job can be claimed
    again, or 0 if it has ended. Raises `FencedOff`.
    """
    with writing(engine) as connection:
        rows = _give_up(connection, _held(held), reason, error, is_crash=is_crash)
    if not rows:
        raise FencedOff(held.job_id)
    return max(0.0, rows[0].pause) if rows[0].status == QUEUED else 0.0


def reap(engine: Engine, *, is_gone: Callable[[str], bool] = lambda _: False) -> dict[str, str | None]:
    """Give up every run whose lease has expired or whose owner `is_gone`. Idempotent.

    Returns the ids of the jobs, each with the id of the request that submitted it.
    """
    running = select(Job.lease_owner, func.min(Job.lease_expires_at) < now()).where(Job.status == RUNNING)
    with reading(engine) as connection:
        owners = connection.execute(running.group_by(Job.lease_owner)).all()
    gone = [owner for owner, _ in owners if owner is not None and is_gone(owner)]
    if not gone and not any(expired for _, expired in owners):
        return {}
    over = {"its worker died": Job.lease_owner.in_(gone), "its worker stopped responding": Job.lease_expires_at < now()}
    with writing(engine) as connection:
        return {
            row.id: row.request_id
            for reason, runs in over.items()
            for row in _give_up(connection, and_(Job.status == RUNNING, runs), reason, WorkerLost, is_crash=False)
        }


@freeing
def request_cancel(engine: Engine, job_id: str, kind: Kind[Any]) -> None:
    """Cancel a job of this kind: immediately if it is queued; if it is running, its supervisor sees the request.

    Raises `NotFound`, `Conflict`.
    """
    with writing(engine) as connection:
        row = connection.execute(
            update(Job)
            .where(Job.id == job_id, Job.kind == kind.name, Job.status.in_((QUEUED, RUNNING)))
            .values(
                status=case((Job.status == QUEUED, CANCELLED), else_=Job.status),
                finished_at=case((Job.status == QUEUED, now()), else_=None),
                cancel_requested_at=func.coalesce(Job.cancel_requested_at, now()),
            )
            .returning(Job.status)
        ).one_or_none()
        if row is None:
            raise Conflict(
                f"{kind.noun} {job_id} is {kind.find(connection, job_id).status}; only one that has not ended can be "
                "cancelled"
            )
        message = "cancelled before it ran" if row.status == CANCELLED else "the client requested cancellation"
        tell(connection, job_id, row.status, message)
        _end(connection, job_id, row.status)


@freeing
def remove(engine: Engine, job_id: str, kind: Kind[Any]) -> None:
    """Delete a job of this kind, unless it is running, with all its results. Raises `NotFound`, `Conflict`."""
    this = (Job.id == job_id, Job.kind == kind.name, Job.status != RUNNING)
    with writing(engine) as connection:
        if not connection.execute(delete(Job).where(*this)).rowcount:
            status = kind.find(connection, job_id).status
            raise Conflict(f"{kind.noun} {job_id} is {status}; cancel it before deleting it")


def _held(held: Claim) -> ColumnElement[bool]:
    return and_(Job.id == held.job_id, Job.status == RUNNING, Job.fence == held.fence)


def _change(connection: Connection, held: Claim, **values: Any) -> None:
    if not connection.execute(update(Job).where(_held(held)).values(**values)).rowcount:
        raise FencedOff(held.job_id)


def _give_up(
    connection: Connection, runs: ColumnElement[bool], reason: str, error: type[RunFailed], *, is_crash: bool
) -> Sequence[Row[Any, Any, Any, Any, Any]]:
    """Queue the jobs of lost runs again, or end them."""
    count, most = (Job.crashes, CRASHES_BEFORE_FAILURE) if is_crash else (Job.losses, LOSSES_BEFORE_FAILURE)
    pause = case((Job.crashes == 0, BACKOFF_SECONDS), else_=4 * BACKOFF_SECONDS) if is_crash else 0.0
    status = case((Job.cancel_requested_at.is_not(None), CANCELLED), (count + 1 >= most, FAILED), else_=QUEUED)
    rows = connection.execute(
        update(Job)
        .where(runs)
        .values(
            {
                Job.status: status,
                Job.finished_at: case((status == QUEUED, None), else_=now()),
                Job.attempt: Job.attempt + case((status == QUEUED, 1), else_=0),
                count: count + 1,
                Job.available_at: now() + pause,
                Job.lease_owner: None,
                Job.lease_expires_at: None,
            }
        )
        .returning(Job.id, Job.status, Job.request_id, count.label("times"), (Job.available_at - now()).label("pause"))
    ).all()
    for row in rows:
        problem = None
        if row.status == FAILED:
            lost = f"was lost {row.times} times without a new checkpoint; the last time {reason}"
            problem = error(f"the {'training process' if is_crash else 'worker'} {lost}").problem()
            connection.execute(update(Job).where(Job.id == row.id).values(error=problem))
        times = {"crashes" if is_crash else "losses": row.times}
        tell(connection, row.id, row.status, f"worker lost: {reason}", level="warning", **times)
        _end(connection, row.id, row.status, problem)
    return rows


def _end(connection: Connection, job_id: str, status: str, error: Mapping[str, Any] | None = None) -> None:
    """If a job has ended, make its webhook due, and delete its checkpoints unless the job can be resumed."""
    if status in ENDED:
        outbox.make_due(connection, job_id)
        if not may_resume(status, error):
            checkpoints.forget(connection, job_id)

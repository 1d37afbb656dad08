"""Every change to a job's state: one compare-and-set statement each, with its event in the same transaction.

Two rules make a job neither lost nor doubled. The row decides, never a message: whoever wants to run a job
claims it here, and exactly one claim succeeds. And each claim makes the `fence` grow, and every later write of
that run asks for it: a run that was given up for dead, and is not, changes no row and gets `FencedOff`.

Nothing here knows how a job is trained, nor who asked.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import ColumnElement, Connection, Engine, and_, case, delete, func, insert, literal, or_, select, update
from sqlalchemy.exc import IntegrityError

from steelyard.errors import Conflict, FencedOff, NotFound, RunFailed, WorkerLost
from steelyard.jobs import checkpoints, queries, webhooks
from steelyard.jobs.checkpoints import Checkpoint
from steelyard.jobs.queries import Epochs
from steelyard.jobs.states import CANCELLED, ENDED, FAILED, QUEUED, RUNNING
from steelyard.spec.plan import Plan
from steelyard.store import replies
from steelyard.store.clock import now
from steelyard.store.engine import reading, writing
from steelyard.store.ids import new_id
from steelyard.store.replies import Once
from steelyard.store.tables import TRAINING, Event, HistoryEpoch, Job, JobDataset, JobInput

CRASHES_BEFORE_FAILURE = 3
BACKOFF_SECONDS = 1.0  # after the first crash; four times as long after the second
RING_AGAIN_SECONDS = 2.0
RUNS_BETWEEN_SWEEPS = 50  # a run leaves a few events; a job that is given back for ever must not leave ever more
EVENTS_KEPT = 200


@dataclass(frozen=True)
class Claim:
    """The right to run a job, until its lease runs out or somebody else's fence is higher."""

    job_id: str
    fence: int
    attempt: int


@dataclass(frozen=True)
class End:
    """How a run ended, as far as the job's own row goes."""

    status: str
    epoch: int
    train_seconds: float
    metrics: Mapping[str, Any]
    findings: list[dict[str, Any]]
    error: Mapping[str, Any] | None
    fingerprint: Mapping[str, Any] | None
    weights_sha256: str | None
    parts: str = "epochs"


def submit(engine: Engine, plan: Plan, *, request_id: str | None = None, once: Once | None = None) -> dict[str, Any]:
    """Commit a new job, and give it as it was committed. Ring for it afterwards: the row is what counts.

    With `once` the job is kept as the answer to that request, as JSON. Raises `AnsweredAlready` if it has one.
    """
    job_id = new_id("job")
    values = {
        "kind": TRAINING,
        "name": plan.spec.name,
        "labels": plan.spec.metadata,
        "spec": plan.spec.to_json(),
        "spec_digest": plan.digest,
        "data": plan.data.to_json(),
        "parameters": plan.parameters,
        "request_id": request_id,
        "epochs": plan.spec.training.epochs,
    }
    with writing(engine) as connection:
        enqueue(connection, job_id, inline=plan.inline, datasets=plan.datasets, **values)
        if plan.webhook is not None:
            webhooks.add(connection, job_id, plan.webhook)
        job = queries.read_job(connection, job_id)
        if once is not None:
            replies.keep(connection, once, orjson.dumps(job))
    return job


def enqueue(connection: Connection, job_id: str, *, inline: bytes | None, datasets: list[str], **values: Any) -> None:
    """Put a job of any kind into the queue. Raises `Conflict` if one of its data sets is gone."""
    times = {"created_at": now(), "available_at": now(), "rung_at": now()}
    connection.execute(insert(Job).values(id=job_id, status=QUEUED, **times, **values))
    if inline is not None:
        connection.execute(insert(JobInput).values(job_id=job_id, content=inline))
    _need_datasets(connection, job_id, datasets)
    _tell(connection, job_id, QUEUED, "accepted; waits for a worker")


def _need_datasets(connection: Connection, job_id: str, dataset_ids: list[str]) -> None:
    try:
        for dataset_id in dataset_ids:
            connection.execute(insert(JobDataset).values(job_id=job_id, dataset_id=dataset_id))
    except IntegrityError as error:
        raise Conflict("a data set that the job needs was deleted meanwhile") from error


def claim(engine: Engine, job_id: str, *, owner: str, lease_seconds: float) -> Claim | None:
    """Take a waiting job, or learn with `None` that it is not there to be taken."""
    with writing(engine) as connection:
        row = connection.execute(
            update(Job)
            .where(Job.id == job_id, Job.status == QUEUED, Job.available_at <= now())
            .values(
                status=RUNNING,
                fence=Job.fence + 1,
                lease_owner=owner,
                lease_expires_at=now() + lease_seconds,
                started_at=func.coalesce(Job.started_at, now()),
            )
            .returning(Job.fence, Job.attempt)
        ).one_or_none()
        if row is None:
            return None
        _tell(connection, job_id, RUNNING, f"attempt {row.attempt} runs on {owner}", attempt=row.attempt)
        if row.fence % RUNS_BETWEEN_SWEEPS == 0:
            _sweep_events(connection, job_id)
        return Claim(job_id=job_id, fence=row.fence, attempt=row.attempt)


def rewind(engine: Engine, held: Claim, *, epoch: int, train_seconds: float) -> None:
    """Forget what an earlier run recorded after `epoch`, where this one begins. Raises `FencedOff`."""
    with writing(engine) as connection:
        _change(connection, held, epoch=epoch, train_seconds=train_seconds)
        later = and_(HistoryEpoch.job_id == held.job_id, HistoryEpoch.epoch > epoch)
        connection.execute(delete(HistoryEpoch).where(later))
        if epoch:
            _tell(connection, held.job_id, RUNNING, f"going on from epoch {epoch}", epoch=epoch)


def renew(engine: Engine, held: Claim, *, lease_seconds: float) -> None:
    """Put off the lease's end. Raises `FencedOff` when it is too late for that."""
    with writing(engine) as connection:
        _change(connection, held, lease_expires_at=now() + lease_seconds)


def is_cancel_requested(engine: Engine, held: Claim) -> bool:
    """Whether the client has called this run off. Raises `FencedOff`."""
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
) -> None:
    """Add epochs to the history, move the progress on and keep a checkpoint, all at once. Raises `FencedOff`.

    A run with a new checkpoint has got on: crashes before it do not count any more.
    """
    reached: dict[str, Any] = {"epoch": epochs[-1][0], "train_seconds": train_seconds} if epochs else {}
    with writing(engine) as connection:
        _change(connection, held, **reached, **({} if checkpoint is None else {"crashes": 0}))
        _add_history(connection, held, epochs)
        if checkpoint is not None:
            checkpoints.save(connection, held.job_id, checkpoint)


def _add_history(connection: Connection, held: Claim, epochs: Epochs) -> None:
    rows = [{"job_id": held.job_id, "epoch": epoch, "values": dict(values)} for epoch, values in epochs]
    if rows:
        connection.execute(insert(HistoryEpoch), rows)


def move_on(connection: Connection, held: Claim, *, epoch: int, train_seconds: float) -> None:
    """Note that a part of the work is done for good, in the transaction that keeps it. Raises `FencedOff`."""
    _change(connection, held, epoch=epoch, train_seconds=train_seconds, crashes=0)


def finish(connection: Connection, held: Claim, end: End, epochs: Epochs = ()) -> None:
    """Write a run's end, with the epochs of which the history has not heard. Raises `FencedOff`.

    Whatever belongs to the end goes into the same transaction.
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
        findings=end.findings,
        error=end.error,
        fingerprint=end.fingerprint,
        weights_sha256=end.weights_sha256,
    )
    _add_history(connection, held, epochs)
    message = str(end.error["detail"]) if end.error else f"{end.status} after {end.epoch} {end.parts}"
    _tell(connection, held.job_id, end.status, message, level="error" if end.status == FAILED else "info")


def release(engine: Engine, held: Claim, reason: str) -> None:
    """Give a job back that is not to blame: it does not count as a crash. Raises `FencedOff`.

    `reason` says why, for people: 'the worker stops'.
    """
    with writing(engine) as connection:
        row = connection.execute(
            update(Job)
            .where(_held(held))
            .values(
                status=case((Job.cancel_requested_at.is_not(None), CANCELLED), else_=QUEUED),
                finished_at=case((Job.cancel_requested_at.is_not(None), now()), else_=None),
                available_at=now(),
                rung_at=0,
                lease_owner=None,
                lease_expires_at=None,
            )
            .returning(Job.status)
        ).one_or_none()
        if row is None:
            raise FencedOff(held.job_id)
        _tell(connection, held.job_id, row.status, f"{reason}; the job goes to another")


def lose(engine: Engine, held: Claim, reason: str, *, error: type[RunFailed] = WorkerLost) -> None:
    """Give up a run whose process died: the job waits again, or fails with `error` when that happens too often.

    `reason` says how it died, for people: 'killed by SIGKILL'. Raises `FencedOff`.
    """
    with writing(engine) as connection:
        if not _give_up(connection, _held(held), reason, error):
            raise FencedOff(held.job_id)


def reap(engine: Engine) -> list[str]:
    """Give up every run whose lease has run out, and give the ids of its jobs. Harmless when done twice."""
    with writing(engine) as connection:
        expired = and_(Job.status == RUNNING, Job.lease_expires_at < now())
        return _give_up(connection, expired, "its worker fell silent", WorkerLost)


def take_waiting(engine: Engine, *, limit: int) -> list[str]:
    """The ids of jobs that wait and for which no message is likely under way, oldest first; marks them as rung."""
    overdue = and_(
        Job.status == QUEUED,
        Job.available_at <= now(),
        or_(Job.rung_at < Job.available_at, Job.rung_at <= now() - RING_AGAIN_SECONDS),
    )
    oldest = select(Job.id).where(overdue).order_by(Job.id).limit(limit)
    with writing(engine) as connection:
        rung = update(Job).where(Job.id.in_(oldest), overdue).values(rung_at=now()).returning(Job.id)
        return sorted(connection.execute(rung).scalars())


def request_cancel(engine: Engine, job_id: str) -> None:
    """Call a job off: at once if it waits; if it runs, its supervisor sees the request. Raises `Conflict`."""
    with writing(engine) as connection:
        row = connection.execute(
            update(Job)
            .where(Job.id == job_id, Job.status.in_((QUEUED, RUNNING)))
            .values(
                status=case((Job.status == QUEUED, CANCELLED), else_=Job.status),
                finished_at=case((Job.status == QUEUED, now()), else_=None),
                cancel_requested_at=func.coalesce(Job.cancel_requested_at, now()),
            )
            .returning(Job.status)
        ).one_or_none()
        if row is None:
            raise Conflict(
                f"job {job_id} is {_status(connection, job_id)}; only a job that has not ended can be cancelled"
            )
        message = "cancelled before it ran" if row.status == CANCELLED else "the client asks to stop"
        _tell(connection, job_id, row.status, message)


def remove(engine: Engine, job_id: str) -> None:
    """Delete a job that does not run, with all that hangs on it. Raises `NotFound`, `Conflict`."""
    with writing(engine) as connection:
        if not connection.execute(delete(Job).where(Job.id == job_id, Job.status != RUNNING)).rowcount:
            raise Conflict(f"job {job_id} is {_status(connection, job_id)}; cancel it before you delete it")


def _held(held: Claim) -> ColumnElement[bool]:
    return and_(Job.id == held.job_id, Job.status == RUNNING, Job.fence == held.fence)


def _change(connection: Connection, held: Claim, **values: Any) -> None:
    if not connection.execute(update(Job).where(_held(held)).values(**values)).rowcount:
        raise FencedOff(held.job_id)


def _give_up(connection: Connection, runs: ColumnElement[bool], reason: str, error: type[RunFailed]) -> list[str]:
    last = Job.crashes + 1 >= CRASHES_BEFORE_FAILURE
    status = case((Job.cancel_requested_at.is_not(None), CANCELLED), (last, FAILED), else_=QUEUED)
    rows = connection.execute(
        update(Job)
        .where(runs)
        .values(
            status=status,
            finished_at=case((status == QUEUED, None), else_=now()),
            attempt=Job.attempt + case((status == QUEUED, 1), else_=0),
            crashes=Job.crashes + 1,
            available_at=now() + case((Job.crashes == 0, BACKOFF_SECONDS), else_=literal(4 * BACKOFF_SECONDS)),
            lease_owner=None,
            lease_expires_at=None,
        )
        .returning(Job.id, Job.status, Job.crashes)
    ).all()
    for row in rows:
        if row.status == FAILED:
            detail = f"the training process was lost {row.crashes} times without getting on; the last time {reason}"
            connection.execute(update(Job).where(Job.id == row.id).values(error=error(detail).problem()))
        _tell(connection, row.id, row.status, f"worker lost: {reason}", level="warning", crashes=row.crashes)
    return [row.id for row in rows]


def _sweep_events(connection: Connection, job_id: str) -> None:
    of_job = select(Event.id).where(Event.job_id == job_id)
    oldest_kept = of_job.order_by(Event.id.desc()).offset(EVENTS_KEPT - 1).limit(1).scalar_subquery()
    connection.execute(delete(Event).where(Event.job_id == job_id, Event.id < oldest_kept))


def _status(connection: Connection, job_id: str) -> str:
    status = connection.execute(select(Job.status).where(Job.id == job_id)).scalar_one_or_none()
    if status is None:
        raise NotFound(f"there is no job {job_id!r}")
    return status


def _tell(connection: Connection, job_id: str, status: str, message: str, *, level: str = "info", **data: Any) -> None:
    """Note that a job has come to `status`. If it ended, whoever wants to be told is, and no run will go on with it."""
    event = {"job_id": job_id, "level": level, "type": "status", "message": message, "data": {"status": status, **data}}
    connection.execute(insert(Event).values(created_at=now(), **event))
    if status in ENDED:
        webhooks.make_due(connection, job_id)
        checkpoints.forget(connection, job_id)

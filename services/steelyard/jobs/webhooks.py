"""The outbox: who is to be told of a job's end. Written in the transaction that ends the job, emptied by couriers.

A job ends once, so there is one event for it, with one id however often it is sent. A courier takes a delivery by
putting off the next attempt, so that two never send the same at once, and one that dies loses nothing.
"""

import random
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import Connection, Engine, insert, select, update

from steelyard.jobs import queries
from steelyard.spec.webhook import Webhook
from steelyard.store.clock import now
from steelyard.store.engine import reading, writing
from steelyard.store.ids import new_id
from steelyard.store.tables import Event, Job
from steelyard.store.tables import Webhook as Row

FIRST_PAUSE_SECONDS = 5.0
LONGEST_PAUSE_SECONDS = 4 * 3600.0
JITTER = 0.2
GIVE_UP_SECONDS = 24 * 3600.0


@dataclass(frozen=True)
class Delivery:
    """One attempt to tell of a job's end. `pause_seconds` until the next, or `None` if this is the last."""

    job_id: str
    event_id: str
    url: str
    secret: str | None
    body: bytes
    attempt: int
    pause_seconds: float | None


def add(connection: Connection, job_id: str, webhook: Webhook) -> None:
    """Note whom to tell of a job's end."""
    row = {"job_id": job_id, "event_id": new_id("evt"), "url": webhook.url, "secret": webhook.secret}
    connection.execute(insert(Row).values(**row))


def make_due(connection: Connection, job_id: str) -> None:
    """The job has ended; whoever is to be told will be told."""
    connection.execute(update(Row).where(Row.job_id == job_id).values(due_at=now()))


def take_due(engine: Engine, *, limit: int) -> list[Delivery]:
    """Deliveries that are due, at most `limit`; no other courier gets them before their next attempt."""
    query = select(Row.job_id).where(Row.due_at <= now()).order_by(Row.due_at).limit(limit)
    with reading(engine) as connection:
        due = list(connection.execute(query).scalars())
    found = (_take(engine, job_id) for job_id in due)
    return [delivery for delivery in found if delivery is not None]


def _take(engine: Engine, job_id: str) -> Delivery | None:
    with writing(engine) as connection:
        taken = update(Row).where(Row.job_id == job_id, Row.due_at <= now()).values(attempts=Row.attempts + 1)
        row = connection.execute(taken.returning(Row)).one_or_none()
        if row is None:
            return None
        since = connection.execute(select(now() - Job.finished_at).where(Job.id == job_id)).scalar_one()
        pause = _pause_seconds(row.attempts)
        is_last = since + pause > GIVE_UP_SECONDS
        connection.execute(update(Row).where(Row.job_id == job_id).values(due_at=now() + pause))
        body = _body(connection, job_id)
    return Delivery(job_id, row.event_id, row.url, row.secret, body, row.attempts, None if is_last else pause)


def settle(engine: Engine, delivery: Delivery, said: str, *, done: bool) -> None:
    """Note what came of an attempt: `said`, for people. If it is `done`, or was the last, there is none after it."""
    ended = done or delivery.pause_seconds is None
    note = f"webhook, attempt {delivery.attempt}: {said}"
    if not ended:
        note += f"; again in {delivery.pause_seconds:.0f} s"
    elif not done:
        note += "; given up"
    level = "info" if done else "warning"
    data = {"event_id": delivery.event_id, "attempt": delivery.attempt}
    with writing(engine) as connection:
        this = (Row.job_id == delivery.job_id, Row.attempts == delivery.attempt)
        values: dict[str, Any] = {"due_at": None} if ended else {"due_at": Row.due_at}
        if connection.execute(update(Row).where(*this).values(**values)).rowcount:
            row = {"job_id": delivery.job_id, "created_at": now(), "level": level, "type": "log"}
            connection.execute(insert(Event).values(**row, message=note[:2000], data=data))


def _pause_seconds(attempts: int) -> float:
    pause = min(FIRST_PAUSE_SECONDS * 4.0 ** min(attempts - 1, 20), LONGEST_PAUSE_SECONDS)
    return pause * random.uniform(1 - JITTER, 1 + JITTER)


def _body(connection: Connection, job_id: str) -> bytes:
    job = queries.read_job(connection, job_id)  # which does not change any more: every attempt sends the same bytes
    return orjson.dumps({"type": f"job.{job['status']}", "timestamp": job["finished_at"], "data": job})

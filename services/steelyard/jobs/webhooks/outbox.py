"""The outbox of webhooks: written in the transaction that ends the job, and emptied by senders.

A job ends once, so it has one event, whose id is the same in every attempt. A sender takes a delivery by moving its due
time beyond the maximum duration of an attempt. So two senders never send the same attempt, and the delivery of a sender
that dies becomes due again.
"""

import random
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, func, insert, select, update

from steelyard.documents.writer import dump
from steelyard.jobs.kinds import Kind
from steelyard.jobs.states import ENDED
from steelyard.jobs.webhooks.schema import Webhook, host_of
from steelyard.store.clock import now
from steelyard.store.engine import reading, writing
from steelyard.store.ids import new_id
from steelyard.store.tables import Event, Job
from steelyard.store.tables import Webhook as Row

LEASE_SECONDS = 60.0  # four times the maximum duration of an attempt
FIRST_PAUSE_SECONDS = 5.0
LONGEST_PAUSE_SECONDS = 4 * 3600.0
JITTER = 0.2
GIVE_UP_SECONDS = 24 * 3600.0


@dataclass(frozen=True)
class Delivery:
    """One attempt to report a job's end. `pause_seconds` until the next, or `None` if this is the last.

    `request_id` is the id of the request that submitted the job, for the log.
    """

    job_id: str
    event_id: str
    url: str
    host: str
    secret: str | None
    body: bytes
    attempt: int
    pause_seconds: float | None
    request_id: str | None = None


@dataclass(frozen=True)
class Outcome:
    """How an attempt ended; `words` are for users. After `done` there is no further attempt.

    An `interrupted` attempt is due again immediately, for any sender.
    """

    delivery: Delivery
    words: str
    done: bool = False
    interrupted: bool = False

    @property
    def pause_seconds(self) -> float | None:
        """The time until the next attempt; `None` if there is none."""
        if self.done:
            return None
        return 0.0 if self.interrupted else self.delivery.pause_seconds

    def note(self) -> str:
        """The message for the job's events."""
        note = f"webhook, attempt {self.delivery.attempt}: {self.words}"
        if self.done or self.interrupted:
            return note
        pause = self.delivery.pause_seconds
        return f"{note}; {'no further attempt' if pause is None else f'next attempt in {pause:.0f} s'}"


def add(connection: Connection, job_id: str, webhook: Webhook) -> None:
    """Store the webhook of a job."""
    row = {"job_id": job_id, "event_id": new_id("evt"), "url": webhook.url, "host": host_of(webhook.url)}
    connection.execute(insert(Row).values(**row, secret=webhook.secret))


def make_due(connection: Connection, job_id: str) -> None:
    """Make the webhook of an ended job due, if it has one."""
    connection.execute(update(Row).where(Row.job_id == job_id).values(due_at=now()))


def find_due(engine: Engine, *, limit: int, host_limit: int, busy: Mapping[str, int] | None = None) -> list[str]:
    """At most `limit` jobs whose webhooks are due, the oldest first.

    For each host at most `host_limit`, minus the deliveries that the caller has in progress (`busy`). So a host with
    thousands of due deliveries does not delay those to other hosts.
    """
    busy = busy or {}
    full = [host for host, count in busy.items() if count >= host_limit]
    place = func.row_number().over(partition_by=Row.host, order_by=Row.due_at)
    due = select(Row.job_id, Row.host, Row.due_at, place.label("place")).where(Row.due_at <= now()).subquery()
    query = select(due.c.job_id, due.c.host, due.c.place).where(due.c.place <= host_limit, due.c.host.not_in(full))
    with reading(engine) as connection:
        rows = connection.execute(query.order_by(due.c.due_at).limit(limit)).all()
    return [row.job_id for row in rows if row.place <= host_limit - busy.get(row.host, 0)]


def take(engine: Engine, job_ids: Collection[str], kinds: Mapping[str, Kind[Any]]) -> list[Delivery]:
    """Take the deliveries that are still due; no other sender gets them during this attempt."""
    due = (Row.job_id.in_(job_ids), Row.due_at <= now())
    with writing(engine) as connection:
        # PostgreSQL: skip the rows that another sender is taking at this moment.
        mine = connection.execute(select(Row.job_id).where(*due).with_for_update(skip_locked=True)).scalars().all()
        values = {"attempts": Row.attempts + 1, "due_at": now() + LEASE_SECONDS}
        taken = connection.execute(update(Row).where(Row.job_id.in_(mine)).values(**values).returning(Row)).all()
        since = select(Job.id, now() - Job.finished_at).where(Job.id.in_(mine))
        ages = dict(connection.execute(since).all())
    with reading(engine) as connection:
        found = [_delivery(connection, row, ages[row.job_id], kinds) for row in taken]
    return [delivery for delivery in found if delivery is not None]


def _delivery(connection: Connection, row: Any, age_seconds: float, kinds: Mapping[str, Kind[Any]]) -> Delivery | None:
    found = connection.execute(select(Job.kind, Job.request_id).where(Job.id == row.job_id)).one_or_none()
    if found is None:  # deleted in the meantime
        return None
    kind = kinds[found.kind]
    job = kind.read(connection, row.job_id)
    if job.status not in ENDED:  # resumed in the meantime
        return None
    # The job does not change until it is resumed, so every attempt sends the same bytes.
    body = dump({"type": f"{kind.noun}.{job.status}", "timestamp": job.finished_at, "data": job})
    pause = _pause_seconds(row.attempts)
    is_last = age_seconds + pause > GIVE_UP_SECONDS
    left = None if is_last else pause
    receiver = (row.url, row.host, row.secret)
    return Delivery(row.job_id, row.event_id, *receiver, body, row.attempts, left, found.request_id)


def settle(engine: Engine, outcomes: Sequence[Outcome]) -> None:
    """Store the outcomes of attempts in one transaction. Ignore those for which a later attempt has begun."""
    with writing(engine) as connection:
        for outcome in sorted(outcomes, key=lambda outcome: outcome.delivery.job_id):
            delivery, pause = outcome.delivery, outcome.pause_seconds
            this = (Row.event_id == delivery.event_id, Row.attempts == delivery.attempt)
            due_at = None if pause is None else now() + pause
            if connection.execute(update(Row).where(*this).values(due_at=due_at)).rowcount:
                _tell(connection, outcome)


def _tell(connection: Connection, outcome: Outcome) -> None:
    delivery = outcome.delivery
    level = "info" if outcome.done or outcome.interrupted else "warning"
    row = {"job_id": delivery.job_id, "created_at": now(), "level": level, "type": "log"}
    data = {"event_id": delivery.event_id, "attempt": delivery.attempt}
    connection.execute(insert(Event).values(**row, message=outcome.note()[:2000], data=data))


def _pause_seconds(attempts: int) -> float:
    pause = min(FIRST_PAUSE_SECONDS * 4.0 ** min(attempts - 1, 20), LONGEST_PAUSE_SECONDS)
    return pause * random.uniform(1 - JITTER, 1 + JITTER)

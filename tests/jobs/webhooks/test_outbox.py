"""The outbox of webhooks, on SQLite and on PostgreSQL."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any

import orjson
import pytest
from sqlalchemy import Connection, Engine, func, select, update

from steelyard.documents.writer import to_values
from steelyard.inference import batches
from steelyard.inference.batches import PREDICTION, BatchPlan
from steelyard.jobs import ledger, queries, resumption
from steelyard.jobs.webhooks import outbox
from steelyard.jobs.webhooks.outbox import (
    FIRST_PAUSE_SECONDS,
    GIVE_UP_SECONDS,
    JITTER,
    LONGEST_PAUSE_SECONDS,
    Delivery,
    Outcome,
)
from steelyard.jobs.webhooks.schema import Webhook as WebhookSpec
from steelyard.store.engine import reading, writing
from steelyard.store.tables import Job, Webhook
from steelyard.training import submission
from steelyard.training.estimate import Limits
from steelyard.training.examples import SMALLEST
from steelyard.training.kind import TRAINING
from steelyard.training.plan import read_job
from steelyard.training.queries import get_job
from steelyard_worker.kinds import KINDS
from tests.conftest import no_tables
from tests.jobs.test_ledger import change, claim, finish

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
TOLD = {**SMALLEST, "webhook": {"url": "https://example.com/hook", "secret": SECRET}}


def submit(engine: Engine, webhook: dict[str, Any] | None = None) -> str:
    spec = {**TOLD, "webhook": webhook or TOLD["webhook"]}
    job_id: str = submission.submit(engine, read_job(spec, limits=Limits(4 << 30), tables=no_tables)).id
    return job_id


def take_all(engine: Engine) -> list[Delivery]:
    return outbox.take(engine, outbox.find_due(engine, limit=10, host_limit=10), KINDS)


def hasten(engine: Engine, job_id: str, seconds: float) -> None:
    """Let `seconds` go by for a job and its webhook."""
    with writing(engine) as connection:
        connection.execute(update(Webhook).where(Webhook.job_id == job_id).values(due_at=Webhook.due_at - seconds))
        connection.execute(update(Job).where(Job.id == job_id).values(finished_at=Job.finished_at - seconds))


def end_in(engine: Engine, status: str, webhook: dict[str, Any] | None = None) -> str:
    """A job that has ended, one way or another."""
    job_id = submit(engine, webhook)
    if status == "cancelled while queued":
        ledger.request_cancel(engine, job_id, TRAINING)
        return job_id
    held = claim(engine, job_id, lease_seconds=-1)
    if status in ("succeeded", "failed", "cancelled"):
        finish(engine, held, status)
    elif status == "lost":
        change(engine, job_id, losses=ledger.LOSSES_BEFORE_FAILURE - 1)
        assert list(ledger.reap(engine)) == [job_id]
    else:
        ledger.request_cancel(engine, job_id, TRAINING)
        ledger.release(engine, held, "the worker stops")
    return job_id


@pytest.mark.parametrize(
    "status", ["succeeded", "failed", "cancelled", "lost", "cancelled while queued", "cancelled, then given back"]
)
def test_every_end_is_told_once_with_the_job_as_it_is_served(engine: Engine, status: str) -> None:
    job_id = end_in(engine, status)
    [delivery] = take_all(engine)
    job = get_job(engine, job_id)
    assert (delivery.job_id, delivery.url, delivery.secret, delivery.attempt) == (
        job_id,
        TOLD["webhook"]["url"],
        SECRET,
        1,
    )
    event = orjson.loads(delivery.body)
    assert event == {"type": f"job.{job.status}", "timestamp": job.finished_at, "data": to_values(job)}
    outbox.settle(engine, [Outcome(delivery, "the receiver answered 204", done=True)])
    hasten(engine, job_id, 1e6)
    assert take_all(engine) == []


def test_every_attempt_sends_the_same_bytes(engine: Engine) -> None:
    job_id = end_in(engine, "succeeded")
    bodies = []
    for _ in range(3):
        change(engine, job_id, rung_at=0)
        with writing(engine) as connection:
            connection.execute(update(Webhook).values(due_at=0))
        bodies += [delivery.body for delivery in take_all(engine)]
    assert len(bodies) == 3
    assert len(set(bodies)) == 1


def test_nothing_is_told_before_the_end(engine: Engine) -> None:
    held = claim(engine, submit(engine))
    ledger.release(engine, held, "the worker stops")
    assert take_all(engine) == []


def test_the_secret_is_served_nowhere(engine: Engine) -> None:
    job_id = submit(engine)
    shown = str(get_job(engine, job_id)) + str(queries.load_order(engine, job_id))
    assert SECRET not in shown
    assert get_job(engine, job_id).spec["webhook"] == {"url": TOLD["webhook"]["url"]}


def test_attempts_go_on_for_a_day_ever_further_apart_with_the_same_event(engine: Engine) -> None:
    job_id = end_in(engine, "succeeded")
    deliveries, waited = [], 0.0
    while True:
        [delivery] = take_all(engine)
        assert take_all(engine) == []  # nobody else gets it in the meantime
        outbox.settle(engine, [Outcome(delivery, "the receiver answered 500")])
        deliveries.append(delivery)
        if delivery.pause_seconds is None:
            break
        waited += delivery.pause_seconds
        hasten(engine, job_id, delivery.pause_seconds)
    assert GIVE_UP_SECONDS - 1.2 * LONGEST_PAUSE_SECONDS < waited < GIVE_UP_SECONDS
    assert len({delivery.event_id for delivery in deliveries}) == 1
    pauses = [delivery.pause_seconds for delivery in deliveries[:-1]]
    for number, pause in enumerate(pauses):
        plain = min(FIRST_PAUSE_SECONDS * 4**number, LONGEST_PAUSE_SECONDS)
        assert plain * (1 - JITTER) <= (pause or 0) <= plain * (1 + JITTER)
    hasten(engine, job_id, 1e6)
    assert take_all(engine) == []
    notes = [
        event for event in queries.list_events(engine, job_id, TRAINING, limit=100, after=0).data if event.type == "log"
    ]
    assert [note.level for note in notes] == ["warning"] * len(deliveries)
    assert notes[0].message.startswith("webhook, attempt 1: the receiver answered 500; next attempt in ")
    assert notes[-1].message.endswith("no further attempt")


def test_pauses_are_spread_to_both_sides(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    end_in(engine, "succeeded")
    for side in (min, max):
        monkeypatch.setattr(outbox.random, "uniform", lambda least, most, side=side: side(least, most))
        with writing(engine) as connection:
            connection.execute(update(Webhook).values(due_at=0, attempts=0))
        [delivery] = take_all(engine)
        assert delivery.pause_seconds == pytest.approx(side(0.8, 1.2) * FIRST_PAUSE_SECONDS)


@pytest.mark.parametrize(
    ("outcome", "pause", "level", "note"),
    [
        ({"done": True}, None, "info", "webhook, attempt 1: it answered"),
        ({"interrupted": True}, 0.0, "info", "webhook, attempt 1: it answered"),
        ({}, 7.2, "warning", "webhook, attempt 1: it answered; next attempt in 7 s"),
    ],
)
def test_an_outcome_is_noted_with_the_next_attempt(
    engine: Engine, outcome: dict[str, bool], pause: float | None, level: str, note: str
) -> None:
    job_id = end_in(engine, "succeeded")
    [delivery] = take_all(engine)
    found = Outcome(replace(delivery, pause_seconds=7.2), "it answered", **outcome)
    assert found.pause_seconds == pause
    outbox.settle(engine, [found])
    last = queries.list_events(engine, job_id, TRAINING, limit=100, after=0).data[-1]
    assert (last.level, last.message, last.type) == (level, note, "log")


def test_a_job_that_is_deleted_while_its_webhook_is_taken_has_no_delivery(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    job_id = end_in(engine, "succeeded")
    read = outbox.reading

    def remove_first(engine: Engine) -> AbstractContextManager[Connection]:
        monkeypatch.setattr(outbox, "reading", read)
        ledger.remove(engine, job_id, TRAINING)
        return read(engine)

    monkeypatch.setattr(outbox, "reading", remove_first)
    assert outbox.take(engine, [job_id], KINDS) == []


def test_one_of_many_couriers_takes_it(engine: Engine) -> None:
    end_in(engine, "succeeded")
    with ThreadPoolExecutor(8) as pool:
        taken = list(pool.map(lambda _: take_all(engine), range(16)))
    assert sum(map(len, taken)) == 1


def test_an_interrupted_attempt_is_repeated_at_once(engine: Engine) -> None:
    end_in(engine, "succeeded")
    [first] = take_all(engine)
    outbox.settle(engine, [Outcome(replace(first, pause_seconds=None), "the worker stopped", interrupted=True)])
    [second] = take_all(engine)
    assert (second.event_id, second.attempt) == (first.event_id, 2)


def test_a_busy_host_hides_no_other(engine: Engine) -> None:
    for number in range(12):
        end_in(engine, "succeeded", {"url": f"https://EXAMPLE.com:443/{number}"})
    other = end_in(engine, "succeeded", {"url": "http://example.com/hook"})
    found = outbox.find_due(engine, limit=5, host_limit=3)
    assert (len(found), found[-1]) == (4, other)
    assert outbox.find_due(engine, limit=5, host_limit=3, busy={"example.com:443": 3}) == [other]
    assert len(outbox.find_due(engine, limit=5, host_limit=3, busy={"example.com:443": 2})) == 2
    assert outbox.find_due(engine, limit=1, host_limit=3, busy={"example.com:443": 3}) == [other]


def test_a_courier_that_comes_late_changes_nothing(engine: Engine) -> None:
    job_id = end_in(engine, "succeeded")
    [late] = take_all(engine)
    hasten(engine, job_id, 100)
    [now] = take_all(engine)
    outbox.settle(engine, [Outcome(late, "late", done=True)])
    with reading(engine) as connection:
        assert connection.execute(select(func.count()).where(Webhook.due_at.is_not(None))).scalar_one() == 1
    outbox.settle(engine, [Outcome(replace(now, pause_seconds=None), "the last")])
    with reading(engine) as connection:
        assert connection.execute(select(func.count()).where(Webhook.due_at.is_not(None))).scalar_one() == 0


def test_what_came_of_an_end_before_a_resume_says_nothing_of_the_next_end(engine: Engine) -> None:
    job_id = end_in(engine, "cancelled while queued")
    [before] = take_all(engine)
    resumption.resume(engine, job_id, TRAINING)
    finish(engine, claim(engine, job_id))
    [after] = take_all(engine)
    assert (before.attempt, after.attempt) == (1, 1)
    outbox.settle(engine, [Outcome(before, "it had been sent", done=True)])
    hasten(engine, job_id, 100)
    [again] = take_all(engine)
    assert (again.event_id, again.attempt) == (after.event_id, 2)


def test_a_job_that_is_resumed_while_its_webhook_is_taken_is_not_told_of(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    job_id = end_in(engine, "cancelled while queued")
    read = outbox.reading

    def resume_first(engine: Engine) -> AbstractContextManager[Connection]:
        monkeypatch.setattr(outbox, "reading", read)
        resumption.resume(engine, job_id, TRAINING)
        return read(engine)

    monkeypatch.setattr(outbox, "reading", resume_first)
    assert outbox.take(engine, [job_id], KINDS) == []
    finish(engine, claim(engine, job_id))
    [told] = take_all(engine)
    assert orjson.loads(told.body)["type"] == "job.succeeded"


def test_the_end_of_a_batch_of_predictions_is_told_as_its_own(engine: Engine) -> None:
    webhook = WebhookSpec(url="https://example.com/hook", secret=SECRET)
    plan = BatchPlan("mdl_1", None, b"[[1]]", 1, None, None, webhook)
    batch_id = batches.submit(engine, plan, request_id=None, once=None).id
    assert take_all(engine) == []
    ledger.request_cancel(engine, batch_id, PREDICTION)
    [told] = take_all(engine)
    body = orjson.loads(told.body)
    assert body["type"] == "prediction.cancelled"
    assert body["data"] == to_values(queries.get(engine, batch_id, PREDICTION))

"""Orders, counts and events of jobs of any kind, on SQLite and on PostgreSQL."""

import pytest
from sqlalchemy import Engine

from steelyard.errors import NotFound
from steelyard.jobs import ledger, queries
from steelyard.training.kind import TRAINING
from tests.jobs.test_ledger import PLAN, claim, submit


def test_events_are_paged_oldest_first(engine: Engine) -> None:
    job_id = submit(engine)
    for _ in range(2):
        ledger.release(engine, claim(engine, job_id), "the worker stops")
    page = queries.list_events(engine, job_id, TRAINING, limit=3)
    assert [event.type for event in page.data] == ["status"] * 3
    assert page.has_more
    assert page.next is not None
    rest = queries.list_events(engine, job_id, TRAINING, limit=3, after=int(page.next))
    assert [event.message for event in page.data + rest.data] == [
        "accepted; waiting for a worker",
        "attempt 1 runs on w",
        "the worker stops; the job goes back to the queue",
        "attempt 1 runs on w",
        "the worker stops; the job goes back to the queue",
    ]
    assert (rest.has_more, rest.next) == (False, None)


def test_an_order_has_what_a_training_process_needs(engine: Engine) -> None:
    order = queries.load_order(engine, submit(engine))
    assert (order.spec, order.spec_digest, order.kind) == (PLAN.spec.to_json(), PLAN.digest, TRAINING.name)
    assert (order.inline, order.epoch) == (None, 0)
    with pytest.raises(NotFound, match="'job_none'"):
        queries.load_order(engine, "job_none")


def test_jobs_are_counted_by_status(engine: Engine) -> None:
    assert queries.count_by_status(engine) == {}
    for _ in range(3):
        submit(engine)
    assert ledger.claim(engine, owner="w", lease_seconds=30) is not None
    assert queries.count_by_status(engine) == {"queued": 2, "running": 1}


@pytest.mark.parametrize(("limit", "has_more"), [(1, True), (2, False), (3, False)])
def test_a_page_of_events_knows_whether_more_follow(engine: Engine, limit: int, has_more: bool) -> None:
    held = claim(engine, submit(engine))  # accepted, and claimed
    page = queries.list_events(engine, held.job_id, TRAINING, limit=limit)
    assert (len(page.data), page.has_more) == (min(limit, 2), has_more)

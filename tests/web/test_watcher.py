"""Clients that wait for jobs: each is let go when its job changes, none needs a thread, one query serves all."""

import asyncio
import threading
import time
from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, event

from steelyard.jobs import ledger
from steelyard.jobs.following import Wait
from steelyard.training import submission
from steelyard.training.kind import TRAINING
from steelyard.web.watcher import Watcher
from tests.jobs.test_feed import PLAN, end, start, train


@pytest.fixture
def watcher(engine: Engine) -> Iterator[Watcher]:
    """A watcher that lets everybody go at the end."""
    watcher = Watcher(engine)
    yield watcher
    watcher.stop()


def wait(job_id: str, *, status: str = "queued", seconds: float = 20.0, until_ended: bool = False) -> Wait:
    return Wait(job_id, status, until_ended, seconds)


async def timed(watcher: Watcher, order: Wait) -> float:
    started = time.monotonic()
    await watcher.wait(order)
    return time.monotonic() - started


def test_a_change_of_status_ends_the_wait(engine: Engine, watcher: Watcher) -> None:
    job_id = submission.submit(engine, PLAN).id
    threading.Timer(0.3, ledger.request_cancel, (engine, job_id, TRAINING)).start()
    assert 0.2 < asyncio.run(timed(watcher, wait(job_id))) < 10


def test_a_change_before_the_wait_ends_it_at_once(engine: Engine, watcher: Watcher) -> None:
    held = start(engine)
    assert asyncio.run(timed(watcher, wait(held.job_id, status="queued"))) < 10


def test_a_wait_for_the_end_outlasts_other_changes(engine: Engine, watcher: Watcher) -> None:
    held = start(engine)
    threading.Timer(0.2, train, (engine, held, 1)).start()
    threading.Timer(0.6, end, (engine, held)).start()
    assert 0.5 < asyncio.run(timed(watcher, wait(held.job_id, status="queued", until_ended=True))) < 10


def test_the_time_ends_a_wait(engine: Engine, watcher: Watcher) -> None:
    job_id = submission.submit(engine, PLAN).id
    assert 0.3 <= asyncio.run(timed(watcher, wait(job_id, seconds=0.3))) < 5


def test_a_job_that_is_deleted_ends_a_wait(engine: Engine, watcher: Watcher) -> None:
    job_id = submission.submit(engine, PLAN).id
    threading.Timer(0.3, ledger.remove, (engine, job_id, TRAINING)).start()
    assert asyncio.run(timed(watcher, wait(job_id))) < 10


def test_hundreds_wait_without_a_thread_or_a_query_each(engine: Engine, watcher: Watcher) -> None:
    job_ids = [submission.submit(engine, PLAN).id for _ in range(3)]
    queries = 0

    @event.listens_for(engine, "before_cursor_execute")
    def count(*_: object) -> None:
        nonlocal queries
        queries += 1

    async def many() -> int:
        waiting = [asyncio.ensure_future(watcher.wait(wait(job_ids[n % 3]))) for n in range(500)]
        await asyncio.sleep(1.0)
        threads = threading.active_count()
        asked = queries
        for job_id in job_ids:
            await asyncio.to_thread(ledger.request_cancel, engine, job_id, TRAINING)
        await asyncio.wait_for(asyncio.gather(*waiting), 10)
        assert asked < 150
        return threads

    before = threading.active_count()
    assert asyncio.run(many()) <= before + 2
    event.remove(engine, "before_cursor_execute", count)


def test_a_stop_lets_everybody_go(engine: Engine, watcher: Watcher) -> None:
    job_id = submission.submit(engine, PLAN).id

    async def early_and_late() -> None:
        waiting = asyncio.ensure_future(watcher.wait(wait(job_id, seconds=60)))
        await asyncio.sleep(0.2)
        watcher.stop()
        await asyncio.wait_for(waiting, 5)
        await asyncio.wait_for(watcher.wait(wait(job_id, seconds=60)), 5)  # one that comes too late

    asyncio.run(early_and_late())

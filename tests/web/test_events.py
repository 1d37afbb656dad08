"""Clients that follow a job's events: each gets all of them in order, and a crowd costs little more than one."""

import asyncio
import json
import threading
import time
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
from sqlalchemy import Engine, event

from steelyard.errors import Unavailable
from steelyard.jobs import ledger
from steelyard.jobs.feed import Cursor
from steelyard.jobs.following import Stream
from steelyard.training import submission
from steelyard.training.kind import TRAINING
from steelyard.web import events
from steelyard.web.events import HEARTBEAT, Streams
from steelyard.web.watcher import Watcher
from tests.jobs.test_feed import PLAN, end, played, start, train

KEYS = {"status": "status", "epoch": "epoch", "finding": "code"}
WHOLE = ["queued", "running", 1, 2, 3, 4, 5, "a", "b", "succeeded"]


@pytest.fixture
def watcher(engine: Engine) -> Iterator[Watcher]:
    """The watcher of the streams."""
    watcher = Watcher(engine)
    yield watcher
    watcher.stop()


@pytest.fixture
def streams(engine: Engine, watcher: Watcher) -> Iterator[Streams]:
    """Streams of the jobs in the database."""
    streams = Streams(engine, watcher)
    yield streams
    streams.close()


async def collect(streams: Streams, job_id: str) -> list[Any]:
    """The words of a stream: statuses, numbers of epochs, codes of findings."""
    text = b"".join([piece async for piece in streams.follow(Stream(job_id, TRAINING, Cursor()))])
    words = []
    for block in text.decode().split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.splitlines() if not line.startswith(":"))
        if fields:
            words.append(json.loads(fields["data"])["data"][KEYS[fields["event"]]])
    return words


def run(*collecting: Any) -> list[Any]:
    async def together() -> list[Any]:
        return await asyncio.wait_for(asyncio.gather(*collecting), 20)

    return asyncio.run(together())


def test_a_stream_tells_what_happens_while_it_happens(engine: Engine, streams: Streams) -> None:
    held = start(engine)

    def go_on() -> None:
        for step in (
            partial(train, engine, held, 1, 2),
            partial(train, engine, held, 3, 4),
            partial(end, engine, held),
        ):
            time.sleep(0.2)
            step()

    assert run(collect(streams, held.job_id), asyncio.to_thread(go_on)) == [WHOLE, None]


def test_a_crowd_is_read_for_once(engine: Engine, streams: Streams) -> None:
    held = start(engine)
    read = 0

    @event.listens_for(engine, "before_cursor_execute")
    def count(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        nonlocal read
        read += "FROM history" in statement

    async def join_late(number: int) -> list[Any]:
        await asyncio.sleep(number % 20 / 20)
        return await collect(streams, held.job_id)

    def keep_training() -> None:
        for epoch in range(1, 400):
            train(engine, held, epoch)
        end(engine, held, epoch=400)

    async def crowd() -> list[Any]:
        training = asyncio.to_thread(keep_training)
        *told, _ = await asyncio.gather(*(join_late(number) for number in range(200)), training)
        return told

    told = asyncio.run(asyncio.wait_for(crowd(), 60))
    event.remove(engine, "before_cursor_execute", count)
    assert told == [["queued", "running", *range(1, 401), "a", "b", "succeeded"]] * 200
    assert 0 < read < 200


def test_a_client_that_goes_does_not_end_the_reading_for_others(engine: Engine, streams: Streams) -> None:
    job_id = played(engine)

    async def one_goes() -> list[Any]:
        going = asyncio.ensure_future(collect(streams, job_id))
        staying = asyncio.ensure_future(collect(streams, job_id))
        while not streams._reading:
            await asyncio.sleep(0)
        going.cancel()
        return await staying

    assert asyncio.run(asyncio.wait_for(one_goes(), 10)) == WHOLE


def test_a_job_that_is_deleted_ends_its_streams(engine: Engine, streams: Streams) -> None:
    job_id = submission.submit(engine, PLAN).id
    threading.Timer(0.3, ledger.remove, (engine, job_id, TRAINING)).start()
    assert run(collect(streams, job_id)) == [["queued"]]


def test_a_stop_ends_streams(engine: Engine, streams: Streams, watcher: Watcher) -> None:
    job_id = submission.submit(engine, PLAN).id
    threading.Timer(0.3, watcher.stop).start()
    assert run(collect(streams, job_id)) == [["queued"]]


def test_a_stream_says_now_and_then_that_it_is_there(
    engine: Engine, streams: Streams, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "HEARTBEAT_SECONDS", 0.05)
    job_id = submission.submit(engine, PLAN).id

    async def count() -> int:
        beats = 0
        async for piece in streams.follow(Stream(job_id, TRAINING, Cursor())):
            beats += piece == HEARTBEAT
            if beats == 3:
                break
        return beats

    assert asyncio.run(asyncio.wait_for(count(), 10)) == 3


def test_there_is_room_for_so_many_streams(streams: Streams, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "MOST_STREAMS", 1)
    streams.reserve()
    with pytest.raises(Unavailable):
        streams.reserve()
    streams.release()
    streams.reserve()

"""A job's events as server-sent events, to many clients at once.

Clients that stand at the same place get the same bytes: one thread reads and encodes them once for all. It reads up to
the mark that the watcher showed everybody, so clients that came at different times are soon at the same place.
"""

import asyncio
from collections.abc import AsyncGenerator
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

from steelyard.documents.writer import dump
from steelyard.errors import NotFound, Unavailable
from steelyard.jobs.feed import Cursor, Happened, Mark, read_feed
from steelyard.jobs.following import Stream
from steelyard.jobs.kinds import Kind
from steelyard.store.engine import Engine
from steelyard.web.watcher import AWAY_SECONDS, Watcher

HEARTBEAT_SECONDS = 15.0
HEARTBEAT = b": heartbeat\n\n"
PACE = 0.25  # seconds: all clients that have got everything look again at the same moments, so often
MOST_STREAMS = 1000
Place = tuple[str, Kind[Any], Cursor, Mark]  # a job, how far a client has come, and how far it may read


@dataclass(frozen=True)
class Piece:
    """Some events as text/event-stream, and the id from which the client continues."""

    text: bytes
    cursor: Cursor
    is_whole: bool  # nothing is left up to the mark
    is_end: bool  # nothing will ever follow


class Streams:
    """Follows jobs with `watcher` and reads their events from the database behind `engine`."""

    def __init__(self, engine: Engine, watcher: Watcher) -> None:
        self._engine = engine
        self._watcher = watcher
        self._reader = ThreadPoolExecutor(1, "events")
        self._reading: dict[Place, asyncio.Future[Piece]] = {}
        self._clients = 0

    async def follow(self, order: Stream) -> AsyncGenerator[bytes, None]:
        """The job's events after the cursor, until it ends, is deleted, or the service stops.

        Comments are sent in between, so that clients do not time out.
        """
        async with aclosing(self._pieces(order)) as pieces:
            following = asyncio.ensure_future(anext(pieces))
            try:
                while True:
                    await asyncio.wait({following}, timeout=HEARTBEAT_SECONDS)
                    if not following.done():
                        yield HEARTBEAT
                        continue
                    yield following.result()
                    following = asyncio.ensure_future(anext(pieces))
            except StopAsyncIteration:
                return
            finally:
                following.cancel()
                await asyncio.gather(following, return_exceptions=True)

    def reserve(self) -> None:
        """Count one more client. Raises `Unavailable` if there are too many."""
        if self._clients >= MOST_STREAMS:
            raise Unavailable(
                f"{MOST_STREAMS} clients already follow events; try again later, or poll the list of events"
            )
        self._clients += 1

    def release(self) -> None:
        """Count one client less."""
        self._clients -= 1

    def close(self) -> None:
        """Let the thread go."""
        self._reader.shutdown()

    async def _pieces(self, order: Stream) -> AsyncGenerator[bytes, None]:
        cursor, loop = order.cursor, asyncio.get_running_loop()
        with self._watcher.follow(order.job_id) as follower:
            mark = await follower.moved()
            while mark is not None:
                try:
                    piece = await self._read(order.job_id, order.kind, cursor, mark)
                except NotFound:
                    return
                except Unavailable:
                    await asyncio.sleep(AWAY_SECONDS)
                    mark = follower.mark
                    continue
                if piece.text:
                    yield piece.text
                if piece.is_end:
                    return
                cursor, mark = piece.cursor, follower.mark
                if piece.is_whole:
                    await asyncio.sleep(PACE - loop.time() % PACE)
                    mark = await follower.moved()

    async def _read(self, *place: *Place) -> Piece:
        """Read what follows this place, or wait for who reads it already."""
        if (reading := self._reading.get(place)) is None:
            reading = asyncio.get_running_loop().run_in_executor(self._reader, _read_piece, self._engine, *place)
            self._reading[place] = reading
            reading.add_done_callback(lambda done: self._forget(place, done))
        return await asyncio.shield(reading)  # for the others, if this client goes

    def _forget(self, place: Place, done: asyncio.Future[Piece]) -> None:
        del self._reading[place]
        if not done.cancelled():
            done.exception()  # the clients that wanted it may all be gone


def _read_piece(engine: Engine, job_id: str, kind: Kind[Any], cursor: Cursor, mark: Mark) -> Piece:
    feed = read_feed(engine, job_id, kind, cursor, until=mark)
    text = b"".join(_as_event(each) for each in feed.happened)
    return Piece(text, feed.happened[-1].cursor if feed.happened else cursor, feed.is_whole, feed.is_end)


def _as_event(happened: Happened) -> bytes:
    event = happened.event
    return b"id: %s\nevent: %s\ndata: %s\n\n" % (event.id.encode(), event.type.encode(), dump(event))

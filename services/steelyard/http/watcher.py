"""Follows jobs for many clients at once: one thread looks, with one query for all of them, as long as anybody waits.

A client that waits is a future of the event loop, not a thread.
"""

import asyncio
import time
from collections.abc import AsyncGenerator
from concurrent.futures import Executor
from contextlib import suppress
from threading import Condition, Thread

from steelyard.errors import NotFound, Unavailable
from steelyard.http.deferral import Stream, Wait
from steelyard.jobs.feed import Cursor, Happened, Mark, read_feed, read_marks
from steelyard.logs import get_logger
from steelyard.store.engine import Engine

SHORTEST_PAUSE, LONGEST_PAUSE = 0.01, 0.25  # seconds between two looks
PAUSE_SHARE = 1 / 8  # of what the newest client has waited: short jobs are seen at once, long ones cost little
AWAY_SECONDS = 1.0
log = get_logger(__name__)


class Watcher:
    """Looks at the jobs that clients follow, in the database behind `engine`; `threads` read for them."""

    def __init__(self, engine: Engine, threads: Executor) -> None:
        self._engine = engine
        self._threads = threads
        self._changed = Condition()
        self._followers: set[_Follower] = set()
        self._stopped = False
        self._thread: Thread | None = None

    async def wait(self, order: Wait) -> None:
        """Return once it is time to look at the job again."""
        follower = self._follow(order.job_id)
        try:
            async with asyncio.timeout(order.seconds):
                while True:
                    mark = await follower.moved()
                    is_over = mark is None or mark.is_ended
                    if is_over or (mark is not None and not order.until_ended and mark.status != order.status):
                        return
        except TimeoutError:
            return
        finally:
            self._leave(follower)

    async def stream(self, order: Stream) -> AsyncGenerator[list[Happened], None]:
        """What happens to the job from the cursor on, until it has ended, is deleted, or the service stops."""
        follower = self._follow(order.job_id)
        loop, cursor = asyncio.get_running_loop(), order.cursor
        try:
            while not self._stopped:
                try:
                    happened, is_end = await loop.run_in_executor(self._threads, self._read, order.job_id, cursor)
                except NotFound:
                    return
                if happened:
                    cursor = happened[-1].cursor
                    yield happened
                if is_end:
                    return
                if not happened and await follower.moved() is None:
                    return
        finally:
            self._leave(follower)

    def stop(self) -> None:
        """Let everybody go."""
        with self._changed:
            self._stopped = True
            for follower in self._followers:
                follower.look(None)
            self._changed.notify()

    def _read(self, job_id: str, cursor: Cursor) -> tuple[list[Happened], bool]:
        try:
            return read_feed(self._engine, job_id, cursor)
        except Unavailable:
            time.sleep(AWAY_SECONDS)
            return [], False

    def _follow(self, job_id: str) -> "_Follower":
        follower = _Follower(job_id, asyncio.get_running_loop())
        with self._changed:
            self._followers.add(follower)
            if self._thread is None:
                self._thread = Thread(target=self._look, name="watcher", daemon=True)
                self._thread.start()
            self._changed.notify()
        if self._stopped:
            follower.look(None)
        return follower

    def _leave(self, follower: "_Follower") -> None:
        with self._changed:
            self._followers.discard(follower)

    def _look(self) -> None:
        while not self._stopped:
            with self._changed:
                self._changed.wait_for(lambda: self._followers or self._stopped)
                followers = list(self._followers)
            pause = AWAY_SECONDS
            with suppress(Unavailable):
                marks = read_marks(self._engine, {follower.job_id for follower in followers})
                for follower in followers:
                    follower.look(marks.get(follower.job_id))
                pause = min([LONGEST_PAUSE, *(follower.age * PAUSE_SHARE for follower in followers)])
            time.sleep(max(pause, SHORTEST_PAUSE))


class _Follower:
    """One client's interest in a job."""

    def __init__(self, job_id: str, loop: asyncio.AbstractEventLoop) -> None:
        self.job_id = job_id
        self._since = time.monotonic()
        self._loop = loop
        self._seen: Mark | str | None = "nothing yet"
        self._mark: Mark | None = None
        self._moved = asyncio.Event()

    @property
    def age(self) -> float:
        """Seconds that it has waited."""
        return time.monotonic() - self._since

    def look(self, mark: Mark | None) -> None:
        """The job stands at `mark`, or is gone; called by the watcher's thread."""
        if mark != self._seen:
            self._seen = mark
            with suppress(RuntimeError):  # the loop is closed
                self._loop.call_soon_threadsafe(self._move, mark)

    def _move(self, mark: Mark | None) -> None:
        self._mark = mark
        self._moved.set()

    async def moved(self) -> Mark | None:
        """Where the job stands once that is news; `None` if it is gone."""
        await self._moved.wait()
        self._moved.clear()
        return self._mark

"""Follows jobs for many clients at once: one thread looks, with one query for all of them, as long as anybody waits.

A client that waits is a future of the event loop, not a thread.
"""

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Condition, Thread

from steelyard.errors import Unavailable
from steelyard.jobs.feed import Mark, read_marks
from steelyard.jobs.following import Wait
from steelyard.logs import get_logger
from steelyard.store.engine import Engine

SHORTEST_PAUSE, LONGEST_PAUSE = 0.01, 0.25  # seconds between two looks
PAUSE_SHARE = 1 / 8  # of what the newest client has waited: short jobs are seen at once, long ones cost little
AWAY_SECONDS = 1.0
log = get_logger(__name__)


class Watcher:
    """Looks at the jobs that clients follow, in the database behind `engine`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._changed = Condition()
        self._followers: set[Follower] = set()
        self._stopped = False
        self._thread: Thread | None = None

    async def wait(self, order: Wait) -> None:
        """Return once it is time to look at the job again."""
        with self.follow(order.job_id) as follower, suppress(TimeoutError):
            async with asyncio.timeout(order.seconds):
                while True:
                    mark = await follower.moved()
                    is_over = mark is None or mark.is_ended
                    if is_over or (mark is not None and not order.until_ended and mark.status != order.status):
                        return

    @contextmanager
    def follow(self, job_id: str) -> "Iterator[Follower]":
        """Look at a job for as long as the block runs."""
        follower = Follower(job_id, asyncio.get_running_loop())
        with self._changed:
            self._followers.add(follower)
            if self._thread is None:
                self._thread = Thread(target=self._look, name="watcher", daemon=True)
                self._thread.start()
            self._changed.notify()
        if self._stopped:
            follower.look(None)
        try:
            yield follower
        finally:
            with self._changed:
                self._followers.discard(follower)

    def stop(self) -> None:
        """Let everybody go."""
        with self._changed:
            self._stopped = True
            for follower in self._followers:
                follower.look(None)
            self._changed.notify()

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


class Follower:
    """One client's interest in a job."""

    def __init__(self, job_id: str, loop: asyncio.AbstractEventLoop) -> None:
        self.job_id = job_id
        self._since = time.monotonic()
        self._loop = loop
        self._seen: Mark | str | None = "nothing yet"
        self.mark: Mark | None = None  # where the job stands as far as is known
        self._is_let_go = False
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
        if not self._is_let_go:  # by `stop`, while the watcher's thread came with an older mark
            self._is_let_go = mark is None
            self.mark = mark
            self._moved.set()

    async def moved(self) -> Mark | None:
        """Where the job stands once that is news; `None` if it is gone."""
        await self._moved.wait()
        self._moved.clear()
        return self.mark

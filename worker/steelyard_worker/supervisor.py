"""Runs jobs in training processes: claims them, renews leases, cancels runs, and returns or fails lost jobs.

It runs outside the training process, so that a training that hangs, runs out of memory, or dies cannot keep its job:
the lease is renewed only while batches complete. One supervisor serves all threads of a worker.

The queue decides which job is trained next, no matter whether a Celery message or polling (`housekeeping`) woke the
worker.
"""

import time
from collections.abc import Callable
from contextlib import suppress
from queue import Empty, SimpleQueue
from threading import Event, Thread
from typing import TypeVar

from sqlalchemy import Engine

from steelyard.errors import FencedOff, OutOfMemory, RunFailed, Stalled, Unavailable, WorkerLost
from steelyard.jobs import ledger
from steelyard.jobs.ledger import Claim
from steelyard.logs import bind, get_logger
from steelyard.settings import Settings
from steelyard_worker.fork_client import ForkServer
from steelyard_worker.process import (
    DONE,
    ENDING,
    GIVEN_BACK,
    RETIRED,
    TICK,
    ForkServerDied,
    KilledForMemory,
    ProcessDied,
    TrainingProcess,
)

LOOK_SECONDS = 0.25  # between checks for cancellation, draining, and the age of the lease
CANCEL_GRACE_SECONDS = 1.5
PAUSE_GRACE_SECONDS = 8.0
REPORT_GRACE_SECONDS = 2.0
PAUSE_SECONDS = 1.0  # before a slot takes another job after it returned one
BLAME_SECONDS = 0.5  # after a training process died, before this counts as a crash
PATIENCE_SECONDS = 12.0  # for a database that restarts together with this worker
RETRY_SECONDS = 0.5
DRAINED_SECONDS = PATIENCE_SECONDS + 1  # to write which jobs were returned, after the last one has stopped
T = TypeVar("T")
log = get_logger(__name__)


class Supervisor:
    """Trains jobs for the worker `name`, at most `settings.worker_concurrency` at a time."""

    def __init__(self, engine: Engine, settings: Settings, name: str, fork_server: ForkServer) -> None:
        self._engine = engine
        self._settings = settings
        self._name = name
        self._fork_server = fork_server
        self._draining = Event()
        self._slots = settings.worker_concurrency
        self._idle: SimpleQueue[TrainingProcess | None] = SimpleQueue()  # `None`: not forked yet
        for _ in range(self._slots):
            self._idle.put(None)

    @property
    def room(self) -> int:
        """The number of free slots."""
        return 0 if self._draining.is_set() else self._idle.qsize()

    def drain(self) -> None:
        """Claim no more jobs, and return running jobs to the queue."""
        self._draining.set()

    def wait_until_drained(self) -> None:
        """Wait until no job runs, or until the time limit for this is over."""
        end = time.monotonic() + PAUSE_GRACE_SECONDS + DRAINED_SECONDS
        with suppress(Empty):
            for _ in range(self._slots):
                self._idle.get(timeout=max(0.0, end - time.monotonic()))

    def start_working(self) -> None:
        """Start a thread that calls `work`."""
        Thread(target=self.work, name="training", daemon=True).start()

    def work(self) -> None:
        """Train one job after another, in the order of the queue, until none can be claimed.

        It waits while all slots are taken, so that Celery, which calls it, leaves further messages to other workers.
        """
        process = self._idle.get()
        try:
            while not self._draining.is_set():
                if process is None or not process.alive:
                    process = TrainingProcess(self._fork_server)
                held = self._claim()
                if held is None:
                    break
                with bind(job_id=held.job_id, request_id=held.request_id):
                    self._run(process, held)
        except ProcessDied as death:
            log.error("a training process does not start; the worker tries again", reason=str(death))
        finally:
            self._idle.put(process)

    def _claim(self) -> Claim | None:
        try:
            return ledger.claim(self._engine, owner=self._name, lease_seconds=self._settings.lease_seconds)
        except Unavailable:
            log.warning("the database is unreachable; the worker tries again")
            return None

    def _run(self, process: TrainingProcess, held: Claim) -> None:
        log.info("training", attempt=held.attempt)
        try:
            process.order(held)
            Watch(self._engine, self._settings, process, held, self._draining.is_set).until_done()
            log.info("done", attempt=held.attempt)
        except ForkServerDied as death:
            self._lose(held, str(death), is_crash=False)
        except ProcessDied as death:
            error = OutOfMemory if isinstance(death, KilledForMemory) else WorkerLost
            self._lose(held, str(death), error, is_crash=not self._died_along(process))
        except Hung as hung:
            process.kill()
            self._lose(held, str(hung), Stalled)
        except FencedOff:
            log.warning("fenced off: another run has taken over the job", attempt=held.attempt)
            process.kill()
        except GivenBack as given:
            reason = str(given)
            log.info("the job goes back to the queue", reason=reason, attempt=held.attempt)
            process.kill()
            self._settle(lambda: ledger.release(self._engine, held, reason))
            self._draining.wait(PAUSE_SECONDS)  # the cause may still exist; do not retry in a tight loop
        except Exception:
            process.kill()  # or its reports would be taken for those of the next job
            log.exception("watching the run failed; the job continues when its lease has expired")
            self._draining.wait(PAUSE_SECONDS)

    def _died_along(self, process: TrainingProcess) -> bool:
        """Whether a training process died because its worker or its fork server is being ended too.

        If several processes are killed together, the training process may die first. If this worker is killed within
        the next moment, it has written nothing, and the lease expires.
        """
        return self._draining.wait(BLAME_SECONDS) or process.has_lost_its_fork_server

    def _lose(self, held: Claim, reason: str, error: type[RunFailed] = WorkerLost, *, is_crash: bool = True) -> None:
        log.warning("training process lost", reason=reason, attempt=held.attempt)
        pause = self._settle(lambda: ledger.lose(self._engine, held, reason, error=error, is_crash=is_crash))
        # Keep the slot until the back-off is over, or jobs that have not run yet would take it first.
        if pause:
            self._draining.wait(pause + BLAME_SECONDS)

    def _settle(self, change: Callable[[], T]) -> T | None:
        """Write to the ledger that a run ended without a result. If that fails, the lease expires."""
        try:
            return when_answered(change)
        except FencedOff:
            log.info("the job belongs to another worker now")
        except Unavailable:
            log.warning("the database is unreachable; the lease will run out")
        return None


def when_answered(change: Callable[[], T]) -> T:
    """Make a change; if the database is unreachable, retry for `PATIENCE_SECONDS`. Raises what `change` raises."""
    end = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            return change()
        except Unavailable:
            if time.monotonic() > end:
                raise
        time.sleep(RETRY_SECONDS)


class GivenBack(Exception):
    """The run ended through no fault of its job; the message says why."""


class Hung(Exception):
    """The process is alive but makes no progress; the message says so."""


class Watch:
    """Watches one run: the reports of its process, its job in the database, and the clock."""

    def __init__(
        self,
        engine: Engine,
        settings: Settings,
        process: TrainingProcess,
        held: Claim,
        draining: Callable[[], bool],
    ) -> None:
        self._engine = engine
        self._lease_seconds = float(settings.lease_seconds)
        self._stall_seconds = settings.stall_seconds
        self._process = process
        self._held = held
        self._draining = draining
        self._renewed_at = self._moved_at = time.monotonic()
        self._cancelled_at: float | None = None
        self._paused_at: float | None = None
        self._fenced_at: float | None = None
        self._ending = False  # training is over; the result is being saved

    def until_done(self) -> None:
        """Watch the run until its process reports its end.

        Raises `ProcessDied`, `Hung`, `FencedOff`, `GivenBack`.
        """
        look_at = 0.0
        while True:
            report = self._process.read(LOOK_SECONDS)
            if report == TICK:
                self._moved_at = time.monotonic()
            elif report == ENDING:
                self._ending = True
            elif report == GIVEN_BACK:
                raise GivenBack("the worker stops" if self._draining() else "the database was unreachable")
            elif report == RETIRED:
                self._process.kill()
                return
            elif report == DONE:
                return
            if time.monotonic() >= look_at:
                self._look()
                look_at = time.monotonic() + LOOK_SECONDS

    def _look(self) -> None:
        if self._draining():
            self._pause()
        try:
            self._renew()
            self._cancel()
        except Unavailable:
            log.warning("the database is unreachable; the run goes on until its lease is nearly over")
        except FencedOff:
            # The run may have written the end of the job itself; its report may follow.
            self._fenced_at = self._fenced_at or time.monotonic()
            if not self._ending or time.monotonic() - self._fenced_at > REPORT_GRACE_SECONDS:
                raise
        clock = time.monotonic()
        if clock - self._renewed_at > self._lease_seconds * 5 / 6:
            raise GivenBack(f"its lease could not be renewed for {clock - self._renewed_at:.0f} s")
        if clock - self._moved_at > self._stall_seconds:
            raise Hung(f"it was stopped because it completed no batch for {self._stall_seconds} s")

    def _pause(self) -> None:
        clock = time.monotonic()
        if self._paused_at is None:
            self._paused_at = clock
            self._process.pause()
        elif clock - self._paused_at > PAUSE_GRACE_SECONDS:
            raise GivenBack("the worker stops")  # the job continues from an earlier checkpoint

    def _renew(self) -> None:
        clock = time.monotonic()
        if clock - self._renewed_at >= self._lease_seconds / 3:
            ledger.renew(self._engine, self._held, lease_seconds=self._lease_seconds)
            self._renewed_at = clock

    def _cancel(self) -> None:
        clock = time.monotonic()
        if self._ending:
            return
        if self._cancelled_at is not None:
            if clock - self._cancelled_at > CANCEL_GRACE_SECONDS:
                self._process.kill()
                raise ProcessDied("it was stopped because it did not react to the cancellation")
        elif ledger.is_cancel_requested(self._engine, self._held):
            self._cancelled_at = clock
            self._process.cancel()

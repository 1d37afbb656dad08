"""Runs jobs in training processes and answers for them: claims, renews the lease, cancels, gives back, buries.

It stands outside the training process, so that a training that hangs, eats its memory or dies cannot keep
its job: the lease is renewed only while batches go by. One supervisor serves all threads of a worker.
"""

import time
from collections.abc import Callable
from queue import SimpleQueue
from threading import Event

from sqlalchemy import Engine

from steelyard.errors import FencedOff, OutOfMemory, RunFailed, Stalled, Unavailable, WorkerLost
from steelyard.jobs import ledger
from steelyard.jobs.ledger import Claim
from steelyard.logs import bind, get_logger
from steelyard.settings import Settings
from steelyard_worker.nursery import Nursery
from steelyard_worker.process import (
    DONE,
    ENDING,
    GIVEN_BACK,
    RETIRED,
    TICK,
    KilledForMemory,
    ProcessDied,
    TrainingProcess,
)

LOOK_SECONDS = 0.25  # how often a cancelled job, a draining worker and an old lease are looked for
CANCEL_GRACE_SECONDS = 1.5
PAUSE_GRACE_SECONDS = 8.0
log = get_logger(__name__)


class Supervisor:
    """Trains jobs for the worker `name`, at most `settings.worker_concurrency` at a time."""

    def __init__(self, engine: Engine, settings: Settings, name: str, nursery: Nursery) -> None:
        self._engine = engine
        self._settings = settings
        self._name = name
        self._nursery = nursery
        self._draining = Event()
        self._idle: SimpleQueue[TrainingProcess | None] = SimpleQueue()  # `None`: a process that is yet to be forked
        for _ in range(settings.worker_concurrency):
            self._idle.put(None)

    @property
    def has_room(self) -> bool:
        """Whether a job that is rung now would be trained at once."""
        return not self._idle.empty() and not self._draining.is_set()

    def drain(self) -> None:
        """Take no further job, and give those that run back to the queue."""
        self._draining.set()

    def train(self, job_id: str) -> None:
        """Train the job, if it is there to be taken, until it has ended or is no longer ours."""
        with bind(job_id=job_id):
            process = self._idle.get()
            try:
                if process is None or not process.alive:
                    process = TrainingProcess(self._nursery)
                held = self._claim(job_id)
                if held is not None:
                    self._run(process, held)
            except ProcessDied as death:
                log.error("a training process does not start; the job will be rung again", reason=str(death))
            finally:
                self._idle.put(process)

    def _claim(self, job_id: str) -> Claim | None:
        if self._draining.is_set():
            return None
        try:
            return ledger.claim(self._engine, job_id, owner=self._name, lease_seconds=self._settings.lease_seconds)
        except Unavailable:
            log.warning("the database is away; the job will be rung again")
            return None

    def _run(self, process: TrainingProcess, held: Claim) -> None:
        log.info("training", attempt=held.attempt)
        try:
            process.order(held)
            Watch(self._engine, self._settings, process, held, self._draining.is_set).until_done()
            log.info("done", attempt=held.attempt)
        except ProcessDied as death:
            self._lose(held, str(death), OutOfMemory if isinstance(death, KilledForMemory) else WorkerLost)
        except Hung as hung:
            process.kill()
            self._lose(held, str(hung), Stalled)
        except FencedOff:
            log.warning("fenced off: the job is another run's by now", attempt=held.attempt)
            process.kill()
        except GivenBack as given:
            reason = str(given)
            log.info("the job goes back to the queue", reason=reason, attempt=held.attempt)
            process.kill()
            self._settle(lambda: ledger.release(self._engine, held, reason))

    def _lose(self, held: Claim, reason: str, error: type[RunFailed]) -> None:
        log.warning("training process lost", reason=reason, attempt=held.attempt)
        self._settle(lambda: ledger.lose(self._engine, held, reason, error=error))

    def _settle(self, change: Callable[[], None]) -> None:
        """Tell the ledger how a run ended without a result. If that fails, the lease's end tells it."""
        try:
            change()
        except FencedOff:
            log.info("the job was no longer ours")
        except Unavailable:
            log.warning("the database is away; the lease will run out")


class GivenBack(Exception):
    """The run ends without being to blame; the message says why, for people."""


class Hung(Exception):
    """The process lives and does not get on; the message says so, for people."""


class Watch:
    """One run, from its order to its end: what its process says, against what the database and the clock say."""

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
        self._ending = False  # it has left its training loop and saves what it has

    def until_done(self) -> None:
        """Watch the run until its process says that it is done.

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
                raise GivenBack("the worker stops" if self._draining() else "the database was away")
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
            log.warning("the database is away; the run goes on until its lease is nearly over")
        clock = time.monotonic()
        if clock - self._renewed_at > self._lease_seconds * 5 / 6:
            raise GivenBack(f"its lease could not be renewed for {clock - self._renewed_at:.0f} s")
        if clock - self._moved_at > self._stall_seconds:
            raise Hung(f"it was stopped because no batch went by for {self._stall_seconds} s")

    def _pause(self) -> None:
        clock = time.monotonic()
        if self._paused_at is None:
            self._paused_at = clock
            self._process.pause()
        elif clock - self._paused_at > PAUSE_GRACE_SECONDS:
            raise GivenBack("the worker stops")  # without a checkpoint of this moment; an earlier one serves

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
                raise ProcessDied("it was stopped because it did not end by itself when it was cancelled")
        elif ledger.is_cancel_requested(self._engine, self._held):
            self._cancelled_at = clock
            self._process.cancel()

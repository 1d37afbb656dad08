"""The training process: reads orders from a pipe, trains one job after another, and reports through another pipe.

It is forked from the fork server and serves further jobs as long as each one succeeds. After a failure, or after
`JOBS_BEFORE_RETIREMENT` jobs, a new process replaces it.

It dies with its worker and then writes nothing more about its job. The kernel's signal may come late, because it comes
by way of the fork server. Any failure in the meantime is a consequence of the worker's death, not of the job.
"""

import json
import os
import resource
import signal
import sys
import time
from collections.abc import Callable
from types import FrameType
from typing import IO

from sqlalchemy import Engine

from steelyard.errors import (
    FencedOff,
    Internal,
    OutOfMemory,
    RunFailed,
    SteelyardError,
    TimeLimitExceeded,
    Unavailable,
)
from steelyard.inference.batches import PREDICTION
from steelyard.jobs import queries
from steelyard.jobs.ledger import Claim, Epochs
from steelyard.jobs.queries import Order
from steelyard.lifeline import end_with_parent
from steelyard.logs import bind, get_logger
from steelyard.settings import Settings
from steelyard.store.engine import make_engine
from steelyard.training.kind import TRAINING
from steelyard_worker.batch import Batch
from steelyard_worker.outcome import Outcome
from steelyard_worker.process import CANCEL, DONE, ENDING, GIVEN_BACK, PAUSE, REQUESTS, RETIRED, TICK
from steelyard_worker.recorder import Recorder

JOBS_BEFORE_RETIREMENT = 100  # limits the effect of memory leaks in libraries
ORPHANED = 3  # exit status of a process whose worker has died
TICK_SECONDS = 0.2
AGAIN_SECONDS = 1.0
log = get_logger(__name__)


class Reports:
    """The reports to the supervisor, and the requests that it sends as signals."""

    def __init__(self, pipe: IO[bytes]) -> None:
        self._pipe = pipe
        self._ticked_at = 0.0
        self.cancelled = self.paused = False
        signal.signal(CANCEL, self._on_cancel)
        signal.signal(PAUSE, self._on_pause)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, REQUESTS)

    def say(self, report: str) -> None:
        """Send a report. If the worker has died, end the process here, as if the kernel had killed it."""
        try:
            self._pipe.write(report.encode() + b"\n")
        except OSError:
            os._exit(ORPHANED)

    def tick(self) -> None:
        """Report progress; called for every batch, sent a few times per second."""
        clock = time.monotonic()
        if clock - self._ticked_at >= TICK_SECONDS:
            self._ticked_at = clock
            self.say(TICK)

    def _on_pause(self, _: int, __: FrameType | None) -> None:
        self.paused = True

    def _on_cancel(self, _: int, __: FrameType | None) -> None:
        self.cancelled = True


class GivenBack(Exception):
    """The run ends here; another run can continue the job."""


def serve(ours: Settings, orders: int, reports: int, parent: int) -> None:
    """Train ordered jobs until this process must be replaced. `orders` and `reports` are file descriptors of pipes."""
    to_supervisor = Reports(os.fdopen(reports, "wb", buffering=0))
    end_with_parent(signal.SIGKILL, parent)  # no training continues without its worker
    resource.setrlimit(resource.RLIMIT_AS, (ours.max_job_memory_bytes, ours.max_job_memory_bytes))
    engine = make_engine(ours.database)
    for count, line in enumerate(os.fdopen(orders), start=1):
        to_supervisor.cancelled = False
        end = train(engine, ours, Claim(**json.loads(line)), to_supervisor)
        if end == DONE and count >= JOBS_BEFORE_RETIREMENT:
            end = RETIRED
        to_supervisor.say(end)
        if end != DONE:
            return


def train(engine: Engine, ours: Settings, held: Claim, reports: Reports) -> str:
    """Run one job and store its result. Returns the report; another job may follow only after `DONE`."""
    with bind(job_id=held.job_id, request_id=held.request_id):
        try:
            order = queries.load_order(engine, held.job_id)
            return DONE if RUNNERS[order.kind](ours, engine, held, order, reports) else RETIRED
        except FencedOff:
            log.warning("fenced off: what this run made is discarded", attempt=held.attempt)
            return RETIRED
        except Unavailable as away:
            log.warning("the run cannot continue on this worker", reason=away.detail, attempt=held.attempt)
            return GIVEN_BACK
        except GivenBack:
            return GIVEN_BACK
        except Exception:
            log.exception("the training process failed", attempt=held.attempt)
            sys.exit(1)


def _train_and_save(ours: Settings, engine: Engine, held: Claim, order: Order, reports: Reports) -> bool:
    """Run a training; whether it succeeded. Raises `FencedOff`, `GivenBack`, `Unavailable`."""
    outcome = Outcome(engine, held, order, threads=ours.threads_per_job)
    try:
        epochs = _train(engine, ours, outcome, reports)
        _insist(lambda: outcome.save("cancelled" if reports.cancelled else "succeeded", epochs=epochs), reports)
        return True
    except (FencedOff, GivenBack, Unavailable):
        raise
    except RunFailed as failure:
        error: SteelyardError = failure
    except MemoryError:
        outcome.forget_data()
        limit = ours.max_job_memory_bytes / (1 << 20)
        error = OutOfMemory(f"it needed more memory than the limit of {limit:.0f} MiB")
    except Exception:
        log.exception("the run failed with an internal error")
        error = Internal("an internal error ended the run; the worker's log has the reason")
    reports.say(ENDING)  # also ends the process here if the worker has died
    _insist(lambda: outcome.save("failed", error), reports)
    return False


def _predict(_: Settings, engine: Engine, held: Claim, order: Order, reports: Reports) -> bool:
    """Run a batch prediction; whether it succeeded. Raises `FencedOff`, `GivenBack`, `Unavailable`."""
    batch = Batch(engine, held, order)

    def is_stopped() -> bool:
        reports.tick()
        return reports.cancelled or reports.paused

    try:
        batch.run(is_stopped)
    except (FencedOff, Unavailable):
        raise
    except Exception as failure:
        error = failure
        if not isinstance(error, SteelyardError):
            log.exception("the batch failed with an internal error")
            error = Internal("an internal error ended the batch; the worker's log has the reason")
        reports.say(ENDING)  # as in a training
        batch.end("failed", error.problem())
        return False
    if reports.paused:
        raise GivenBack
    batch.end("cancelled" if reports.cancelled else "succeeded")
    return True


RUNNERS: dict[str, Callable[[Settings, Engine, Claim, Order, Reports], bool]] = {
    TRAINING.name: _train_and_save,
    PREDICTION.name: _predict,
}


def _train(engine: Engine, ours: Settings, outcome: Outcome, reports: Reports) -> Epochs:
    """Train to the end. Returns the epochs that are to be stored with the result."""
    outcome.prepare()
    limit = min(outcome.spec.training.time_limit_seconds or ours.max_job_seconds, ours.max_job_seconds)
    recorder = Recorder(
        engine, outcome.held, outcome.make_checkpoint, state_bytes=outcome.state_bytes, observer=outcome.observer
    )
    for event in outcome.run():
        reports.tick()
        recorder.take(event, outcome.train_seconds)
        if reports.cancelled:
            break
        if reports.paused:
            recorder.write(with_checkpoint=True)
            raise GivenBack
        if outcome.counted_seconds > limit:
            _insist(lambda: recorder.write(with_checkpoint=True), reports)  # a resumed job goes on from here
            raise TimeLimitExceeded(f"it had trained for {outcome.counted_seconds:.0f} s; the limit is {limit:.0f} s")
    reports.say(ENDING)
    return recorder.unwritten


def _insist(write: Callable[[], None], reports: Reports) -> None:
    """Repeat a write until the database accepts it. Raises `GivenBack` if the worker stops before that."""
    while True:
        try:
            return write()
        except Unavailable as away:
            log.warning("the result waits to be written", reason=away.detail)
        reports.tick()
        if reports.paused:
            raise GivenBack
        time.sleep(AGAIN_SECONDS)

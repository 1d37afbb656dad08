"""The training process: reads orders from standard input, trains one job after another, reports through a pipe.

It is made ahead of need, with everything imported, and stays for further jobs as long as each ends well: after
a failure, or after `JOBS_BEFORE_RETIREMENT`, a fresh process takes its place. It ends with its worker.
"""

import ctypes
import json
import os
import resource
import signal
import sys
import time
from types import FrameType
from typing import IO

from sqlalchemy import Engine

from steelyard import logs, settings
from steelyard.data import builtin
from steelyard.errors import FencedOff, Internal, OutOfMemory, RunFailed, TimeLimitExceeded
from steelyard.jobs import queries
from steelyard.jobs.ledger import Claim
from steelyard.logs import bind, get_logger
from steelyard.settings import Settings
from steelyard.store.engine import make_engine
from steelyard_worker.checkpoint import Cadence
from steelyard_worker.outcome import Outcome
from steelyard_worker.process import DONE, ENDING, PAUSED, READY, RETIRED, TICK
from steelyard_worker.recorder import Recorder

JOBS_BEFORE_RETIREMENT = 100  # bounds what a leak in any library can come to
TICK_SECONDS = 0.2
PR_SET_PDEATHSIG = 1
log = get_logger(__name__)


class Reports:
    """What the process tells its supervisor, and what the supervisor tells it by a signal."""

    def __init__(self, pipe: IO[bytes]) -> None:
        self._pipe = pipe
        self._ticked_at = 0.0
        self.cancelled = self.paused = False
        signal.signal(signal.SIGUSR1, self._on_cancel)
        signal.signal(signal.SIGUSR2, self._on_pause)

    def say(self, report: str) -> None:
        """Send one report."""
        self._pipe.write(report.encode() + b"\n")

    def tick(self) -> None:
        """Say that the work goes on; called for every batch, sent a few times a second."""
        clock = time.monotonic()
        if clock - self._ticked_at >= TICK_SECONDS:
            self._ticked_at = clock
            self.say(TICK)

    def _on_pause(self, _: int, __: FrameType | None) -> None:
        self.paused = True

    def _on_cancel(self, _: int, __: FrameType | None) -> None:
        self.cancelled = True


class Paused(Exception):
    """The worker stops; a checkpoint is left for whoever goes on."""


def main() -> None:
    """Serve orders until standard input ends. Arguments: the pipe's descriptor, the supervisor's process id."""
    reports = Reports(os.fdopen(int(sys.argv[1]), "wb", buffering=0))
    _end_with(int(sys.argv[2]))
    ours = settings.load()
    logs.configure(ours.log_format, ours.log_level)
    resource.setrlimit(resource.RLIMIT_AS, (ours.max_job_memory_bytes, ours.max_job_memory_bytes))
    engine = make_engine(ours.database)
    builtin.warm_up()
    reports.say(READY)
    for count, line in enumerate(sys.stdin, start=1):
        reports.cancelled = False
        fine = train(engine, ours, Claim(**json.loads(line)), reports)
        if not fine or count >= JOBS_BEFORE_RETIREMENT:
            reports.say(RETIRED)
            return
        reports.say(DONE)


def train(engine: Engine, ours: Settings, held: Claim, reports: Reports) -> bool:
    """Train one job and save how it ended; whether this process is fit for another."""
    order = queries.load_order(engine, held.job_id)
    outcome = Outcome(engine, held, order)
    with bind(job_id=held.job_id, request_id=order.request_id or ""):
        try:
            _train(engine, ours, outcome, reports)
            outcome.save("cancelled" if reports.cancelled else "succeeded")
            return True
        except Paused:
            reports.say(PAUSED)
        except FencedOff:
            log.warning("fenced off: what this run made is discarded", attempt=held.attempt)
        except RunFailed as failure:
            outcome.save("failed", failure)
        except MemoryError:
            outcome.forget_data()
            limit = ours.max_job_memory_bytes / (1 << 20)
            outcome.save("failed", OutOfMemory(f"it needed more than the {limit:.0f} MiB that a job may use"))
        except Exception:
            log.exception("the run failed through a fault of the service")
            outcome.save("failed", Internal("a fault of the service ended the run; its log has the reason"))
        return False


def _train(engine: Engine, ours: Settings, outcome: Outcome, reports: Reports) -> None:
    outcome.prepare()
    limit = min(outcome.spec.training.time_limit_seconds or ours.max_job_seconds, ours.max_job_seconds)
    recorder, cadence = Recorder(engine, outcome.held), Cadence()
    for event in outcome.run():
        reports.tick()
        recorder.take(event, outcome.train_seconds)
        if reports.cancelled:
            break
        if reports.paused or cadence.is_due(event):
            started = time.monotonic()
            recorder.flush(outcome.train_seconds)
            outcome.keep_checkpoint()
            cadence.took(time.monotonic() - started)
        if reports.paused:
            raise Paused
        if outcome.train_seconds > limit:
            raise TimeLimitExceeded(f"it had trained for {outcome.train_seconds:.0f} s; the limit is {limit:.0f} s")
    reports.say(ENDING)
    recorder.flush(outcome.train_seconds)


def _end_with(supervisor: int) -> None:
    """Have the kernel end this process when the worker dies, so that nothing trains for nobody."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != supervisor:
            sys.exit("the worker is gone already")


if __name__ == "__main__":
    main()

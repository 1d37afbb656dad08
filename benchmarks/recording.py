"""What it costs a run to keep its history, its checkpoints and its recording, and how often it writes to the database.

    python -m benchmarks.recording [W1 W3]

Each workload is trained by turns by itself; with the worker's recorder, which writes to a SQLite database as in the
service, but with `recording` off; and with the recording of weights and statistics, too. Short ones are trained again
and again until some seconds are full, each as a new run.
A run's last statistics and its result are not in it: `make bench-service` shows what those take.
"""

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from benchmarks.tables import open_console
from benchmarks.training.contenders.steelyard import Steelyard
from benchmarks.training.workloads import WORKLOADS
from rich.table import Table
from sqlalchemy import Engine, event
from tests.service import SMALLEST

from steelyard.jobs import ledger
from steelyard.jobs.checkpoints import Checkpoint
from steelyard.jobs.ledger import Claim
from steelyard.nn.training.loop import Training
from steelyard.store.engine import make_engine, writing
from steelyard.store.migration import upgrade
from steelyard.training import submission
from steelyard.training.estimate import Limits
from steelyard.training.plan import read_job
from steelyard.training.schema.spec import RecordingSettings
from steelyard_worker.checkpoint import Saved, to_bytes
from steelyard_worker.fingerprint import fingerprint
from steelyard_worker.observer import Observer
from steelyard_worker.recorder import Recorder

LEAST_ROUNDS = 5
FILLED_SECONDS = 5.0
LEASE_SECONDS = 3600
Run = Callable[[Training, Engine, Claim], None]


def main() -> None:
    """Measure, print."""
    table = Table("", "alone", "progress", "cost", "writes", "a second", "recording", "cost", "ms", box=None)
    with tempfile.TemporaryDirectory(prefix="sy-recording-") as folder:
        engine = make_engine(f"sqlite:///{folder}/steelyard.db")
        upgrade(engine)
        for name in sys.argv[1:] or WORKLOADS:
            table.add_row(name, *measure(name, engine))
    open_console().print(table)


def measure(name: str, engine: Engine) -> list[str]:
    """A row of the table: medians of runs by turns."""
    contender = Steelyard(WORKLOADS[name].make(), 1)
    writes: list[None] = []
    event.listen(engine, "commit", lambda _: writes.append(None))
    for run in (listen, observe):
        seconds(contender, engine, run)  # to get warm
    alone: list[float] = []
    recorded: list[float] = []
    observed: list[float] = []
    counts: list[int] = []
    while sum(alone) < FILLED_SECONDS or len(alone) < LEAST_ROUNDS:
        alone.append(seconds(contender, engine, listen))
        writes.clear()
        recorded.append(seconds(contender, engine, record))
        counts.append(len(writes) - 3)  # three are the submission, the claim and the end
        observed.append(seconds(contender, engine, observe))
    before, after, whole = (statistics.median(each) for each in (alone, recorded, observed))
    count = statistics.median(counts)
    progress = [f"{after:.4f} s", f"{100 * (after / before - 1):+.1f} %", f"{count:.1f}", f"{count / after:.1f}"]
    recording = [f"{whole:.4f} s", f"{100 * (whole - after) / before:+.1f} %", f"{1000 * (whole - after):.1f}"]
    return [f"{before:.4f} s", *progress, *recording]


def seconds(contender: Steelyard, engine: Engine, run: Run) -> float:
    """Of one run, from its first step to its last."""
    contender.reset()
    training, held = contender.make(), claim(engine)
    started = time.perf_counter()
    run(training, engine, held)
    return time.perf_counter() - started


def listen(training: Training, _: Engine, __: Claim) -> None:
    """Train, and do no more."""
    for _happened in training.run():
        pass


def claim(engine: Engine) -> Claim:
    """The right to record to a job; which one it is does not matter to what is recorded."""
    submission.submit(engine, read_job(SMALLEST, limits=Limits(4 << 30), tables=no_tables))
    held = ledger.claim(engine, owner="bench", lease_seconds=LEASE_SECONDS)
    assert held is not None
    return held


def no_tables(*_: Any) -> Any:
    raise AssertionError("the job's data set is built in")


def record(training: Training, engine: Engine, held: Claim) -> None:
    """Train as a worker does a job that records nothing but its initial weights."""
    _work(training, engine, held, RecordingSettings(statistics=False, weights="off"))


def observe(training: Training, engine: Engine, held: Claim) -> None:
    """Train as a worker does, and record statistics and weights."""
    _work(training, engine, held, RecordingSettings())


def _work(training: Training, engine: Engine, held: Claim, asked: RecordingSettings) -> None:
    started = time.perf_counter()
    observer = Observer(held.job_id, training, asked, 0)
    make = partial(make_checkpoint, training)
    recorder = Recorder(engine, held, make, state_bytes=training.state_bytes, observer=observer)
    for happened in training.run():
        observer.take(happened)
        recorder.take(happened, time.perf_counter() - started)
    observer.end()
    finish(training, engine, held, observer.write_end)


def finish(training: Training, engine: Engine, held: Claim, also: ledger.Write) -> None:
    """Make the transaction that every run ends with."""
    with writing(engine) as connection:
        ledger.move_on(connection, held, epoch=training.epoch, train_seconds=0.0)
        also(connection)


def make_checkpoint(training: Training) -> Checkpoint:
    return Checkpoint(training.step, training.epoch, to_bytes(Saved(training.state(), 0.0, fingerprint(1))))


if __name__ == "__main__":
    main()

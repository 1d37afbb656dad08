"""How often a run writes to the database."""

import time
from functools import partial
from typing import Any

from sqlalchemy import Engine, event

from steelyard.jobs import queries
from steelyard.training import submission
from steelyard.training.estimate import Limits
from steelyard.training.plan import read_job
from steelyard.training.queries import get_history, get_job
from steelyard_worker.outcome import Outcome
from steelyard_worker.recorder import Recorder
from tests.conftest import no_tables
from tests.jobs.test_ledger import claim
from tests.service import SMALLEST

SECONDS = 3.0


def test_a_run_writes_at_most_twice_a_second_and_once_for_its_end(engine: Engine) -> None:
    document: dict[str, Any] = {**SMALLEST, "layers": [64, 64], "training": {"epochs": 100_000}}
    job = submission.submit(engine, read_job(document, limits=Limits(4 << 30), tables=no_tables))
    held = claim(engine, job.id)
    outcome = Outcome(engine, held, queries.load_order(engine, job.id), threads=1)
    written: list[float] = []
    listener = partial(note, written)
    event.listen(engine, "commit", listener)
    outcome.prepare()
    assert written == []  # a first run has nothing to take back
    recorder = Recorder(engine, held, outcome.make_checkpoint, state_bytes=outcome.state_bytes)
    started = time.monotonic()
    for happened in outcome.run():
        recorder.take(happened, outcome.train_seconds)
        if time.monotonic() - started > SECONDS:
            break
    while_training, ended = len(written), time.monotonic()
    outcome.save("succeeded", epochs=recorder.unwritten)
    event.remove(engine, "commit", listener)
    assert 1 < while_training <= 1 + 2 * (ended - started)
    assert len(written) == while_training + 1
    history = get_history(engine, job.id).epochs
    assert history == list(range(1, get_job(engine, job.id).progress.epoch + 1))


def note(written: list[float], _: Any) -> None:
    """A transaction was committed."""
    written.append(time.monotonic())

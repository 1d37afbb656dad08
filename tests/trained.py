"""Jobs that are trained in this process, by what a worker runs for a job."""

from collections.abc import Collection
from functools import partial
from typing import Any

from numpy.typing import NDArray
from sqlalchemy import Engine

from steelyard.datasets import library
from steelyard.errors import RunFailed
from steelyard.jobs import ledger, queries
from steelyard.jobs.ledger import Claim
from steelyard.store import tensors
from steelyard.store.engine import reading
from steelyard.training import submission
from steelyard.training.estimate import Limits
from steelyard.training.plan import Plan, read_job
from steelyard.training.queries import get_job
from steelyard.training.schema.job import Job
from steelyard.training.start import require_start
from steelyard_worker.outcome import Outcome
from steelyard_worker.recorder import Recorder

LIMITS = Limits(4 << 30)


def read(engine: Engine, document: dict[str, Any]) -> Plan:
    """The plan of a job that may name data sets and models of this database."""
    return require_start(engine, read_job(document, limits=LIMITS, tables=partial(library.load_table, engine)))


def train(engine: Engine, document: dict[str, Any]) -> Job:
    """Submit a job, run it to its end, and return it. No other job may wait."""
    return run(engine, submission.submit(engine, read(engine, document)).id)


def run(engine: Engine, job_id: str) -> Job:
    """Run the job that waits to its end, and return it."""
    held = ledger.claim(engine, owner="w", lease_seconds=60)
    assert held is not None
    assert held.job_id == job_id
    return run_claimed(engine, held)


def run_all(engine: Engine, job_ids: Collection[str]) -> None:
    """Run all jobs that wait to their ends: these, in the order of the queue, which is by id within a millisecond."""
    waiting = {*job_ids}
    while waiting:
        held = ledger.claim(engine, owner="w", lease_seconds=60)
        assert held is not None
        waiting.remove(held.job_id)
        run_claimed(engine, held)


def run_claimed(engine: Engine, held: Claim) -> Job:
    """Run a job that is claimed to its end, and return it."""
    outcome = Outcome(engine, held, queries.load_order(engine, held.job_id), threads=1)
    try:
        outcome.prepare()
        size, observer = outcome.state_bytes, outcome.observer
        recorder = Recorder(engine, held, outcome.make_checkpoint, state_bytes=size, observer=observer)
        for event in outcome.run():
            recorder.take(event, outcome.train_seconds)
    except RunFailed as error:
        outcome.save("failed", error)
    else:
        outcome.save("succeeded", epochs=recorder.unwritten)
    return get_job(engine, held.job_id)


def train_model(engine: Engine, document: dict[str, Any]) -> str:
    """Train a job as `train` does, and return the id of its model."""
    job = train(engine, document)
    assert job.model is not None, job.error
    return job.model


def weights(engine: Engine, job_id: str, snapshot: str = "final") -> dict[str, NDArray[Any]]:
    """The tensors of a snapshot by name."""
    with reading(engine) as connection:
        return dict(tensors.load(connection, job_id, snapshot))

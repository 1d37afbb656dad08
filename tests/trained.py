"""Models that are trained in this process, by what a worker runs for a job."""

from functools import partial
from typing import Any

from sqlalchemy import Engine

from steelyard.datasets import library
from steelyard.jobs import ledger, queries
from steelyard.training import submission
from steelyard.training.estimate import Limits
from steelyard.training.plan import read_job
from steelyard.training.queries import get_job
from steelyard.training.start import require_start
from steelyard_worker.outcome import Outcome

LIMITS = Limits(4 << 30)


def train(engine: Engine, document: dict[str, Any], *, status: str = "succeeded") -> str:
    """Submit a job, run it to its end, and return its id. No other job may wait."""
    plan = read_job(document, limits=LIMITS, tables=partial(library.load_table, engine))
    job_id = submission.submit(engine, require_start(engine, plan)).id
    held = ledger.claim(engine, owner="w", lease_seconds=60)
    assert held is not None
    assert held.job_id == job_id
    outcome = Outcome(engine, held, queries.load_order(engine, job_id), threads=1)
    outcome.prepare()
    for _ in outcome.run():
        pass
    outcome.save(status)
    return str(job_id)


def train_model(engine: Engine, document: dict[str, Any]) -> str:
    """Train a job as `train` does, and return the id of its model."""
    return str(get_job(engine, train(engine, document)).model)

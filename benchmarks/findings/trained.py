"""Trains a job in this process, as a worker does, and returns its metrics and findings."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine, delete

from steelyard.errors import NotFound, RunFailed
from steelyard.jobs import ledger, queries
from steelyard.store.engine import make_engine, writing
from steelyard.store.migration import upgrade
from steelyard.store.tables import Job
from steelyard.training import submission
from steelyard.training.estimate import Limits
from steelyard.training.plan import read_job
from steelyard.training.queries import get_job
from steelyard_worker.outcome import Outcome
from steelyard_worker.recorder import Recorder

LIMITS = Limits(4 << 30)


@dataclass(frozen=True)
class Trained:
    """What is looked at of a job that has ended."""

    status: str
    metrics: dict[str, dict[str, float | None]]
    baseline: dict[str, Any] | None
    findings: list[dict[str, Any]]
    spec: dict[str, Any]
    seconds: float


def _no_tables(dataset_id: str) -> Any:
    raise NotFound(f"there is no data set {dataset_id}")


def open_store(url: str) -> Engine:
    """A database for the jobs."""
    engine = make_engine(url)
    upgrade(engine)
    return engine


def train(engine: Engine, document: dict[str, Any]) -> Trained:
    """Run a job to its end. No other job may wait."""
    job_id = submission.submit(engine, read_job(document, limits=LIMITS, tables=_no_tables)).id
    held = ledger.claim(engine, owner="w", lease_seconds=600)
    assert held is not None
    outcome = Outcome(engine, held, queries.load_order(engine, job_id), threads=1)
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
    job = get_job(engine, job_id)
    baseline = None if job.baseline is None else job.baseline.to_json()
    findings = [dict(finding.to_json()) for finding in job.findings]
    trained = Trained(job.status, job.metrics, baseline, findings, job.spec, job.train_seconds or 0.0)
    with writing(engine) as connection:
        connection.execute(delete(Job).where(Job.id == job_id))
    return trained

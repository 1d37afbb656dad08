"""A worker's parts over a database of their own."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Engine

from steelyard.settings import Settings
from steelyard.store.engine import make_engine
from steelyard.training import submission
from steelyard.training.estimate import Limits
from steelyard.training.plan import read_job
from steelyard_worker.fork_client import ForkServer
from tests.conftest import no_tables

LONG: dict[str, Any] = {
    "data": {"builtin": "digits"},
    "layers": [32],
    "training": {"epochs": 100_000, "batch_size": 64},
}


@pytest.fixture
def database(settings: Settings) -> Iterator[Engine]:
    """The SQLite database of `settings`."""
    engine = make_engine(settings.database)
    yield engine
    engine.dispose()


@pytest.fixture
def own_fork_server(settings: Settings) -> Iterator[ForkServer]:
    """A fork server whose training processes write to the database of `settings`."""
    fork_server = ForkServer(settings)
    yield fork_server
    fork_server.stop()


def post(engine: Engine, spec: dict[str, Any]) -> str:
    """Submit a job; nobody is told of it."""
    job_id: str = submission.submit(engine, read_job(spec, limits=Limits(4 << 30), tables=no_tables))["id"]
    return job_id

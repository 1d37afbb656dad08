"""A worker's parts over one database, which is empty at the beginning of each test."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import psutil
import pytest
from sqlalchemy import Engine, delete, select

from steelyard.settings import Settings
from steelyard.store.engine import make_engine, reading, writing
from steelyard.store.tables import Base, Job
from steelyard.training import submission
from steelyard.training.estimate import Limits
from steelyard.training.plan import read_job
from steelyard_worker.fork_client import Child, ForkServer
from steelyard_worker.supervisor import Supervisor
from tests.conftest import no_tables
from tests.service import INJECT, command_of

LONG: dict[str, Any] = {
    "data": {"builtin": "digits"},
    "layers": [32],
    "training": {"epochs": 100_000, "batch_size": 64},
}


@pytest.fixture(scope="package")
def settings(migrated_sqlite: Path, broker_url: str, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Settings on an SQLite database, and the session's Valkey."""
    folder = tmp_path_factory.mktemp("worker")
    shutil.copy(migrated_sqlite, folder)
    url = f"sqlite:///{folder / migrated_sqlite.name}"
    return Settings(data_dir=folder, database_url=url, broker_url=broker_url, worker_concurrency=1)


@pytest.fixture
def database(settings: Settings) -> Iterator[Engine]:
    """The SQLite database of `settings`, empty."""
    engine = make_engine(settings.database)
    yield engine
    with writing(engine) as connection:
        for table in reversed(Base.metadata.sorted_tables):
            connection.execute(delete(table))
    engine.dispose()


@pytest.fixture(scope="package")
def fork_server(settings: Settings) -> Iterator[ForkServer]:
    """A fork server whose training processes write to the database of `settings`."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(INJECT))  # it is started when it is first asked for a process
        fork_server = ForkServer(settings)
        yield fork_server
        fork_server.stop()


@pytest.fixture
def supervisor(settings: Settings, database: Engine, fork_server: ForkServer) -> Iterator[Supervisor]:
    """Trains one job at a time, once it is told to work."""
    supervisor = Supervisor(database, settings, "w", fork_server)
    yield supervisor
    supervisor.drain()
    supervisor.wait_until_drained()
    for process in training_processes():
        process.kill()


def post(engine: Engine, spec: dict[str, Any]) -> str:
    """Submit a job; nobody is told of it."""
    job_id: str = submission.submit(engine, read_job(spec, limits=Limits(4 << 30), tables=no_tables)).id
    return job_id


def row_of(engine: Engine, job_id: str) -> Any:
    """How a job stands."""
    columns = (Job.status, Job.crashes, Job.losses, Job.attempt, Job.epoch, Job.error, Job.started_at, Job.finished_at)
    with reading(engine) as connection:
        return connection.execute(select(*columns).where(Job.id == job_id)).one()


@contextmanager
def child(fork_server: ForkServer) -> Iterator[tuple[Child, psutil.Process, IO[bytes]]]:
    """A forked process, and the end of the pipe that its orders come through."""
    (orders, orders_end), (reports_end, reports) = os.pipe(), os.pipe()
    with os.fdopen(reports_end, "rb"), os.fdopen(orders_end, "wb") as to_child:
        try:
            forked = fork_server.fork(orders, reports)
        finally:
            os.close(orders)
            os.close(reports)
        yield forked, psutil.Process(forked.process_id), to_child


def server_of(process: psutil.Process) -> psutil.Process:
    """The process that this one was forked from."""
    server = process.parent()
    assert server is not None
    return server


def fork_servers() -> list[psutil.Process]:
    """The fork servers of this process: at most one, but in the tests that start another."""
    return [process for process in psutil.Process().children() if "steelyard_worker.fork_server" in command_of(process)]


def training_processes() -> list[psutil.Process]:
    """The processes that were forked and still run."""
    forked = [process for server in fork_servers() for process in server.children()]
    return [process for process in forked if process.status() != psutil.STATUS_ZOMBIE]

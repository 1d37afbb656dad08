"""A full disk can be freed, and deleted space comes back: on a small file system, filled to the last byte."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy
from sqlalchemy import Engine

from steelyard.datasets import library as datasets
from steelyard.errors import DiskFull
from steelyard.jobs import ledger
from steelyard.models import library as models
from steelyard.store import space
from steelyard.store.engine import bare, make_engine, reading, writing
from steelyard.store.migration import upgrade
from steelyard.store.space import RESERVE_BYTES, Tidying, compact, freeing, give_up_reserve, hold_reserve
from steelyard.store.tables import Dataset, Model
from steelyard.training.kind import TRAINING
from tests.jobs.webhooks.test_outbox import submit

MB = 1_000_000


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 48 MB."""
    folder = tmp_path / "small"
    folder.mkdir()
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("mounting a small file system takes root, on Linux")
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=48m", "tmpfs", str(folder)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip(f"no file system can be mounted here: {mounted.stderr.decode().strip()}")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


@pytest.fixture
def engine(small_disk: Path) -> Iterator[Engine]:
    """An SQLite database on the small file system."""
    engine = make_engine(f"sqlite:///{small_disk / 'steelyard.db'}")
    upgrade(engine)
    with writing(engine) as connection:
        connection.exec_driver_sql("CREATE TABLE large (number INTEGER PRIMARY KEY, content BLOB)")
    yield engine
    engine.dispose()


def insert(engine: Engine, number: int, size: int = MB) -> None:
    with writing(engine) as connection:
        connection.exec_driver_sql(f"INSERT INTO large VALUES ({number}, randomblob({size}))")


@freeing
def delete(engine: Engine, numbers: range) -> None:
    with writing(engine) as connection:
        connection.exec_driver_sql(f"DELETE FROM large WHERE number IN ({', '.join(map(str, numbers))})")


def fill(folder: Path) -> None:
    """Leave not one byte."""
    with (folder / "filler").open("ab", buffering=0) as file:
        while True:
            try:
                file.write(bytes(4096))
            except OSError:
                return


def free(folder: Path) -> int:
    return space.free_bytes(folder / "any")


def is_sound(engine: Engine) -> bool:
    with reading(engine) as connection:
        return str(connection.exec_driver_sql("PRAGMA integrity_check").scalar_one()) == "ok"


def test_rows_can_be_deleted_on_a_full_disk_and_their_space_comes_back(engine: Engine, small_disk: Path) -> None:
    hold_reserve(engine)
    for number in range(14):
        insert(engine, number)
    fill(small_disk)
    with pytest.raises(DiskFull, match="delete data sets or jobs"):
        insert(engine, 99, size=2 * RESERVE_BYTES)
    assert free(small_disk) < 10_000
    delete(engine, range(10))
    tidying = Tidying(engine)
    end = time.monotonic() + 20
    database, reserve = small_disk / "steelyard.db", small_disk / "steelyard.db-reserve"
    while database.stat().st_size > 6 * MB or not reserve.exists():
        tidying.step()
        assert time.monotonic() < end
    assert min(free(small_disk), reserve.stat().st_size) > 8 * MB  # half of what is free goes to the reserve
    assert is_sound(engine)
    insert(engine, 100)
    with reading(engine) as connection:
        kept = connection.exec_driver_sql("SELECT number, length(content) FROM large").all()
    assert [tuple(row) for row in kept] == [(number, MB) for number in (*range(10, 14), 100)]


def test_without_a_reserve_a_full_disk_stays_full(engine: Engine, small_disk: Path) -> None:
    insert(engine, 1)
    with bare(engine) as cursor:
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    fill(small_disk)
    with pytest.raises(DiskFull):
        delete(engine, range(2))
    small_disk.joinpath("filler").unlink()
    hold_reserve(engine)
    fill(small_disk)
    delete(engine, range(2))


@pytest.mark.parametrize("change", ["delete a job", "cancel a job", "delete a data set", "delete a model"])
def test_what_makes_room_works_on_a_full_disk(engine: Engine, small_disk: Path, change: str) -> None:
    job_id = submit(engine)
    dataset: dict[str, Any] = {
        "name": None,
        "created_at": 0,
        "digest": "d",
        "sha256": "s",
        "bytes": 1,
        "media_type": "text/csv",
    }
    dataset |= {"media_type": "text/csv", "rows": 1, "columns": [], "found": {}, "read_with": {}}
    model: dict[str, Any] = {"job_id": job_id, "name": None, "created_at": 0, "manifest": {}, "preprocessing": {}}
    with writing(engine) as connection:
        connection.execute(sqlalchemy.insert(Dataset).values(id="ds_1", **dataset))
        connection.execute(sqlalchemy.insert(Model).values(id="mdl_1", **model))
    hold_reserve(engine)
    with bare(engine) as cursor:
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    fill(small_disk)
    with pytest.raises(DiskFull):
        submit(engine)
    match change:
        case "delete a job":
            ledger.remove(engine, job_id, TRAINING)
        case "cancel a job":
            ledger.request_cancel(engine, job_id, TRAINING)
        case "delete a data set":
            datasets.remove(engine, "ds_1")
        case "delete a model":
            models.delete_model(engine, "mdl_1")
    assert not small_disk.joinpath("steelyard.db-reserve").exists()


def test_the_reserve_takes_at_most_half_of_what_is_free_and_grows_back(engine: Engine, small_disk: Path) -> None:
    reserve = small_disk / "steelyard.db-reserve"
    left = free(small_disk) - 9 * MB  # so that half of it is less than the reserve
    with (small_disk / "other").open("wb") as file:
        file.write(bytes(left))
    hold_reserve(engine)
    assert 3 * MB < reserve.stat().st_size < 5 * MB
    (small_disk / "other").unlink()
    hold_reserve(engine)
    hold_reserve(engine)
    assert reserve.stat().st_size == RESERVE_BYTES
    assert reserve.stat().st_mode & 0o777 == 0o600
    assert give_up_reserve(engine)
    assert not give_up_reserve(engine)


def test_space_that_is_used_again_at_once_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(space, "SURPLUS_ROUNDS", 4)
    engine = make_engine(f"sqlite:///{tmp_path / 'a.db'}")
    tidying = Tidying(engine)
    with writing(engine) as connection:
        connection.exec_driver_sql("CREATE TABLE large (number INTEGER PRIMARY KEY, content BLOB)")
    insert(engine, 0, size=20 * MB)
    for number in range(1, 6):  # as checkpoints come and go
        delete(engine, range(number))
        tidying.step()
        insert(engine, number, size=20 * MB)
        tidying.step()
    assert free_pages(engine) < 10
    size = (tmp_path / "a.db").stat().st_size
    delete(engine, range(6))
    for _ in range(3):
        tidying.step()
        assert (tmp_path / "a.db").stat().st_size > size - MB
    while free_pages(engine):
        tidying.step()
        time.sleep(0.01)
    assert (tmp_path / "a.db").stat().st_size < MB
    assert (tmp_path / "a.db-wal").stat().st_size == 0
    engine.dispose()


def free_pages(engine: Engine) -> int:
    with reading(engine) as connection:
        return int(connection.exec_driver_sql("PRAGMA freelist_count").scalar_one())


def test_an_older_database_gives_space_back_once_it_was_compacted(tmp_path: Path) -> None:
    engine = make_engine(f"sqlite:///{tmp_path / 'a.db'}")
    with bare(engine) as cursor:
        cursor.execute("PRAGMA auto_vacuum=NONE")
        cursor.execute("VACUUM")
        cursor.execute("CREATE TABLE large (number INTEGER PRIMARY KEY, content BLOB)")
    insert(engine, 0, size=10 * MB)
    insert(engine, 1)
    delete(engine, range(1))
    Tidying(engine).step()
    engine.dispose()
    assert (tmp_path / "a.db").stat().st_size > 10 * MB
    compact(engine)
    assert (tmp_path / "a.db").stat().st_size < 2 * MB
    with reading(engine) as connection:
        assert connection.exec_driver_sql("PRAGMA auto_vacuum").scalar_one() == 2
        assert connection.exec_driver_sql("SELECT length(content) FROM large").scalar_one() == MB
    engine.dispose()


def test_postgresql_keeps_its_own_house(migrated_postgres: Engine) -> None:
    Tidying(migrated_postgres).step()
    hold_reserve(migrated_postgres)
    assert not give_up_reserve(migrated_postgres)

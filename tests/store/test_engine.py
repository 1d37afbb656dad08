"""Transactions, and a database that is away, full or without tables."""

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import Engine, select

from steelyard.errors import DiskFull, Unavailable
from steelyard.store import engine as store_engine
from steelyard.store.engine import make_engine, reading, writing
from steelyard.store.tables import Job
from tests.jobs.test_ledger import submit


def test_sqlite_survives_a_loss_of_power(sqlite_url: str) -> None:
    engine = make_engine(sqlite_url)
    with engine.connect() as connection:
        settings = {
            p: connection.exec_driver_sql(f"PRAGMA {p}").scalar()
            for p in ("journal_mode", "synchronous", "foreign_keys")
        }
    engine.dispose()
    assert settings == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}


def overfill(engine: Engine) -> None:
    with writing(engine) as connection:
        connection.exec_driver_sql("PRAGMA max_page_count=1")  # SQLite takes that as: not one page more than there are
        connection.exec_driver_sql("CREATE TABLE large AS SELECT zeroblob(1000000)")


def test_writers_of_one_process_take_turns_instead_of_contending_for_sqlites_lock(sqlite_url: str) -> None:
    engine = make_engine(sqlite_url)
    with ThreadPoolExecutor(5) as pool:
        with writing(engine):
            waiting = [pool.submit(submit, engine) for _ in range(5)]
            time.sleep(0.3)
            assert engine.pool.checkedout() == 1
        assert len({job.result(timeout=30) for job in waiting}) == 5
    engine.dispose()


def test_a_writer_that_gets_no_turn_is_told_that_the_database_does_not_answer(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store_engine, "BUSY_SECONDS", 0.1)
    engine = make_engine(sqlite_url)
    with writing(engine), ThreadPoolExecutor(1) as pool, pytest.raises(Unavailable, match="does not answer"):
        pool.submit(submit, engine).result(timeout=30)
    assert submit(engine)
    engine.dispose()


def test_a_full_disk_is_called_that(sqlite_url: str) -> None:
    engine = make_engine(sqlite_url)
    with pytest.raises(Unavailable, match="disk is full"):
        overfill(engine)
    engine.dispose()


def test_a_full_disk_of_postgresql_is_called_that_too(migrated_postgres: Engine) -> None:
    full = "DO $$ BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = 'disk_full'; END $$"
    with pytest.raises(DiskFull, match="delete data sets or jobs"), writing(migrated_postgres) as connection:
        connection.exec_driver_sql(full)


def test_a_database_without_tables_says_what_to_do(tmp_path: Path, postgres_url: str) -> None:
    for url in (f"sqlite:///{tmp_path / 'new.db'}", postgres_url.replace("/steelyard", "/postgres")):
        engine = make_engine(url)
        with pytest.raises(Unavailable, match="steelyard migrate"), reading(engine) as connection:
            connection.execute(select(Job.id))
        engine.dispose()


@pytest.mark.parametrize("url", ["sqlite:////nowhere/at/all.db", "postgresql+psycopg://x:y@127.0.0.1:1/z"])
def test_a_database_that_is_away_is_unavailable(url: str) -> None:
    engine = make_engine(url)
    for door in (reading, writing):
        with pytest.raises(Unavailable, match="database"), door(engine):
            pass

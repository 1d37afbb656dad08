"""Clock, ids, migrations, and a database that is away."""

import time
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, insert, select, text

from steelyard.errors import DiskFull, Unavailable
from steelyard.store import migration
from steelyard.store.clock import now, rfc3339
from steelyard.store.engine import make_engine, reading, writing
from steelyard.store.ids import new_id
from steelyard.store.migration import is_current, upgrade
from steelyard.store.tables import Base, Job, Model
from tests.jobs.test_ledger import submit


def test_the_clock_is_the_databases_and_goes_on_within_a_transaction(engine: Engine) -> None:
    with reading(engine) as connection:
        first = connection.execute(select(now())).scalar_one()
        time.sleep(0.02)
        second = connection.execute(select(now())).scalar_one()
    assert 0.01 < second - first < 1
    assert first == pytest.approx(time.time(), abs=2)


def test_times_are_rfc_3339_in_utc() -> None:
    assert rfc3339(1_000_000_000.25) == "2001-09-09T01:46:40.250Z"
    assert rfc3339(None) is None


def test_ids_sort_by_time_and_differ() -> None:
    ids = []
    for _ in range(5):
        ids.append(new_id("job"))
        time.sleep(0.002)
    assert ids == sorted(ids)
    assert len({new_id("job") for _ in range(1000)}) == 1000


def test_migrations_make_the_tables_that_the_code_declares(engine: Engine) -> None:
    assert is_current(engine)
    upgrade(engine)
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []


def test_a_model_of_an_earlier_version_keeps_what_its_encoder_was_asked_for(engine: Engine) -> None:
    preprocessing = {"inputs": {"wishes": {"numeric": "standard"}, "features": {"a": "numeric"}}, "target": None}
    job_id = submit(engine)
    migrate_to(engine, "0011")
    with writing(engine) as connection:
        model = {"id": "mdl_1", "job_id": job_id, "created_at": 0.0, "manifest": {}, "preprocessing": preprocessing}
        connection.execute(insert(Model).values(**model))
    upgrade(engine)
    with reading(engine) as connection:
        kept = connection.execute(select(Model.preprocessing)).scalar_one()
    assert kept == {"inputs": {"options": {"numeric": "standard"}, "features": {"a": "numeric"}}, "target": None}


def migrate_to(engine: Engine, revision: str) -> None:
    """Bring a database back to an earlier schema."""
    with writing(engine) as connection:
        config = migration._config()
        config.attributes["connection"] = connection
        command.downgrade(config, revision)


def test_postgresql_compresses_no_content(migrated_postgres: Engine) -> None:
    query = text("SELECT attrelid::regclass::text, attstorage FROM pg_attribute WHERE attname = 'content'")
    with migrated_postgres.connect() as connection:
        storage = {table: how for table, how in connection.execute(query) if table in Base.metadata.tables}
    assert storage == {name: "e" for name, table in Base.metadata.tables.items() if "content" in table.columns}
    assert len(storage) == 6


def test_an_empty_database_is_not_current(tmp_path: Path) -> None:
    engine = make_engine(f"sqlite:///{tmp_path / 'new.db'}")
    assert not is_current(engine)
    upgrade(engine)
    assert is_current(engine)
    engine.dispose()


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

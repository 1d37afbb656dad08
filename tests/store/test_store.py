"""Clock, ids, migrations, and a database that is away."""

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, insert, select, text

from steelyard.errors import DiskFull, Unavailable
from steelyard.store import engine as store_engine
from steelyard.store import migration
from steelyard.store.clock import now, rfc3339
from steelyard.store.engine import make_engine, reading, writing
from steelyard.store.ids import new_id
from steelyard.store.migration import is_current, upgrade
from steelyard.store.tables import Base, Dataset, Job, Model
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


KINDS = {"a": "numeric", "at": "numeric", "on": "datetime", "who": "id", "sure": "boolean"}
TYPES = {
    "a": {"type": "number"},
    "at": {"type": "time_of_day"},
    "on": {"type": "datetime", "day_first": True},
    "who": {"type": "category"},
    "sure": {"type": "boolean"},
}


def test_models_and_data_sets_of_an_earlier_version_keep_their_columns(engine: Engine) -> None:
    flags = {name: {"day_first": True if name == "on" else None, "time_of_day": name == "at"} for name in KINDS}
    columns = [{"name": name, "kind": kind} | flags[name] for name, kind in KINDS.items()]
    encoder = {
        "wishes": {"numeric": "standard"},
        "features": KINDS,
        "numbers": ["a", "at", "sure"],
        "moments": ["on"],
        "categories": [{"name": "who"}],
        "day_first": {"on": True},
        "times": ["at"],
    }
    facts = [column | {"top": [{"value": "Ada", "count": 1}] if column["name"] == "who" else []} for column in columns]
    job_id = submit(engine)
    migrate_to(engine, "0011")
    with writing(engine) as connection:
        kept = {"manifest": {"inputs": columns}, "preprocessing": {"inputs": encoder, "target": None}}
        connection.execute(insert(Model).values(id="mdl_1", job_id=job_id, created_at=0.0, **kept))
        sizes = {"bytes": 1, "rows": 1, "found": {}, "read_with": {}}
        named = {"id": "ds_1", "created_at": 0.0, "digest": "d", "sha256": "s", "media_type": "text/csv"}
        connection.execute(insert(Dataset).values(**named, **sizes, columns=facts))
    upgrade(engine)
    with reading(engine) as connection:
        model = connection.execute(select(Model.manifest, Model.preprocessing)).one()
        [found] = connection.execute(select(Dataset.columns)).scalars()
    schemas = [{"name": name, "kind": kind, "schema": TYPES[name]} for name, kind in KINDS.items()]
    assert model.manifest["inputs"] == schemas
    assert [{key: each[key] for key in ("name", "kind", "schema")} for each in found] == schemas
    assert model.preprocessing["inputs"] == {
        "options": {"numeric": "standard"},
        "features": TYPES,
        "categories": [{"name": "who"}],
    }
    migrate_to(engine, "0011")
    with reading(engine) as connection:
        model = connection.execute(select(Model.manifest, Model.preprocessing)).one()
        [found] = connection.execute(select(Dataset.columns)).scalars()
    assert (model.manifest["inputs"], found) == (columns, facts)
    features = KINDS | {"who": "categorical"}
    assert model.preprocessing["inputs"] == encoder | {"features": features}


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

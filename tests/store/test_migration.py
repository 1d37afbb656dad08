"""Migrations: to the tables that the code declares, from any version."""

from pathlib import Path

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, insert, select, update

from steelyard.store import migration
from steelyard.store.engine import make_engine, reading, writing
from steelyard.store.migration import is_current, upgrade
from steelyard.store.tables import Base, Dataset, Job, Model
from tests.jobs.test_ledger import submit


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
    upgrade(engine)  # other tests share a PostgreSQL


def test_jobs_of_an_earlier_version_are_listed_by_the_model_that_they_start_from(engine: Engine) -> None:
    job_id, other = submit(engine), submit(engine)
    migrate_to(engine, "0018")
    with writing(engine) as connection:
        spec = {"initial_weights": {"model": "mdl_1"}}
        connection.execute(update(Job.__table__).where(Job.id == job_id).values(spec=spec))  # type: ignore[arg-type]
        connection.execute(update(Job.__table__).where(Job.id == other).values(spec={"initial_weights": None}))  # type: ignore[arg-type]
    upgrade(engine)
    with reading(engine) as connection:
        found = {row.id: row.started_from for row in connection.execute(select(Job.id, Job.started_from))}
    assert (found[job_id], found[other]) == ("mdl_1", None)


def test_models_of_an_earlier_version_are_listed_by_the_model_that_they_were_edited_from(engine: Engine) -> None:
    job_id, other = submit(engine), submit(engine)
    migrate_to(engine, "0019")
    with writing(engine) as connection:
        for number, (job, manifest) in enumerate({job_id: {"lineage": {"model": "mdl_1"}}, other: {}}.items()):
            kept = {"manifest": manifest, "preprocessing": {}, "created_at": 0.0}
            connection.execute(insert(Model).values(id=f"mdl_edited_{number}", job_id=job, **kept))
    for apply, origin in ((upgrade, "mdl_1"), (lambda engine: migrate_to(engine, "0019"), None), (upgrade, "mdl_1")):
        apply(engine)
        with reading(engine) as connection:
            found = {row.id: row.started_from for row in connection.execute(select(Job.id, Job.started_from))}
        assert (found[job_id], found[other]) == (origin, None)


def migrate_to(engine: Engine, revision: str) -> None:
    """Bring a database back to an earlier schema."""
    with writing(engine) as connection:
        config = migration._config()
        config.attributes["connection"] = connection
        command.downgrade(config, revision)


def test_an_empty_database_is_not_current(tmp_path: Path) -> None:
    engine = make_engine(f"sqlite:///{tmp_path / 'new.db'}")
    assert not is_current(engine)
    upgrade(engine)
    assert is_current(engine)
    engine.dispose()

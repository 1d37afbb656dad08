"""Migrates a database to the newest schema, and checks which schema it has.

Several machines may start at the same time. With an advisory lock on PostgreSQL and the write lock on SQLite, one of
them migrates; the others wait and then find nothing to do.
"""

from enum import StrEnum
from functools import cache
from importlib.resources import files
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, inspect, text

from steelyard.store.engine import reading, writing
from steelyard.store.tables import Base

ADVISORY_LOCK = 7_301_733_020  # arbitrary, but unique in the database


class Schema(StrEnum):
    """The state of a database, compared with what this version of Steelyard needs."""

    CURRENT = "current"
    OLDER = "older"
    EMPTY = "empty"
    NEWER = "newer"
    FOREIGN = "foreign"  # the tables of another program


def read_schema(engine: Engine) -> tuple[Schema, str | None]:
    """The state of the database, and its revision if it has one. Raises `Unavailable`."""
    with reading(engine) as connection:
        revision = next(iter(MigrationContext.configure(connection).get_current_heads()), None)
        tables = {*inspect(connection).get_table_names()} - {"alembic_version"}
    ours = tables & Base.metadata.tables.keys()
    if revision is None:
        # A PostgreSQL database may be shared if no table name is taken; an SQLite file may not.
        taken = tables if engine.dialect.name == "sqlite" else ours
        return (Schema.FOREIGN if taken else Schema.EMPTY), None
    if not ours:
        return Schema.FOREIGN, revision
    if revision == newest():
        return Schema.CURRENT, revision
    known = {script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()}
    return (Schema.OLDER if revision in known else Schema.NEWER), revision


def upgrade(engine: Engine) -> None:
    """Apply all missing migrations."""
    with writing(engine) as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text(f"SELECT pg_advisory_xact_lock({ADVISORY_LOCK})"))
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def is_current(engine: Engine) -> bool:
    """Whether the database has exactly the migrations of this version of Steelyard."""
    with reading(engine) as connection:
        return _revision(connection) == newest()


@cache
def newest() -> str | None:
    """The newest revision of this version of Steelyard."""
    return ScriptDirectory.from_config(_config()).get_current_head()


def _revision(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_scripts()))
    config.set_main_option("path_separator", "os")
    return config


def _scripts() -> Path:
    """The directory of the migrations: in the installed package, or at the top of a checkout."""
    package = Path(str(files("steelyard")))
    installed = package / "migrations"
    return installed if installed.is_dir() else package.parents[1] / "migrations"

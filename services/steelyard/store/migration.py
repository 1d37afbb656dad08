"""Bringing a database to the newest schema, and telling whether it is there.

Several machines may start at once: on PostgreSQL an advisory lock, on SQLite the write lock lets one migrate
while the others wait and then find nothing to do.
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

ADVISORY_LOCK = 7_301_733_020  # any number that nobody else on the database uses


class Schema(StrEnum):
    """What a database has, beside what this version of Steelyard knows."""

    CURRENT = "current"
    OLDER = "older"
    EMPTY = "empty"
    NEWER = "newer"
    FOREIGN = "foreign"  # the tables of another program


def read_schema(engine: Engine) -> tuple[Schema, str | None]:
    """What the database has, and its revision if there is one. Raises `Unavailable`."""
    with reading(engine) as connection:
        revision = next(iter(MigrationContext.configure(connection).get_current_heads()), None)
        tables = {*inspect(connection).get_table_names()} - {"alembic_version"}
    ours = tables & Base.metadata.tables.keys()
    if revision is None:
        # A database of PostgreSQL may be shared, as long as no name is taken; a file of SQLite may not.
        taken = tables if engine.dialect.name == "sqlite" else ours
        return (Schema.FOREIGN if taken else Schema.EMPTY), None
    if not ours:
        return Schema.FOREIGN, revision
    if revision == newest():
        return Schema.CURRENT, revision
    known = {script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()}
    return (Schema.OLDER if revision in known else Schema.NEWER), revision


def upgrade(engine: Engine) -> None:
    """Apply every migration that the database does not have yet."""
    with writing(engine) as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text(f"SELECT pg_advisory_xact_lock({ADVISORY_LOCK})"))
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def is_current(engine: Engine) -> bool:
    """Whether the database has every migration that this version of Steelyard knows, and no other."""
    with reading(engine) as connection:
        return _revision(connection) == newest()


@cache
def newest() -> str | None:
    """The last revision that this version of Steelyard knows."""
    return ScriptDirectory.from_config(_config()).get_current_head()


def _revision(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_scripts()))
    config.set_main_option("path_separator", "os")
    return config


def _scripts() -> Path:
    """The folder of migrations: inside the installed package, or at the top of a checkout."""
    package = Path(str(files("steelyard")))
    installed = package / "migrations"
    return installed if installed.is_dir() else package.parents[1] / "migrations"

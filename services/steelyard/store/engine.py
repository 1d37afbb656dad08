"""Connections and transactions, the same on SQLite and PostgreSQL.

`reading` and `writing` are the only doors to the database. They turn a database that is away into
`errors.Unavailable`, so that no room above needs to know SQLAlchemy's errors.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import orjson
from sqlalchemy import Connection, Engine, create_engine, event, exc

from steelyard.errors import Unavailable

__all__ = ["Engine", "make_engine", "reading", "writing"]

AWAY = (exc.OperationalError, exc.InterfaceError, exc.TimeoutError)


def make_engine(url: str) -> Engine:
    """An engine for `url`, which connects at the first transaction.

    SQLite runs with WAL, `synchronous=FULL` (a commit survives a loss of power) and foreign keys.
    """
    options: dict[str, Any] = {"json_serializer": _dump, "json_deserializer": orjson.loads}
    if url.startswith("sqlite"):
        engine = create_engine(url, connect_args={"timeout": 30}, pool_size=8, max_overflow=40, **options)
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    return create_engine(
        url, connect_args={"connect_timeout": 5}, pool_size=8, max_overflow=40, pool_pre_ping=True, **options
    )


def _dump(value: Any) -> str:
    return orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS).decode()


def _prepare_sqlite(connection: Any, _: Any) -> None:
    connection.isolation_level = None  # sqlite3 shall not begin transactions by itself: _begin_sqlite does
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    # A transaction that reads first and writes later cannot take the write lock once another has written.
    # Those that mean to write take it at once, and wait for it under SQLite's busy timeout.
    immediate = connection.get_execution_options().get("writing", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A transaction that only reads: one consistent view. Raises `Unavailable` when the database is away."""
    try:
        with engine.connect() as connection:
            yield connection
    except AWAY as error:
        raise Unavailable("the database does not answer") from error


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """A transaction that writes: committed when the block ends, undone when it raises.

    Raises `Unavailable` when the database is away.
    """
    try:
        with engine.connect().execution_options(writing=True) as connection, connection.begin():
            yield connection
    except AWAY as error:
        raise Unavailable("the database does not answer") from error

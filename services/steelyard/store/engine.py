"""Connections and transactions, the same on SQLite and PostgreSQL.

All access goes through `reading` and `writing`. They raise `errors.Unavailable` for a database that is unreachable,
full, or without tables, so that no other package needs to know SQLAlchemy's errors.
"""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import Any
from weakref import WeakKeyDictionary

import orjson
from sqlalchemy import Connection, Engine, create_engine, event, exc

from steelyard.errors import DiskFull, Unavailable

__all__ = [
    "DISK_IS_FULL",
    "Engine",
    "bare",
    "database_file",
    "describe_failure",
    "make_engine",
    "reading",
    "writing",
]

# PostgreSQL raises InternalError if a transaction cannot write, for example on a standby after a failover.
# sqlite3's own error comes from a new connection that is being configured.
AWAY = (
    exc.OperationalError,
    exc.InterfaceError,
    exc.InternalError,
    exc.TimeoutError,
    sqlite3.OperationalError,
)
NO_TABLES = "the database has no tables of this version: run `steelyard migrate`"
NO_ANSWER = "the database does not answer"
CHECKPOINT_PAGES = 1000  # SQLite's default
FULL = ("SQLITE_FULL", "53100")  # SQLite's error name and PostgreSQL's SQLSTATE
STOPPED_SHORT = (
    "SQLITE_IOERR",
    "SQLITE_CANTOPEN",
)  # SQLite's errors if it cannot open its log, possibly on a full disk
WHY_NOT = {
    "SQLITE_NOTADB": "it is not an SQLite database; move the file away, or use another data directory",
    "SQLITE_CORRUPT": "it is damaged; restore it from a backup",
    "SQLITE_CANTOPEN": "the file cannot be opened; check that its directory exists and belongs to you",
    "SQLITE_READONLY": "it cannot be written; check the owner of the file and of its directory",
    "SQLITE_BUSY": "another program has locked it",
}
NO_ROOM_BYTES = 1 << 16
DISK_IS_FULL = "the database's disk is full: delete data sets or jobs that are no longer needed, or make room on it"
BUSY_SECONDS = 30.0  # how long an SQLite transaction waits for another writer
# SQLite waits by sleeping and trying again, so some writers wait for seconds while others overtake them. The writers of
# one process take turns instead: with 8 of them, p99 fell from 2 s to 0.3 s, and throughput doubled.
_turns: WeakKeyDictionary[Engine, Lock] = WeakKeyDictionary()
INCREMENTAL = 2  # SQLite's number for this mode of auto_vacuum
# An unreachable server is detected within seconds, instead of the hours of TCP's defaults.
POSTGRESQL = {
    "connect_timeout": 5,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
}


def make_engine(url: str) -> Engine:
    """Create an engine for `url`, which connects at the first transaction.

    SQLite runs with WAL, `synchronous=FULL` (a commit survives a loss of power) and foreign keys.
    """
    options: dict[str, Any] = {"json_serializer": _dump, "json_deserializer": orjson.loads}
    if url.startswith("sqlite"):
        engine = create_engine(url, connect_args={"timeout": BUSY_SECONDS}, pool_size=8, max_overflow=40, **options)
        _turns[engine] = Lock()
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    return create_engine(url, connect_args=POSTGRESQL, pool_size=8, max_overflow=40, pool_pre_ping=True, **options)


def _dump(value: Any) -> str:
    return orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS).decode()


def database_file(engine: Engine) -> Path | None:
    """The file of an SQLite database; `None` for others."""
    name = engine.url.database if engine.dialect.name == "sqlite" else None
    return None if not name or name == ":memory:" else Path(name)


def _prepare_sqlite(connection: Any, _: Any) -> None:
    connection.isolation_level = None  # keep sqlite3 from beginning transactions; _begin_sqlite does
    # For new databases: writing large binaries takes a third less time with pages of 16 KiB than with 4 KiB.
    # `store.space` returns the pages of deleted rows to the file system.
    for pragma in ("page_size=16384", f"auto_vacuum={INCREMENTAL}", "journal_mode=WAL"):
        connection.execute(f"PRAGMA {pragma}")
    # Debian's SQLite overwrites deleted data by default, so deleting 100 MB would write 100 MB.
    for pragma in ("synchronous=FULL", "foreign_keys=ON", "secure_delete=FAST"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    # A transaction that reads first and writes later fails if another one has written in between.
    # So a transaction that will write takes the write lock at its beginning, and waits for it (busy timeout).
    immediate = connection.get_execution_options().get("writing", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A read-only transaction with a consistent view. Raises `Unavailable` if the database is unreachable."""
    with _translating(engine), engine.connect() as connection:
        yield connection


@contextmanager
def writing(engine: Engine, *, checkpoint: bool = True) -> Iterator[Connection]:
    """A transaction that writes: committed at the end of the block, rolled back if the block raises.

    Without `checkpoint`, this commit does not checkpoint SQLite's log, whatever its length; a later one does. Raises
    `Unavailable` if the database is unreachable or its disk is full.
    """
    with (
        _translating(engine),
        _turn(engine),
        engine.connect().execution_options(writing=True) as connection,
        _checkpointing(connection, checkpoint),
        connection.begin(),
    ):
        yield connection


@contextmanager
def _turn(engine: Engine) -> Iterator[None]:
    lock = _turns.get(engine)
    if lock is None:
        yield
        return
    if not lock.acquire(timeout=BUSY_SECONDS):
        raise Unavailable(NO_ANSWER)
    try:
        yield
    finally:
        lock.release()


@contextmanager
def _checkpointing(connection: Connection, checkpoint: bool) -> Iterator[None]:
    if checkpoint or connection.dialect.name != "sqlite":
        yield
        return
    raw = connection.connection.cursor()  # a statement through SQLAlchemy would begin a transaction
    raw.execute("PRAGMA wal_autocheckpoint=0")
    try:
        yield
    finally:
        raw.execute(f"PRAGMA wal_autocheckpoint={CHECKPOINT_PAGES}")
        raw.close()


@contextmanager
def bare(engine: Engine) -> Iterator[Any]:
    """An SQLite cursor outside a transaction, for statements that cannot run in one. Raises `Unavailable`."""
    with _translating(engine):
        connection = engine.raw_connection()
        cursor = connection.cursor()
        try:
            yield cursor
        except sqlite3.Error as error:
            raise exc.OperationalError(None, None, error) from error
        finally:
            cursor.close()  # unread rows would block the next commit
            connection.close()


@contextmanager
def _translating(engine: Engine) -> Iterator[None]:
    try:
        yield
    except AWAY as error:
        raise _translated(engine, error) from error
    except exc.ProgrammingError as error:
        if getattr(error.orig, "sqlstate", None) != "42P01":  # PostgreSQL's undefined_table
            raise
        raise Unavailable(NO_TABLES) from error


def _translated(engine: Engine, error: Exception) -> Unavailable:
    cause = getattr(error, "orig", error)
    name = _name(cause)
    if name in FULL or (name.startswith(STOPPED_SHORT) and _is_full(database_file(engine))):
        return DiskFull(DISK_IS_FULL)
    return Unavailable(NO_TABLES if "no such table" in str(cause) else NO_ANSWER)


def _name(cause: object) -> str:
    """SQLite's error name, or PostgreSQL's SQLSTATE."""
    return getattr(cause, "sqlite_errorname", getattr(cause, "sqlstate", None)) or ""


def describe_failure(engine: Engine) -> str | None:
    """Connect. Returns why this failed, as a message for the administrator (not for clients), or `None`."""
    try:
        with engine.connect() as connection:
            connection.exec_driver_sql("SELECT 1")
    except (exc.DBAPIError, sqlite3.Error) as error:
        cause = getattr(error, "orig", error)
        if isinstance(_translated(engine, error), DiskFull):
            return DISK_IS_FULL
        for name, words in WHY_NOT.items():
            if _name(cause).startswith(name):
                return words
        lines = [line.strip() for line in str(cause).splitlines() if "failed: " in line] or str(cause).splitlines()
        words = lines[-1].rsplit("failed: ", 1)[-1].replace("FATAL:  ", "")
        if "password" in words:
            return f"{words}; check the password in STEELYARD_DATABASE_URL or PGPASSWORD"
        return f"{words}; check that it is running and that STEELYARD_DATABASE_URL is right"
    return None


def _is_full(file: Path | None) -> bool:
    try:
        found = os.statvfs(file.parent) if file else None
    except OSError:
        return False
    return found is not None and found.f_bavail * found.f_frsize < NO_ROOM_BYTES

"""Disk space of an SQLite database: a reserve for deletions, and the return of free pages to the file system.

Deleting writes before it frees anything, so it would fail on a full disk. A file beside the database, the reserve,
occupies a few megabytes. It is deleted when a deletion needs the space, and created again when there is enough. Free
pages are returned to the file system a few at a time. PostgreSQL needs none of this, because autovacuum does the same;
there, all functions do nothing.
"""

import os
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from functools import wraps
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

from sqlalchemy import Engine

from steelyard.errors import DiskFull
from steelyard.store.engine import INCREMENTAL, bare, database_file, reading

RESERVE_BYTES = 20 << 20  # SQLite's log before its checkpoint (16 MiB), and what a deletion writes
PIECE_BYTES = 1 << 20
PAGES_A_SLICE = 128  # per transaction: 2 MiB, which block other writers for a few milliseconds
TIDY_SECONDS = 0.25
SURPLUS_ROUNDS = (
    60  # for which pages must be free before they are returned: the next checkpoint of a training reuses them
)
LONGEST_LOG_BYTES = 16 << 20
P = ParamSpec("P")
T = TypeVar("T")


def freeing(change: Callable[Concatenate[Engine, P], T]) -> Callable[Concatenate[Engine, P], T]:
    """Make a deletion succeed on a full disk: if it fails for lack of space, free the reserve and repeat it.

    The change must be one transaction, which is rolled back when it fails.
    """

    @wraps(change)
    def repeated(engine: Engine, /, *args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return change(engine, *args, **kwargs)
        except DiskFull:
            if not give_up_reserve(engine):
                raise
        return change(engine, *args, **kwargs)

    return repeated


def give_up_reserve(engine: Engine) -> bool:
    """Delete the reserve; whether there was one."""
    reserve = _reserve(engine)
    if reserve is None:
        return False
    try:
        reserve.unlink()
    except OSError:
        return False
    return True


def hold_reserve(engine: Engine) -> None:
    """Fill the reserve up, with at most half of the free space."""
    reserve = _reserve(engine)
    if reserve is None:
        return
    with suppress(OSError):  # the disk may have filled up in the meantime
        held = reserve.stat().st_size if reserve.exists() else 0
        missing = min(RESERVE_BYTES - held, free_bytes(reserve) // 2)
        if missing >= PIECE_BYTES:
            descriptor = os.open(reserve, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            with os.fdopen(descriptor, "wb", buffering=0) as file:
                for _ in range(missing // PIECE_BYTES):
                    file.write(os.urandom(PIECE_BYTES))  # zeros would take no space on a compressing file system


def free_bytes(path: Path) -> int:
    """The free space of the file system of `path` for this user, in bytes."""
    found = os.statvfs(path.parent)
    return found.f_bavail * found.f_frsize


def _reserve(engine: Engine) -> Path | None:
    file = database_file(engine)
    return None if file is None else file.with_name(f"{file.name}-reserve")


class Tidying:
    """Returns free pages to the file system in small steps; `step` is called about once per second."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._file = database_file(engine)
        self._free_pages: deque[int] = deque(maxlen=SURPLUS_ROUNDS)
        self._log_is_long = False

    def step(self) -> None:
        """Work for at most `TIDY_SECONDS`, in transactions that block other writers for a fraction of that.

        Raises `Unavailable`.
        """
        if self._file is None or not self._file.exists():
            return
        end = time.monotonic() + TIDY_SECONDS
        given_back = 0
        surplus = self._surplus()
        while given_back < surplus and time.monotonic() < end:
            started = time.monotonic()
            _vacuum(self._engine, min(PAGES_A_SLICE, surplus - given_back))
            given_back += PAGES_A_SLICE
            time.sleep(time.monotonic() - started)  # let other writers proceed
        self._free_pages = deque((max(0, count - given_back) for count in self._free_pages), SURPLUS_ROUNDS)
        log = self._file.with_name(f"{self._file.name}-wal")
        self._log_is_long |= given_back > 0 or _size(log) > LONGEST_LOG_BYTES
        if self._log_is_long:
            _truncate_log(self._engine)
            self._log_is_long = False
        hold_reserve(self._engine)

    def _surplus(self) -> int:
        """How many pages to return: those that have been free for a while, or all of them if disk space is short."""
        assert self._file is not None
        with reading(self._engine) as connection:
            mode, count, size = (
                int(connection.exec_driver_sql(f"PRAGMA {name}").scalar_one())
                for name in ("auto_vacuum", "freelist_count", "page_size")
            )
        if mode != INCREMENTAL:
            return 0
        self._free_pages.append(count)
        if count * size >= PIECE_BYTES and free_bytes(self._file) < count * size:
            return count
        return min(self._free_pages) if len(self._free_pages) == SURPLUS_ROUNDS else 0


def compact(engine: Engine) -> None:
    """Rewrite an SQLite database without free pages, so that later ones can be returned incrementally.

    Temporarily needs twice the size of the content. Does nothing on PostgreSQL. Raises `Unavailable`.
    """
    if database_file(engine) is None:
        return
    with bare(engine) as cursor:
        cursor.execute("VACUUM")
    _truncate_log(engine)


def _vacuum(engine: Engine, pages: int) -> None:
    with bare(engine) as cursor:  # `execute` would run one step, which returns one page
        cursor.executescript(f"PRAGMA incremental_vacuum({pages})")


def _truncate_log(engine: Engine) -> None:
    """Checkpoint the log and truncate it, unless it is in use."""
    with bare(engine) as cursor:
        [patience] = cursor.execute("PRAGMA busy_timeout").fetchone()
        cursor.execute("PRAGMA busy_timeout=0")
        try:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        finally:
            cursor.execute(f"PRAGMA busy_timeout={patience}")


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0

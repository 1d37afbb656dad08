"""What must hold before a command does its work: a data directory of our own, a database that can be used.

Each check raises `CannotStart` with one line that says what is wrong and what to do.
"""

import os
import socket
import stat
from contextlib import suppress
from pathlib import Path

from sqlalchemy import Engine

from steelyard import __version__
from steelyard.errors import Unavailable
from steelyard.jobs.doorbell import Doorbell
from steelyard.logs import get_logger
from steelyard.settings import Settings, without_password
from steelyard.store import space
from steelyard.store.engine import database_file, describe_failure, make_engine
from steelyard.store.migration import Schema, newest, read_schema

OURS = ("steelyard.", "valkey.", "lock", "demo.log")  # how the names of files in a data directory begin
OTHERS = stat.S_IRWXG | stat.S_IRWXO
SHORT_OF_ROOM_BYTES = 4 << 20
log = get_logger(__name__)


class CannotStart(Exception):
    """Why a command does not start, in one line."""


def prepare_data_dir(settings: Settings) -> None:
    """Make the data directory, for us alone; or see that it is ours, and close it to others if all in it is ours."""
    directory = settings.data_dir
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    except FileExistsError:
        raise CannotStart(f"the data directory {directory} is a file; give another --data-dir") from None
    except OSError as error:
        raise CannotStart(
            f"the data directory {directory} cannot be created ({error.strerror}); give another --data-dir"
        ) from None
    _require_ours(directory)
    files = [*directory.iterdir()]
    with suppress(OSError):  # root's directory, say, to which our group may write
        if all(file.name.startswith(OURS) for file in files):
            directory.chmod(0o700)
    for file in files:  # of earlier versions, which others could read
        with suppress(OSError):
            if file.name.startswith(OURS) and stat.S_ISREG(file.lstat().st_mode):
                file.chmod(0o600)


def _require_ours(directory: Path) -> None:
    found = directory.stat()
    if found.st_uid not in (os.geteuid(), 0):
        raise CannotStart(
            f"the data directory {directory} belongs to user {found.st_uid}, but this process runs as user "
            f"{os.geteuid()}: start as its owner, or give another --data-dir"
        )
    if not os.access(directory, os.R_OK | os.W_OK | os.X_OK):
        raise CannotStart(f"the data directory {directory} cannot be written; give another --data-dir")
    if found.st_mode & stat.S_IWOTH:
        raise CannotStart(
            f"every user can write to the data directory {directory}: run `chmod o-w {directory}`, or give another "
            "--data-dir"
        )


def prepare_socket_dir(settings: Settings) -> None:
    """See that the broker's socket is in a directory of our own, made if need be; by its name, others may make it."""
    directory = settings.socket.parent
    if directory == settings.data_dir.absolute():
        return
    with suppress(FileExistsError):
        directory.mkdir(mode=0o700)
    found = directory.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid() or found.st_mode & OTHERS:
        raise CannotStart(
            f"the broker's socket would be in {directory}, which is not a directory of this user alone: remove it, or "
            "give a --data-dir with a shorter path"
        )


def open_database(settings: Settings, *, to_migrate: bool = False) -> Engine:
    """The database, which answers and has the schema of this version; or an older one, or none, `to_migrate`."""
    engine = make_engine(settings.database)
    try:
        _require_use(engine, without_password(settings.database), to_migrate=to_migrate)
    except CannotStart:
        engine.dispose()
        raise
    return engine


def _require_use(engine: Engine, where: str, *, to_migrate: bool) -> None:
    file = database_file(engine)
    if file is not None and not to_migrate and not file.exists():
        raise CannotStart(f"there is no database at {file}: run `steelyard migrate`")
    if file is not None and file.parent.is_dir():
        _require_room(engine, file)
    if failure := describe_failure(engine):
        raise CannotStart(f"the database {where} cannot be used: {failure}")
    try:
        schema, revision = read_schema(engine)
    except Unavailable as error:
        raise CannotStart(f"the database {where} cannot be used: {error.detail}") from None
    if schema == Schema.FOREIGN:
        raise CannotStart(
            f"the database {where} belongs to another program: give another --data-dir or STEELYARD_DATABASE_URL"
        )
    if schema == Schema.NEWER:
        raise CannotStart(
            f"the database {where} has the schema {revision}, and this version of Steelyard, {__version__}, knows "
            f"those up to {newest()}: it is too old. Install the newer version, or give another database"
        )
    if schema != Schema.CURRENT and not to_migrate:
        has = f"the schema {revision}, this version needs {newest()}" if revision else "no tables yet"
        raise CannotStart(f"the database {where} has {has}: run `steelyard migrate`")


def _require_room(engine: Engine, file: Path) -> None:
    """See that the disk of an SQLite database has some room left, by way of the reserve if need be."""
    if space.free_bytes(file) >= SHORT_OF_ROOM_BYTES:
        return
    space.give_up_reserve(engine)
    left = space.free_bytes(file)
    if left < SHORT_OF_ROOM_BYTES:
        raise CannotStart(f"the disk of {file} is full ({left // 1000} kB left): make room on it, then start again")
    log.warning(
        "the disk is full: delete data sets or jobs that are no longer needed, or make room on it", file=str(file)
    )


def require_broker(settings: Settings) -> None:
    """See that the broker answers, if it is not the embedded one."""
    if not _broker_answers(settings):
        where = without_password(settings.broker_url)
        raise CannotStart(f"the broker {where} does not answer: start it, or correct STEELYARD_BROKER_URL")


def warn_without_broker(settings: Settings) -> None:
    """Log that the broker does not answer, if it is not the embedded one, which may just be starting."""
    if not _broker_answers(settings):
        where = without_password(settings.broker_url)
        log.warning("the broker does not answer; jobs wait until it does", broker=where)


def _broker_answers(settings: Settings) -> bool:
    if not settings.broker_url:
        return True
    doorbell = Doorbell(settings.broker_url)
    try:
        return doorbell.answers()
    finally:
        doorbell.close()


def require_free_port(settings: Settings) -> None:
    """See that the API can listen where it is to listen."""
    with socket.socket(socket.AF_INET6 if ":" in settings.host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            raise CannotStart(
                f"cannot listen on {settings.host}:{settings.port} ({error.strerror}); give another port, as --port or "
                "STEELYARD_PORT"
            ) from None

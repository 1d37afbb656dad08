"""Which workers live: each says so in the database every few seconds, so that asking costs one short query."""

from sqlalchemy import Engine, delete, insert, select, update

from steelyard.store.clock import now
from steelyard.store.engine import reading, writing
from steelyard.store.tables import Worker

SILENT_SECONDS = 20.0  # four announcements missed
FORGOTTEN_SECONDS = 3600.0


def announce(engine: Engine, name: str, *, concurrency: int) -> None:
    """Say that the worker `name` lives; forget those that have long been silent."""
    with writing(engine) as connection:
        seen = {"concurrency": concurrency, "seen_at": now()}
        if not connection.execute(update(Worker).where(Worker.name == name).values(**seen)).rowcount:
            connection.execute(insert(Worker).values(name=name, **seen))
        connection.execute(delete(Worker).where(Worker.seen_at < now() - FORGOTTEN_SECONDS))


def leave(engine: Engine, name: str) -> None:
    """Say that the worker `name` stops."""
    with writing(engine) as connection:
        connection.execute(delete(Worker).where(Worker.name == name))


def alive(engine: Engine) -> list[str]:
    """The names of the workers that lived a moment ago."""
    with reading(engine) as connection:
        living = select(Worker.name).where(Worker.seen_at >= now() - SILENT_SECONDS).order_by(Worker.name)
        return list(connection.execute(living).scalars())

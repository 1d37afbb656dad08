"""Worker heartbeats: each worker writes to the database every few seconds, so one short query finds live workers."""

from sqlalchemy import Engine, delete, insert, select, update

from steelyard.store.clock import now
from steelyard.store.engine import reading, writing
from steelyard.store.tables import Worker

SILENT_SECONDS = 20.0  # four missed heartbeats
FORGOTTEN_SECONDS = 3600.0


def announce(engine: Engine, name: str, *, concurrency: int) -> None:
    """Record that the worker `name` is alive, and delete workers that have been silent for long."""
    with writing(engine) as connection:
        seen = {"concurrency": concurrency, "seen_at": now()}
        if not connection.execute(update(Worker).where(Worker.name == name).values(**seen)).rowcount:
            connection.execute(insert(Worker).values(name=name, **seen))
        connection.execute(delete(Worker).where(Worker.seen_at < now() - FORGOTTEN_SECONDS))


def leave(engine: Engine, name: str) -> None:
    """Record that the worker `name` has stopped."""
    with writing(engine) as connection:
        connection.execute(delete(Worker).where(Worker.name == name))


def alive(engine: Engine) -> list[str]:
    """The names of the live workers."""
    with reading(engine) as connection:
        living = select(Worker.name).where(Worker.seen_at >= now() - SILENT_SECONDS).order_by(Worker.name)
        return list(connection.execute(living).scalars())

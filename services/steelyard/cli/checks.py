"""Looks at each part that the service stands on: the database, its migrations, the broker, a worker."""

from dataclasses import dataclass

from sqlalchemy import Engine, text

from steelyard.errors import Unavailable
from steelyard.jobs import roster
from steelyard.jobs.doorbell import Doorbell
from steelyard.settings import Settings
from steelyard.store.engine import make_engine, reading
from steelyard.store.migration import is_current


@dataclass(frozen=True)
class Check:
    """What was looked at, whether it is fine, and what to do if it is not."""

    name: str
    fine: bool
    detail: str


def run(settings: Settings) -> list[Check]:
    """Look at everything; what depends on a part that is away is not fine either."""
    engine = make_engine(settings.database)
    doorbell = Doorbell(settings.broker)
    try:
        database = _database(engine)
        migrations = _migrations(engine) if database.fine else Check("migrations", False, "cannot be seen")
        return [database, migrations, _broker(doorbell), _worker(engine, seen=migrations.fine)]
    finally:
        doorbell.close()
        engine.dispose()


def _database(engine: Engine) -> Check:
    where = engine.url.render_as_string(hide_password=True)
    try:
        with reading(engine) as connection:
            connection.execute(text("SELECT 1"))
    except Unavailable:
        return Check("database", False, f"{where} does not answer: start it, or set STEELYARD_DATABASE_URL")
    return Check("database", True, where)


def _migrations(engine: Engine) -> Check:
    if is_current(engine):
        return Check("migrations", True, "the schema is the newest")
    return Check("migrations", False, "the schema is not that of this version: run `steelyard migrate`")


def _broker(doorbell: Doorbell) -> Check:
    if doorbell.answers():
        return Check("broker", True, "takes messages")
    return Check("broker", False, "does not answer: start it, or set STEELYARD_BROKER_URL; jobs wait until then")


def _worker(engine: Engine, *, seen: bool) -> Check:
    alive = roster.alive(engine) if seen else []
    if alive:
        return Check("worker", True, ", ".join(alive))
    return Check("worker", False, "none was seen lately: run `steelyard worker`; jobs wait until then")

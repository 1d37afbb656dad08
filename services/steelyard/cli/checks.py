"""Checks each part that the service depends on: the database, its schema, the broker, a worker."""

from dataclasses import dataclass

from sqlalchemy import Engine

from steelyard.errors import Unavailable
from steelyard.jobs import heartbeats
from steelyard.jobs.doorbell import Doorbell
from steelyard.settings import Settings, without_password
from steelyard.store.engine import database_file, describe_failure, make_engine
from steelyard.store.migration import Schema, newest, read_schema

SCHEMAS = {
    Schema.CURRENT: "the schema is {revision}, the newest",
    Schema.OLDER: "the schema is {revision}, this version needs {newest}: run `steelyard migrate`",
    Schema.EMPTY: "there are no tables: run `steelyard migrate`",
    Schema.NEWER: "the schema is {revision}, newer than this version ({newest}): install a newer Steelyard",
    Schema.FOREIGN: "the database belongs to another program: use another database",
}


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
        database = _database(engine, settings)
        migrations = _migrations(engine) if database.fine else Check("migrations", False, "unknown")
        return [database, migrations, _broker(doorbell), _worker(engine, seen=migrations.fine)]
    finally:
        doorbell.close()
        engine.dispose()


def _database(engine: Engine, settings: Settings) -> Check:
    where = without_password(settings.database)
    file = database_file(engine)
    if file is not None and not file.exists():  # to look would make it
        return Check("database", False, f"{where} does not exist yet: run `steelyard migrate`")
    failure = describe_failure(engine)
    if failure is not None:
        return Check("database", False, f"{where} cannot be used: {failure}")
    return Check("database", True, where)


def _migrations(engine: Engine) -> Check:
    try:
        schema, revision = read_schema(engine)
    except Unavailable as error:
        return Check("migrations", False, error.detail)
    return Check("migrations", schema == Schema.CURRENT, SCHEMAS[schema].format(revision=revision, newest=newest()))


def _broker(doorbell: Doorbell) -> Check:
    if doorbell.answers():
        return Check("broker", True, "takes messages")
    return Check("broker", False, "does not respond: start it, or set STEELYARD_BROKER_URL; jobs wait until then")


def _worker(engine: Engine, *, seen: bool) -> Check:
    alive = heartbeats.alive(engine) if seen else []
    if alive:
        return Check("worker", True, ", ".join(alive))
    return Check("worker", False, "no worker is running: run `steelyard worker`; jobs wait until then")

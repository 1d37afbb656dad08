"""`make faults N=300`: every fault once, N processes killed at random, and the table of what came of it."""

import argparse
import random
import sys
import tempfile
from contextlib import AbstractContextManager
from pathlib import Path

from tests.conftest import running_postgres
from tests.faults import scenarios
from tests.faults.field import Field, Tally, render


def main() -> int:
    """The exit status: 0 if nothing was lost, doubled or changed, and every recovery was in time."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("kills", type=int, help="processes to kill at random")
    parser.add_argument("--seed", type=int, default=0, help="of the random kills")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="sy-faults-") as name:
        folder = Path(name)
        tallies = [*named_faults(folder), *two_workers(folder), *full_disk(folder), *database(folder)]
        tallies += random_kills(folder, asked.kills // 2, asked.seed)
        tallies += random_kills_on_postgresql(folder, asked.kills // 2, asked.seed)
    sys.stdout.write("\n" + render(tallies) + "\n")
    return 0 if all(tally.is_clean() for tally in tallies) else 1


def named_faults(folder: Path) -> list[Tally]:
    """Deaths at each named place, a hang, and a broker that forgets or is away."""
    with opened(folder / "one", stall_seconds="2") as field:
        for place in scenarios.RUN_PLACES:
            say(f"run -9 at {place}")
            scenarios.kill_run_at(field, place)
        say("run -9 twice")
        scenarios.kill_run_twice(field)
        for place in scenarios.API_PLACES:
            say(f"API -9 at {place}")
            scenarios.kill_api_at(field, place)
        for scenario in (scenarios.kill_everything, scenarios.kill_hang, scenarios.flush_broker, scenarios.broker_away):
            say(scenario.__name__)
            scenario(field)
        return [*field.tallies.values()]


def two_workers(folder: Path) -> list[Tally]:
    """What two workers could do to one job."""
    with opened(folder / "two", workers=2) as field:
        for scenario in (scenarios.ring_often, scenarios.stop_past_the_lease):
            say(scenario.__name__)
            scenario(field)
        return [*field.tallies.values()]


def full_disk(folder: Path) -> list[Tally]:
    """No room at a checkpoint, and at a result."""
    tallies: list[Tally] = []
    for number, words in enumerate(scenarios.FULL_DISK):
        with opened(folder / f"full{number}", lease_seconds="30") as field:
            say(f"disk full: {words}")
            scenarios.fill_disk(field, words)
            tallies += field.tallies.values()
    return tallies


def database(folder: Path) -> list[Tally]:
    """PostgreSQL stops and comes back."""
    with running_postgres() as server:
        url = server.get_uri(database="steelyard", driver="psycopg")
        with opened(folder / "postgresql", database_url=url) as field:
            say("PostgreSQL stopped at once")
            scenarios.stop_database(field, server)
            return [*field.tallies.values()]


def random_kills(folder: Path, kills: int, seed: int) -> list[Tally]:
    """A storm on SQLite."""
    with opened(folder / "storm") as field:
        return storm(field, kills, seed, on="SQLite")


def random_kills_on_postgresql(folder: Path, kills: int, seed: int) -> list[Tally]:
    """The same storm on PostgreSQL."""
    with running_postgres() as server:
        url = server.get_uri(database="steelyard", driver="psycopg")
        with opened(folder / "storm-postgresql", database_url=url) as field:
            return storm(field, kills, seed, on="PostgreSQL")


def storm(field: Field, kills: int, seed: int, *, on: str) -> list[Tally]:
    """Kill at random, and show how far it is."""
    for number in scenarios.storm(field, random.Random(seed), kills, on=on):
        say(f"killed at random on {on}: {number} of {kills}")
    return [*field.tallies.values()]


def opened(folder: Path, *, workers: int = 1, **settings: str) -> AbstractContextManager[Field]:
    """A field in a new folder."""
    folder.mkdir()
    return Field.open(folder, workers=workers, **settings)


def say(what: str) -> None:
    """Show what is being done."""
    sys.stderr.write(f"\r\033[K{what} …")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())

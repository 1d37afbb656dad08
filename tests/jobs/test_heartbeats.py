"""Which workers are alive, on SQLite and on PostgreSQL."""

import pytest
from sqlalchemy import Engine, select, update

from steelyard.jobs import heartbeats
from steelyard.jobs.heartbeats import FORGOTTEN_SECONDS, SILENT_SECONDS
from steelyard.store.engine import reading, writing
from steelyard.store.tables import Worker
from steelyard_worker.housekeeping import ANNOUNCE_ROUNDS, ROUND_SECONDS


def age(engine: Engine, name: str, seconds: float) -> None:
    """Let the worker have been silent for so long."""
    with writing(engine) as connection:
        connection.execute(update(Worker).where(Worker.name == name).values(seen_at=Worker.seen_at - seconds))


def names(engine: Engine) -> list[str]:
    with reading(engine) as connection:
        return sorted(connection.execute(select(Worker.name)).scalars())


def test_a_worker_is_alive_until_it_leaves(engine: Engine) -> None:
    for name in ("b", "a", "b"):
        heartbeats.announce(engine, name, concurrency=2)
    assert heartbeats.alive(engine) == ["a", "b"]
    heartbeats.leave(engine, "a")
    assert heartbeats.alive(engine) == ["b"]


@pytest.mark.parametrize(("seconds", "is_alive"), [(SILENT_SECONDS - 10, True), (SILENT_SECONDS + 1, False)])
def test_a_worker_is_alive_until_it_has_missed_a_few_announcements(
    engine: Engine, seconds: float, *, is_alive: bool
) -> None:
    heartbeats.announce(engine, "w", concurrency=2)
    age(engine, "w", seconds)
    assert (heartbeats.alive(engine) == ["w"]) == is_alive
    heartbeats.announce(engine, "w", concurrency=2)
    assert heartbeats.alive(engine) == ["w"]


def test_a_worker_that_has_been_silent_for_long_is_deleted_by_the_next_announcement(engine: Engine) -> None:
    for name in ("old", "older"):
        heartbeats.announce(engine, name, concurrency=2)
    age(engine, "old", FORGOTTEN_SECONDS - 10)
    age(engine, "older", FORGOTTEN_SECONDS + 1)
    heartbeats.announce(engine, "w", concurrency=2)
    assert names(engine) == ["old", "w"]


def test_a_worker_may_miss_three_announcements() -> None:
    assert SILENT_SECONDS == 4 * ANNOUNCE_ROUNDS * ROUND_SECONDS

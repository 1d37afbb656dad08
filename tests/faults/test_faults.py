"""An accepted job is not lost, its result is not doubled, and its bytes are the same, whatever dies in between."""

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import running_postgres
from tests.faults import scenarios
from tests.faults.field import BUSY_RECOVERY_SECONDS, Field, Tally


@pytest.fixture(scope="module")
def field(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Field]:
    """A service with one worker, on SQLite."""
    with Field.open(tmp_path_factory.mktemp("faults"), stall_seconds="2") as opened:
        yield opened


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Field]:
    """A service with two workers, on SQLite."""
    with Field.open(tmp_path_factory.mktemp("pair"), workers=2) as opened:
        yield opened


@pytest.fixture(scope="module")
def patient(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Field]:
    """A service on SQLite whose leases outlast a full disk."""
    with Field.open(tmp_path_factory.mktemp("patient"), lease_seconds="30") as opened:
        yield opened


def require_clean(field: Field) -> None:
    """Nothing was lost, doubled or changed, and every recovery was in time; the next test starts anew."""
    tallies: list[Tally] = [*field.tallies.values()]
    field.tallies.clear()
    assert tallies
    for tally in tallies:
        assert tally.is_clean(BUSY_RECOVERY_SECONDS), tally


@pytest.mark.parametrize("place", scenarios.RUN_PLACES)
def test_a_run_that_is_killed_at_a_place_is_gone_on_with(field: Field, place: str) -> None:
    scenarios.kill_run_at(field, place)
    require_clean(field)


def test_a_run_that_went_on_may_be_killed_again(field: Field) -> None:
    scenarios.kill_run_twice(field)
    require_clean(field)


@pytest.mark.parametrize("place", scenarios.API_PLACES)
def test_a_client_that_heard_nothing_sends_again_and_has_one_job(field: Field, place: str) -> None:
    scenarios.kill_api_at(field, place)
    require_clean(field)


@pytest.mark.parametrize("kind", ["training process", "fork server", "worker", "API", "broker"])
def test_any_process_may_die_at_any_moment(field: Field, kind: str) -> None:
    scenarios.kill_at_random(field, random.Random(kind), kind)
    require_clean(field)


def test_the_whole_service_may_die_at_once(field: Field) -> None:
    scenarios.kill_everything(field)
    require_clean(field)


def test_a_training_that_hangs_is_ended_and_gone_on_with(field: Field) -> None:
    scenarios.kill_hang(field)
    require_clean(field)


def test_messages_may_be_lost(field: Field) -> None:
    scenarios.flush_broker(field)
    require_clean(field)


def test_the_broker_may_be_away_for_longer_than_a_lease(field: Field) -> None:
    scenarios.broker_away(field)
    require_clean(field)


def test_messages_may_come_five_times(pair: Field) -> None:
    scenarios.ring_often(pair)
    require_clean(pair)


def test_a_worker_that_was_given_up_and_goes_on_is_fenced_off(pair: Field) -> None:
    scenarios.stop_past_the_lease(pair)
    require_clean(pair)


@pytest.mark.parametrize("words", scenarios.FULL_DISK)
def test_a_full_disk_loses_nothing(patient: Field, words: str) -> None:
    scenarios.fill_disk(patient, words)
    require_clean(patient)


def test_the_database_may_stop_at_once(tmp_path: Path) -> None:
    with running_postgres() as server:
        url = server.get_uri(database="steelyard", driver="psycopg")
        with Field.open(tmp_path, database_url=url) as opened:
            scenarios.stop_database(opened, server)
            require_clean(opened)

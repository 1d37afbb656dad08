"""A training process, as its worker sees it."""

import pytest
from sqlalchemy import Engine

from steelyard.jobs import ledger
from steelyard_worker.fork_client import ForkServer
from steelyard_worker.process import GIVEN_BACK, TICK, ForkServerDied, ProcessDied, TrainingProcess
from tests.conftest import wait_for
from tests.worker.conftest import LONG, fork_servers, post, row_of, training_processes


def order_and_wait_for_tick(fork_server: ForkServer, engine: Engine) -> TrainingProcess:
    post(engine, LONG)
    held = ledger.claim(engine, owner="w", lease_seconds=60)
    assert held is not None
    process = TrainingProcess(fork_server)
    assert process.alive
    process.order(held)
    wait_for(lambda: process.read(1.0) == TICK, seconds=60)
    return process


def test_a_request_that_comes_before_the_process_is_ready_is_kept(fork_server: ForkServer, database: Engine) -> None:
    job_id = post(database, LONG)
    held = ledger.claim(database, owner="w", lease_seconds=60)
    assert held is not None
    process = TrainingProcess(fork_server)
    process.pause()
    process.order(held)
    wait_for(lambda: process.read(1.0) == GIVEN_BACK, seconds=60)
    process.kill()
    assert row_of(database, job_id).status == "running"  # to give it back is the supervisor's part


def test_a_process_that_is_killed_while_it_trains_says_by_which_signal(
    fork_server: ForkServer, database: Engine
) -> None:
    process = order_and_wait_for_tick(fork_server, database)
    [training] = training_processes()
    training.kill()
    with pytest.raises(ProcessDied, match="killed by SIGKILL") as death:
        wait_for(lambda: process.read(1.0) is None, seconds=60)
    assert type(death.value) is ProcessDied
    assert not process.alive
    assert not process.has_lost_its_fork_server


def test_the_death_of_the_fork_server_is_told_from_that_of_a_process(fork_server: ForkServer, database: Engine) -> None:
    process = order_and_wait_for_tick(fork_server, database)
    [server] = fork_servers()
    server.kill()
    with pytest.raises(ForkServerDied):
        wait_for(lambda: process.read(1.0) is None, seconds=60)
    assert not process.alive

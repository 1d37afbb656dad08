"""A training process, as its worker sees it."""

from sqlalchemy import Engine

from steelyard.jobs import ledger
from steelyard_worker.fork_client import ForkServer
from steelyard_worker.process import GIVEN_BACK, TrainingProcess
from tests.conftest import wait_for
from tests.worker.conftest import LONG, post, row_of


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

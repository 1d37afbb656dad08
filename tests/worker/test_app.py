"""A worker as a program: it trains what it is rung for, and gives running jobs back when it is asked to stop."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine

from steelyard.jobs import heartbeats
from steelyard.jobs.doorbell import Doorbell
from steelyard.settings import Settings
from steelyard.training.queries import get_job
from steelyard_worker.supervisor import DRAINED_SECONDS, PAUSE_GRACE_SECONDS
from tests.conftest import wait_for
from tests.service import SMALLEST
from tests.worker.conftest import LONG, post, row_of


@contextmanager
def running_worker(settings: Settings) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-P", "-W", "ignore", "-m", "steelyard_worker"]
    process = subprocess.Popen(command, env=os.environ | settings.as_environment())
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def test_a_worker_trains_and_gives_back_what_runs_when_it_is_stopped(settings: Settings, database: Engine) -> None:
    with running_worker(settings) as worker:
        wait_for(lambda: len(heartbeats.alive(database)) == 1, seconds=60)
        short, long = post(database, {**SMALLEST, "training": {"epochs": 1}}), post(database, LONG)
        bell = Doorbell(settings.broker)
        assert bell.ring(short)
        bell.close()
        wait_for(lambda: get_job(database, short).status == "succeeded", seconds=60)
        wait_for(lambda: row_of(database, long).epoch > 0, seconds=60)
        worker.terminate()
        assert worker.wait(PAUSE_GRACE_SECONDS + DRAINED_SECONDS) == 0
    row = row_of(database, long)
    assert (row.status, row.attempt, row.crashes, row.losses) == ("queued", 1, 0, 0)
    assert heartbeats.alive(database) == []

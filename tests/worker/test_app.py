"""A worker as a program: it trains what it is rung for, shows that it lives, and gives running jobs back at its end."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
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


def require_heartbeat(file: Path, worker: psutil.Process) -> None:
    """The file's time moves on while the worker trains a job, and stands still while the worker is frozen."""
    seen = file.stat().st_mtime_ns
    wait_for(lambda: file.stat().st_mtime_ns > seen)
    worker.suspend()
    try:
        time.sleep(0.2)
        seen = file.stat().st_mtime_ns
        time.sleep(2.5)
        assert file.stat().st_mtime_ns == seen
    finally:
        worker.resume()


def test_a_worker_trains_shows_that_it_lives_and_gives_back_what_runs_when_it_is_stopped(
    settings: Settings, database: Engine, tmp_path: Path
) -> None:
    file = tmp_path / "heartbeat"
    with running_worker(settings.model_copy(update={"heartbeat_file": str(file)})) as worker:
        wait_for(lambda: len(heartbeats.alive(database)) == 1, seconds=60)
        short, long = post(database, {**SMALLEST, "training": {"epochs": 1}}), post(database, LONG)
        bell = Doorbell(settings.broker)
        assert bell.ring(short)
        bell.close()
        wait_for(lambda: get_job(database, short).status == "succeeded", seconds=60)
        wait_for(lambda: row_of(database, long).epoch > 0, seconds=60)
        require_heartbeat(file, psutil.Process(worker.pid))
        worker.terminate()
        assert worker.wait(PAUSE_GRACE_SECONDS + DRAINED_SECONDS) == 0
    row = row_of(database, long)
    assert (row.status, row.attempt, row.crashes, row.losses) == ("queued", 1, 0, 0)
    assert heartbeats.alive(database) == []

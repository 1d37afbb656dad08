"""A worker's heartbeat file tells a health check whether the worker lives: busy or not, but not when it is frozen."""

import time
from pathlib import Path

from tests.conftest import wait_for
from tests.service import SMALLEST, Service


def test_the_heartbeat_goes_on_while_jobs_run_and_stops_with_a_frozen_worker(short_path: Path, tmp_path: Path) -> None:
    file = tmp_path / "heartbeat"
    with Service.start(short_path, heartbeat_file=str(file)) as service:
        for _ in range(2):  # as many as it trains at a time
            service.post(SMALLEST | {"training": {"epochs": 100_000}})
        wait_for(lambda: len(service.training_processes()) == 2)
        seen = file.stat().st_mtime_ns
        wait_for(lambda: file.stat().st_mtime_ns > seen)
        [server] = service.fork_servers()
        worker = server.parent()
        worker.suspend()
        try:
            time.sleep(0.2)
            seen = file.stat().st_mtime_ns
            time.sleep(2.5)
            assert file.stat().st_mtime_ns == seen
        finally:
            worker.resume()

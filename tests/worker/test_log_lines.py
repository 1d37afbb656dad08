"""Every log line of a worker about a job has the job's id and that of the request that submitted it."""

import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, update

from steelyard.jobs import ledger
from steelyard.settings import Settings
from steelyard.store.engine import writing
from steelyard.store.tables import Job
from steelyard.training import submission
from steelyard.training.estimate import Limits
from steelyard.training.plan import read_job
from steelyard_worker.fork_client import ForkServer
from steelyard_worker.process import RETIRED, ProcessDied, TrainingProcess
from tests.conftest import no_tables, wait_for
from tests.service import SMALLEST, Service
from tests.worker.conftest import LONG

EVENTS = (
    "training",
    "training process lost",
    "the job's worker is lost; the job was taken back",
    "done",
    "webhook",
    "the job goes back to the queue",
)


def lines_of(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


@pytest.fixture
def json_fork_server(settings: Settings) -> Iterator[ForkServer]:
    fork_server = ForkServer(settings.model_copy(update={"log_format": "json"}))
    yield fork_server
    fork_server.stop()


def submit_and_claim(engine: Engine) -> ledger.Claim:
    plan = read_job(SMALLEST, limits=Limits(4 << 30), tables=no_tables)
    submission.submit(engine, plan, request_id="req_1")
    held = ledger.claim(engine, owner="w", lease_seconds=60)
    assert held is not None
    return held


def test_a_training_process_that_was_fenced_off_logs_both_ids(
    json_fork_server: ForkServer, database: Engine, capfd: pytest.CaptureFixture[str]
) -> None:
    held = submit_and_claim(database)
    ledger.release(database, held, "the worker stops")
    process = TrainingProcess(json_fork_server)
    process.order(held)
    wait_for(lambda: process.read(1.0) == RETIRED, seconds=60)
    process.kill()
    [line] = lines_of(capfd.readouterr().err)
    assert line["event"] == "fenced off: what this run made is discarded"
    assert (line["job_id"], line["request_id"]) == (held.job_id, "req_1")


def test_a_training_process_that_fails_logs_one_line_with_the_traceback_and_both_ids(
    json_fork_server: ForkServer, database: Engine, capfd: pytest.CaptureFixture[str]
) -> None:
    held = submit_and_claim(database)
    with writing(database) as connection:
        connection.execute(update(Job).values(spec={"layers": "none"}))
    process = TrainingProcess(json_fork_server)
    process.order(held)
    with pytest.raises(ProcessDied, match="ended with status 1"):
        wait_for(lambda: process.read(1.0) is not None, seconds=60)
    [line] = lines_of(capfd.readouterr().err)
    assert "Traceback" in line["exception"]
    assert (line["job_id"], line["request_id"]) == (held.job_id, "req_1")


def runs(job: dict[str, Any], attempt: int) -> bool:
    return bool(job["status"] == "running" and job["attempt"] == attempt)


def kill_training(service: Service) -> None:
    [process] = service.training_processes()
    process.kill()


def kill_worker(service: Service) -> None:
    [server] = service.fork_servers()
    server.parent().kill()


@pytest.mark.timeout(120)
def test_every_line_of_a_worker_about_a_job_has_both_ids(short_path: Path) -> None:
    with Service.start(
        short_path, log_format="json", webhook_networks="127.0.0.0/8", worker_concurrency="1"
    ) as service:
        asked = LONG | {"webhook": {"url": "http://127.0.0.1:9/"}}
        first = service.http.post("/v1/jobs", json=asked, headers={"X-Request-ID": "req_first"}).json()["id"]
        for attempt, kill in enumerate((kill_training, kill_worker), start=1):
            service.wait_until(first, partial(runs, attempt=attempt))
            kill(service)
        epoch = service.wait_until(first, partial(runs, attempt=3))["progress"]["epoch"]
        service.wait_until(first, lambda job: job["progress"]["epoch"] > epoch)  # it can react to a cancellation now
        service.http.post(f"/v1/jobs/{first}/cancel")
        service.wait(first)
        second = service.http.post("/v1/jobs", json=LONG, headers={"X-Request-ID": "req_second"}).json()["id"]
        service.wait_until(second, partial(runs, attempt=1))
        service.wait_for(lambda: '"webhook"' in (short_path / "log").read_text())
    requests = {first: "req_first", second: "req_second"}
    text = (short_path / "log").read_text().splitlines()
    lines = lines_of("\n".join(line for line in text if any(job_id in line for job_id in requests)))
    told = [line for line in lines if line["event"] != "request"]  # a request has its own id
    assert [line for line in told if line.get("request_id") != requests.get(line.get("job_id", ""))] == []
    assert {line["event"] for line in told} >= {*EVENTS}

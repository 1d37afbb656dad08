"""Which deaths a job is blamed for, and what a worker trains next."""

import signal
import time
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

import pytest
from sqlalchemy import Engine

from steelyard.errors import FencedOff, Unavailable
from steelyard.jobs import queries
from steelyard.settings import Settings
from steelyard.training.kind import TRAINING
from steelyard.training.queries import get_job
from steelyard_worker import supervisor as module
from steelyard_worker.supervisor import Supervisor, Watch, when_answered
from tests.conftest import wait_for
from tests.jobs.test_ledger import claim, finish
from tests.service import SMALLEST
from tests.worker.conftest import LONG, fork_servers, post, row_of, training_processes


def wait_until_trained(engine: Engine, job_id: str, attempt: int = 1) -> None:
    wait_for(
        lambda: row_of(engine, job_id).attempt == attempt and row_of(engine, job_id).status == "running", seconds=60
    )
    before = row_of(engine, job_id).epoch
    wait_for(lambda: row_of(engine, job_id).epoch > before, seconds=60)


def test_a_fork_server_that_dies_is_not_the_jobs_fault(supervisor: Supervisor, database: Engine) -> None:
    job_id = post(database, LONG)
    supervisor.start_working()
    wait_until_trained(database, job_id)
    [server] = fork_servers()
    server.kill()
    wait_until_trained(database, job_id, attempt=2)
    events = [event.message for event in queries.list_events(database, job_id, TRAINING).data]
    assert "worker lost: the fork server died, and the training process with it" in events
    assert row_of(database, job_id).crashes == 0


def test_a_training_process_that_dies_alone_is_and_the_job_goes_on_before_newer_ones(
    supervisor: Supervisor, database: Engine
) -> None:
    first, second = post(database, LONG), post(database, LONG)
    supervisor.start_working()
    wait_until_trained(database, first)
    [training] = training_processes()
    training.kill()
    wait_for(lambda: row_of(database, first).status == "queued", seconds=60)
    assert row_of(database, first).crashes == 1
    wait_until_trained(database, first, attempt=2)
    assert row_of(database, second).started_at is None


def test_a_worker_that_is_free_takes_the_next_job_without_a_message(supervisor: Supervisor, database: Engine) -> None:
    jobs = [post(database, {**SMALLEST, "training": {"epochs": 1}}) for _ in range(3)]
    supervisor.work()
    ends = [get_job(database, job_id) for job_id in jobs]
    assert {job.status for job in ends} == {"succeeded"}
    assert sorted(jobs, key=lambda job_id: row_of(database, job_id).started_at) == jobs


def test_an_error_while_watching_a_run_leaves_its_job_to_the_lease_and_the_worker_at_work(
    supervisor: Supervisor, database: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = post(database, LONG), post(database, {**SMALLEST, "training": {"epochs": 1}})
    real = Watch.until_done

    def fail_once(_: Watch) -> None:
        monkeypatch.setattr(Watch, "until_done", real)
        raise RuntimeError

    monkeypatch.setattr(Watch, "until_done", fail_once)
    supervisor.work()
    assert row_of(database, first).status == "running"
    assert get_job(database, second).status == "succeeded"


def test_signals_to_all_processes_of_a_worker_are_the_workers_alone(supervisor: Supervisor, database: Engine) -> None:
    job_id = post(database, LONG)
    supervisor.start_working()
    wait_until_trained(database, job_id)
    [server] = fork_servers()
    for process in (server, *server.children()):
        for number in (signal.SIGTERM, signal.SIGINT):
            process.send_signal(number)
    wait_until_trained(database, job_id)
    supervisor.drain()
    wait_for(lambda: row_of(database, job_id).status == "queued")
    row = row_of(database, job_id)
    assert (row.status, row.attempt, row.crashes, row.losses) == ("queued", 1, 0, 0)


class Reporting:
    """Stands for a training process that has written its job's end, and is slow to report it."""

    def __init__(self, *reports: str | None) -> None:
        self.reports = [*reports]

    def read(self, _: float) -> str | None:
        time.sleep(0.4)
        return self.reports.pop(0)


@pytest.mark.parametrize("ending", [True, False])
def test_a_run_that_has_written_its_end_is_not_taken_for_one_that_was_given_up(
    settings: Settings, database: Engine, *, ending: bool
) -> None:
    held = claim(database, post(database, SMALLEST))
    finish(database, held)
    process: Any = Reporting("ending" if ending else "tick", None, None, "done")
    settings = settings.model_copy(update={"lease_seconds": 3})
    watch = Watch(database, settings, process, held, lambda: False)
    with nullcontext() if ending else pytest.raises(FencedOff):
        watch.until_done()


def away(times: int) -> Callable[[], str]:
    """What fails so many times, as a database does that is being restarted."""
    left = iter(range(times))

    def change() -> str:
        if next(left, None) is None:
            return "told"
        raise Unavailable("the database does not answer")

    return change


def test_a_database_that_comes_back_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "RETRY_SECONDS", 0.01)
    assert when_answered(away(5)) == "told"


def test_a_database_that_stays_away_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "RETRY_SECONDS", 0.01)
    monkeypatch.setattr(module, "PATIENCE_SECONDS", 0.05)
    with pytest.raises(Unavailable):
        when_answered(away(10_000))

"""Which deaths a job is blamed for, and what a worker trains next."""

import signal
import time
from collections.abc import Iterator
from contextlib import nullcontext
from typing import Any

import psutil
import pytest
from sqlalchemy import Engine, select

from steelyard.errors import FencedOff
from steelyard.jobs import ledger, queries
from steelyard.settings import Settings
from steelyard.store.engine import reading
from steelyard.store.tables import Job
from steelyard.training.kind import TRAINING
from steelyard.training.queries import get_job
from steelyard_worker.fork_client import ForkServer
from steelyard_worker.housekeeping import Housekeeping
from steelyard_worker.identity import is_gone, worker_name
from steelyard_worker.process import GIVEN_BACK, TrainingProcess
from steelyard_worker.supervisor import Supervisor, Watch
from tests.conftest import wait_for
from tests.jobs.test_ledger import claim, finish
from tests.service import SMALLEST
from tests.worker.conftest import LONG, post


@pytest.fixture
def supervisor(settings: Settings, database: Engine, own_fork_server: ForkServer) -> Iterator[Supervisor]:
    """Trains one job at a time, once it is told to work."""
    settings = settings.model_copy(update={"worker_concurrency": 1})
    supervisor = Supervisor(database, settings, "w", own_fork_server)
    yield supervisor
    supervisor.drain()
    supervisor.wait_until_drained()


def row_of(engine: Engine, job_id: str) -> Any:
    columns = (Job.status, Job.crashes, Job.losses, Job.attempt, Job.epoch, Job.started_at)
    with reading(engine) as connection:
        return connection.execute(select(*columns).where(Job.id == job_id)).one()


def wait_until_trained(engine: Engine, job_id: str, attempt: int = 1) -> None:
    wait_for(
        lambda: row_of(engine, job_id).attempt == attempt and row_of(engine, job_id).status == "running", seconds=60
    )
    before = row_of(engine, job_id).epoch
    wait_for(lambda: row_of(engine, job_id).epoch > before, seconds=60)


def template_process() -> psutil.Process:
    """The fork server of this test."""
    [found] = [child for child in psutil.Process().children() if "steelyard_worker.fork_server" in child.cmdline()]
    return found


def test_a_fork_server_that_dies_is_not_the_jobs_fault(supervisor: Supervisor, database: Engine) -> None:
    job_id = post(database, LONG)
    supervisor.start_working()
    wait_until_trained(database, job_id)
    template_process().kill()
    wait_until_trained(database, job_id, attempt=2)
    events = [event["message"] for event in queries.list_events(database, job_id, TRAINING).data]
    assert "worker lost: the fork server died, and the training process with it" in events
    assert row_of(database, job_id).crashes == 0


def test_a_training_process_that_dies_alone_is_and_the_job_goes_on_before_newer_ones(
    supervisor: Supervisor, database: Engine
) -> None:
    first, second = post(database, LONG), post(database, LONG)
    supervisor.start_working()
    wait_until_trained(database, first)
    [training] = template_process().children()
    training.kill()
    wait_for(lambda: row_of(database, first).status == "queued", seconds=60)
    assert row_of(database, first).crashes == 1
    wait_until_trained(database, first, attempt=2)
    assert row_of(database, second).started_at is None


def test_a_worker_that_is_free_takes_the_next_job_without_a_message(supervisor: Supervisor, database: Engine) -> None:
    jobs = [post(database, {**SMALLEST, "training": {"epochs": 1}}) for _ in range(3)]
    supervisor.work()
    ends = [get_job(database, job_id) for job_id in jobs]
    assert {job["status"] for job in ends} == {"succeeded"}
    assert sorted(jobs, key=lambda job_id: row_of(database, job_id).started_at) == jobs


def test_an_error_while_watching_a_run_leaves_its_job_to_the_lease_and_the_worker_at_work(
    supervisor: Supervisor, database: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = (post(database, {**SMALLEST, "training": {"epochs": 1}}) for _ in range(2))
    real = Watch.until_done

    def fail_once(_: Watch) -> None:
        monkeypatch.setattr(Watch, "until_done", real)
        raise RuntimeError

    monkeypatch.setattr(Watch, "until_done", fail_once)
    supervisor.work()
    assert row_of(database, first).status == "running"
    assert queries.get_job(database, second)["status"] == "succeeded"


def test_signals_to_all_processes_of_a_worker_are_the_workers_alone(supervisor: Supervisor, database: Engine) -> None:
    job_id = post(database, LONG)
    supervisor.start_working()
    wait_until_trained(database, job_id)
    server = template_process()
    for process in (server, *server.children()):
        for number in (signal.SIGTERM, signal.SIGINT):
            process.send_signal(number)
    wait_until_trained(database, job_id)
    supervisor.drain()
    supervisor.wait_until_drained()
    row = row_of(database, job_id)
    assert (row.status, row.attempt, row.crashes, row.losses) == ("queued", 1, 0, 0)


def test_a_request_that_comes_before_the_process_is_ready_is_kept(
    own_fork_server: ForkServer, database: Engine
) -> None:
    job_id = post(database, LONG)
    held = ledger.claim(database, owner="w", lease_seconds=60)
    assert held is not None
    process = TrainingProcess(own_fork_server)
    process.pause()
    process.order(held)
    wait_for(lambda: process.read(1.0) == GIVEN_BACK, seconds=60)
    process.kill()
    assert row_of(database, job_id).status == "running"  # to give it back is the supervisor's part


def test_a_worker_takes_back_at_its_start_what_a_dead_one_on_its_machine_left(
    settings: Settings, database: Engine, supervisor: Supervisor
) -> None:
    place = worker_name().rpartition(":")[0]
    with psutil.Popen(["sleep", "60"]) as gone:
        gone.kill()
    left, elsewhere = post(database, LONG), post(database, LONG)
    for owner in (f"{place}:{gone.pid}", f"another-machine:{gone.pid}"):
        assert ledger.claim(database, owner=owner, lease_seconds=60) is not None
    housekeeping = Housekeeping(database, settings, supervisor, "w")
    supervisor.drain()  # so that what is taken back stays in the queue
    housekeeping.start()
    housekeeping.stop()
    row = row_of(database, left)
    assert (row.status, row.attempt, row.crashes, row.losses) == ("queued", 2, 0, 1)
    assert row_of(database, elsewhere).status == "running"


def test_only_a_worker_of_this_machine_can_be_known_to_be_gone() -> None:
    place = worker_name().rpartition(":")[0]
    with psutil.Popen(["sleep", "60"]) as other:
        assert not is_gone(f"{place}:{other.pid}")
        other.kill()
    assert is_gone(f"{place}:{other.pid}")
    assert not is_gone(f"another-machine:{other.pid}")
    assert not is_gone(worker_name())


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

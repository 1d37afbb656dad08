"""What a worker does beside training."""

import psutil
from sqlalchemy import Engine

from steelyard.jobs import heartbeats, ledger
from steelyard.settings import Settings
from steelyard.training.queries import get_job
from steelyard_worker.housekeeping import Housekeeping
from steelyard_worker.identity import worker_name
from steelyard_worker.supervisor import Supervisor
from tests.conftest import wait_for
from tests.service import SMALLEST
from tests.worker.conftest import LONG, post, row_of


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


def test_a_worker_with_room_trains_what_waits_without_a_message_and_is_alive_until_it_stops(
    settings: Settings, database: Engine, supervisor: Supervisor
) -> None:
    job_id = post(database, {**SMALLEST, "training": {"epochs": 1}})
    housekeeping = Housekeeping(database, settings, supervisor, "w")
    housekeeping.start()
    wait_for(lambda: get_job(database, job_id).status == "succeeded", seconds=60)
    assert heartbeats.alive(database) == ["w"]
    housekeeping.stop()
    assert heartbeats.alive(database) == []

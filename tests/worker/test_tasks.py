"""What a Celery message does."""

from sqlalchemy import Engine

from steelyard.jobs.doorbell import TASK
from steelyard.settings import Settings
from steelyard.training.queries import get_job
from steelyard_worker.app import make_celery
from steelyard_worker.supervisor import Supervisor
from steelyard_worker.tasks import add_tasks
from tests.service import SMALLEST
from tests.worker.conftest import post


def test_a_message_trains_all_that_the_queue_has_whichever_job_it_names(
    settings: Settings, database: Engine, supervisor: Supervisor
) -> None:
    jobs = [post(database, {**SMALLEST, "training": {"epochs": 1}}) for _ in range(2)]
    celery = make_celery(settings)
    add_tasks(celery, supervisor)
    celery.tasks[TASK]("job_none")
    assert [get_job(database, job_id).status for job_id in jobs] == ["succeeded"] * 2

"""The bodies of the Celery tasks. What they do stands in `supervisor`."""

from celery import Celery

from steelyard.jobs.doorbell import TASK
from steelyard_worker.supervisor import Supervisor


def add_tasks(celery: Celery, supervisor: Supervisor) -> None:
    """Give the task names their bodies, on this application alone."""

    @celery.task(name=TASK, shared=False, ignore_result=True)  # type: ignore[untyped-decorator]
    def train(_: str) -> None:
        """Train what the queue has; the job that the message names may well not be the first of it."""
        supervisor.work()

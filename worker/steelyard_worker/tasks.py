"""The Celery tasks; `supervisor` does their work."""

from celery import Celery

from steelyard.jobs.doorbell import TASK
from steelyard_worker.supervisor import Supervisor


def add_tasks(celery: Celery, supervisor: Supervisor) -> None:
    """Register the tasks on this application only."""

    @celery.task(name=TASK, shared=False, ignore_result=True)  # type: ignore[untyped-decorator]
    def train(_: str) -> None:
        """Train jobs from the queue; the next one need not be the job that the message names."""
        supervisor.work()

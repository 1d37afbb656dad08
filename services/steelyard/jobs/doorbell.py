"""Notifies workers of a waiting job: a Celery message with the job's id and nothing else.

A message may be lost, duplicated or late without harm: the claim decides, and the message for a job that waits too
long is sent again. So ringing never fails a request; it returns whether the broker accepted the message.

This only produces messages. The worker implements the task, so that the API imports no worker code.
"""

from typing import Any

from celery import Celery
from celery.loaders.app import AppLoader
from kombu.exceptions import OperationalError

from steelyard.logs import get_logger

TASK = "steelyard.train"
CONNECT_SECONDS = 1.0
log = get_logger(__name__)


def transport_options(broker_url: str) -> dict[str, Any]:
    """Options for an unreachable broker: fail within about a second and do not retry."""
    options: dict[str, Any] = {"max_retries": 0}
    if broker_url.startswith("redis"):
        options |= {"socket_connect_timeout": CONNECT_SECONDS, "socket_timeout": 2 * CONNECT_SECONDS}
    return options


class Doorbell:
    """Sends messages to the broker at `broker_url`; connects at the first one."""

    def __init__(self, broker_url: str) -> None:
        # Celery looks up a loader given by name with the working directory on the import path. A file there could then
        # shadow a module that another thread imports at that moment.
        self._celery = Celery("steelyard", broker=broker_url, loader=AppLoader, set_as_current=False)
        self._celery.conf.update(
            task_serializer="json",
            task_ignore_result=True,
            broker_connection_timeout=CONNECT_SECONDS,
            broker_transport_options=transport_options(broker_url),
        )

    def ring(self, job_id: str) -> bool:
        """Send the message for `job_id`; whether the broker accepted it."""
        try:
            self._celery.send_task(TASK, [job_id], retry=False, ignore_result=True)
        except (OperationalError, OSError) as error:
            log.warning(
                "the broker is unreachable; the message for the job is sent again later",
                job_id=job_id,
                error=str(error),
            )
            return False
        return True

    def answers(self) -> bool:
        """Whether the broker is reachable."""
        try:
            with self._celery.connection_for_write() as connection:
                connection.ensure_connection(max_retries=0, timeout=CONNECT_SECONDS)
                return True
        except (OperationalError, OSError):
            return False

    def close(self) -> None:
        """Close the connections."""
        self._celery.close()

"""The composition root of a worker: Celery, one supervisor, and a housekeeping thread.

A Celery message only wakes the worker up. The worker then trains jobs from the queue in the database until the queue
is empty. Messages are acknowledged before the work is done: the lease in the database replaces late acknowledgement,
and no visibility timeout can start a long job twice.
"""

from typing import Any

from celery import Celery, signals

from steelyard import logs
from steelyard.settings import Settings
from steelyard.store.engine import make_engine
from steelyard_worker.fork_client import ForkServer
from steelyard_worker.housekeeping import Housekeeping
from steelyard_worker.identity import worker_name
from steelyard_worker.supervisor import Supervisor
from steelyard_worker.tasks import add_tasks
from steelyard_worker.webhook_sender import WebhookSender


def make_celery(settings: Settings) -> Celery:
    """Create the Celery application that consumes the messages of `jobs.doorbell`."""
    celery = Celery("steelyard", broker=settings.broker, set_as_current=False)
    celery.conf.update(
        accept_content=["json"],
        task_serializer="json",
        task_ignore_result=True,
        task_acks_late=False,
        worker_prefetch_multiplier=1,
        worker_hijack_root_logger=False,
        worker_enable_remote_control=False,
        worker_cancel_long_running_tasks_on_connection_loss=False,  # the run does not need the broker
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        broker_transport_options={"health_check_interval": 10, "socket_keepalive": True}
        if settings.broker.startswith(("redis:", "rediss:"))
        else {},
    )
    return celery


def serve(settings: Settings, fork_server: ForkServer) -> int:
    """Work until SIGTERM or SIGINT, then return running jobs to the queue. Returns the exit status.

    `fork_server` forks the training processes.
    """
    logs.configure(settings.log_format, settings.log_level)
    name = worker_name()
    engine = make_engine(settings.database)
    supervisor = Supervisor(engine, settings, name, fork_server)
    housekeeping = Housekeeping(engine, settings, supervisor, name)
    sender = WebhookSender(engine, settings)
    celery = make_celery(settings)
    add_tasks(celery, supervisor)

    # Celery's warm shutdown waits for running tasks; draining ends them immediately.
    def drain(**_: Any) -> None:
        supervisor.drain()

    signals.worker_shutting_down.connect(drain, weak=False)
    signals.setup_logging.connect(_keep_our_logging, weak=False)

    housekeeping.start()
    sender.start()
    try:
        worker = celery.Worker(
            hostname=f"steelyard@{name}",
            pool="threads",
            concurrency=settings.worker_concurrency,
            without_gossip=True,
            without_mingle=True,
            without_heartbeat=True,
            quiet=True,
        )
        worker.start()
        return int(worker.exitcode or 0)
    finally:
        supervisor.drain()
        sender.stop()
        housekeeping.stop()
        supervisor.wait_until_drained()
        fork_server.stop()
        engine.dispose()


def _keep_our_logging(**_: Any) -> None:
    """Keep Celery from configuring logging: it does not if a receiver is connected to `setup_logging`."""

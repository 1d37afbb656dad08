"""Log lines: structured, with the request's and the job's id in each, as JSON or for reading.

Only composition roots call `configure`. Values bound with `bind` stand in every line until the block ends.
"""

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

import structlog

# They tell at INFO what interests nobody, or what a line of our own says with the job's id.
CHATTY = ("alembic", "httpx", "httpcore", "kombu", "amqp", "celery.worker.strategy", "celery.app.trace")


def configure(log_format: str, log_level: str, *, stream: TextIO = sys.stderr) -> None:
    """Send the log lines of this process, our own and those of the libraries, to `stream`; `json` or `console`."""
    shared: list[structlog.types.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
    ]
    if log_format == "json":
        rendering: list[structlog.types.Processor] = [
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ]
    else:
        rendering = [structlog.dev.ConsoleRenderer(colors=stream.isatty(), pad_event_to=0)]
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *rendering],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(log_level)
    for name in CHATTY:
        logging.getLogger(name).setLevel(logging.WARNING)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )


def get_logger(name: str) -> structlog.stdlib.BoundLogger:
    """A logger: `log.info("job claimed", epoch=3)`."""
    logger: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger(name)
    return logger


@contextmanager
def bind(**values: str) -> Iterator[None]:
    """Put `values` (`request_id`, `job_id`) into every log line of this context."""
    with structlog.contextvars.bound_contextvars(**values):
        yield

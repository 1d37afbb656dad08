"""The API under gunicorn: one process, threads for requests.

One process keeps the figures of /metrics whole; for more, run more of them behind a balancer.
"""

import select
import signal
from threading import Thread
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication
from gunicorn.workers.gthread import TConn, ThreadWorker
from threadpoolctl import threadpool_limits

from steelyard import logs
from steelyard.data import builtin
from steelyard.http.app import create_app
from steelyard.http.wiring import THREADS
from steelyard.lifeline import end_with_parent
from steelyard.settings import Settings

STOP_SECONDS = 10
LINGER_MILLISECONDS = 10


class Listeners(ThreadWorker):  # type: ignore[misc]
    """gunicorn's threads, each of which listens a moment longer to the connection that it has answered.

    A client that asks again at once is answered by the same thread, on the same core, whose caches hold all that it
    takes: by way of the main thread, whichever thread is free answers, and takes nearly twice as long.
    """

    def handle(self, conn: TConn) -> Any:
        """Answer requests of a connection; true if there may be more, for which the main thread listens then."""
        kept = super().handle(conn)
        while kept is True and self.alive and self._may_linger(conn) and _asks_again(conn):
            kept = super().handle(conn)
        return kept

    def _may_linger(self, conn: TConn) -> bool:
        """Whether there is a thread for each connection, and nothing of the next request has been read yet."""
        return self.nr_conns <= self.cfg.threads and not conn.parser.unreader.buf.getvalue()


def _asks_again(conn: TConn) -> bool:
    """Whether something comes, if only the end, within a moment."""
    poll = select.poll()
    poll.register(conn.sock, select.POLLIN)
    return bool(poll.poll(LINGER_MILLISECONDS))


class Server(BaseApplication):  # type: ignore[misc]
    """gunicorn with our settings, and without its command line."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        super().__init__()

    def load_config(self) -> None:
        """What gunicorn shall do."""
        host = f"[{self._settings.host}]" if ":" in self._settings.host else self._settings.host
        options: dict[str, Any] = {
            "bind": f"{host}:{self._settings.port}",
            "worker_class": Listeners,
            "workers": 1,
            "threads": THREADS,
            "timeout": 120,
            "graceful_timeout": STOP_SECONDS,
            "keepalive": 15,
            "limit_request_line": 8190,
            "control_socket_disable": True,
            "loglevel": "warning",
            # Else it would outlive a master that is killed for as long as clients speak to it, and hold the port.
            "post_fork": lambda arbiter, _: end_with_parent(signal.SIGKILL, arbiter.pid),
            "proc_name": "steelyard-api",
        }
        for name, value in options.items():
            if name in self.cfg.settings:
                self.cfg.set(name, value)

    def load(self) -> Flask:
        """The application; called in the process that serves it."""
        logs.configure(self._settings.log_format, self._settings.log_level)
        threadpool_limits(1, "blas")  # as in training processes: a prediction has the same bits wherever it is made
        Thread(target=builtin.warm_up, daemon=True).start()  # requests need not wait for it
        return create_app(self._settings)


def serve(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT."""
    Server(settings).run()

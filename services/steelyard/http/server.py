"""The API under gunicorn: one process, threads for requests.

One process keeps the figures of /metrics whole; for more, run more of them behind a balancer.
"""

import errno
import select
import signal
import struct
from socket import MSG_WAITALL, SO_RCVTIMEO, SO_SNDTIMEO, SOL_SOCKET, socket
from threading import Thread
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication
from gunicorn.workers.gthread import TConn, ThreadWorker
from threadpoolctl import threadpool_limits

from steelyard import logs
from steelyard.data import builtin
from steelyard.http.app import create_app
from steelyard.http.shortcut import Shortcut
from steelyard.http.wiring import KEY, THREADS
from steelyard.lifeline import end_with_parent
from steelyard.settings import Settings

STOP_SECONDS = 10
LINGER_MILLISECONDS = 10
PIECE_BYTES = 1 << 16
SILENCE_SECONDS = 60


class Impatient(socket):
    """A connection that is lost when nothing comes, or goes, for a while in which a thread waits for it.

    Else each client that vanishes in the midst of a request, as by a closed lid, would keep a thread for good.
    """

    @classmethod
    def of(cls, accepted: socket) -> "Impatient":
        """The same connection, which `accepted` is no more."""
        found = cls(fileno=accepted.detach())
        found.setblocking(True)  # as it says that it is
        for way in (SO_RCVTIMEO, SO_SNDTIMEO):
            found.setsockopt(SOL_SOCKET, way, struct.pack("ll", SILENCE_SECONDS, 0))
        return found

    def recv(self, *arguments: int) -> bytes:
        """What has come."""
        try:
            return super().recv(*arguments)
        except BlockingIOError as error:
            raise self._lost(error) from None

    def sendall(self, *arguments: Any) -> None:
        """Send all of something."""
        try:
            super().sendall(*arguments)
        except BlockingIOError as error:
            raise self._lost(error) from None

    def _lost(self, error: OSError) -> OSError:
        waits = self.gettimeout() is None
        return ConnectionResetError(errno.ECONNRESET, f"silent for {SILENCE_SECONDS} s") if waits else error


class Lingering(ThreadWorker):  # type: ignore[misc]
    """gunicorn's threads, each of which listens a moment longer to the connection that it has answered.

    A client that asks again at once is answered by the same thread, on the same core, whose caches hold all that it
    takes: by way of the main thread, whichever thread is free answers, and takes nearly twice as long.
    """

    def handle(self, conn: TConn) -> Any:
        """Answer requests of a connection; true if there may be more, for which the main thread listens then."""
        if not isinstance(conn.sock, Impatient):
            conn.sock = Impatient.of(conn.sock)
        kept = self.answer(conn)
        while kept is True and self.alive and self._may_linger(conn) and _comes(conn, LINGER_MILLISECONDS):
            kept = self.answer(conn)
        return kept

    def answer(self, conn: TConn) -> Any:
        """Answer a request; true if there may be more."""
        return super().handle(conn)

    def _may_linger(self, conn: TConn) -> bool:
        """Whether there is a thread for each connection, and nothing of the next request has been read yet."""
        return self.nr_conns <= self.cfg.threads and not conn.parser.unreader.buf.getvalue()


def _comes(conn: TConn, milliseconds: int) -> bool:
    """Whether something comes, if only the end, within a moment."""
    poll = select.poll()
    poll.register(conn.sock, select.POLLIN)
    return bool(poll.poll(milliseconds))


class Listeners(Lingering):
    """Those threads, of which each looks for itself first whether a request can be answered by the shortcut."""

    def load_wsgi(self) -> None:
        """Load the application."""
        super().load_wsgi()
        self._shortcut = Shortcut(self.wsgi.extensions[KEY])

    def answer(self, conn: TConn) -> Any:
        """Answer a request; true if there may be more."""
        if not self._may_look(conn):
            return super().answer(conn)
        if conn.sock.gettimeout() is not None:  # the main thread has listened to it
            conn.sock.setblocking(True)
        conn.init()
        try:
            content = conn.sock.recv(PIECE_BYTES)
            asked = self._shortcut.read(content)
            if asked is not None:
                if len(content) < asked.end:
                    content += conn.sock.recv(asked.end - len(content), MSG_WAITALL)
                # With less, the client has gone; with more, it has not waited for the answer.
                body = content[asked.begin :]
                if len(content) == asked.end and self._shortcut.answer(asked, body, conn.sock.sendall):
                    return True
        except OSError:  # it has gone
            return False
        conn.parser.unreader.unread(content)
        return super().answer(conn)

    def _may_look(self, conn: TConn) -> bool:
        """Whether a request begins with what comes next, and the connection may stay open behind it."""
        stays_open = self.alive and len(self.keepalived_conns) < self.max_keepalived
        if not conn.initialized:
            return stays_open and _comes(conn, LINGER_MILLISECONDS)
        return stays_open and not conn.parser.unreader.buf.getvalue()


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

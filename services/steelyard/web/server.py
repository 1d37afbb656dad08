"""The API under uvicorn: one process, one event loop that reads requests, threads that answer them.

One process keeps the figures of /metrics whole; for more, run more of them behind a balancer.
"""

import asyncio
import resource
import signal
import socket
import sys
from asyncio import AbstractEventLoop, TimerHandle, Transport
from types import FrameType
from typing import Any, ClassVar

import uvicorn
from threadpoolctl import threadpool_limits
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from steelyard import logs
from steelyard.errors import InvalidRequest
from steelyard.http.accounting import choose_id
from steelyard.loading import loading
from steelyard.settings import Settings
from steelyard.web.front import Front
from steelyard.web.problems import make_problem

STOP_SECONDS = 10
IDLE_SECONDS = 60  # between requests, and before the first
HEAD_SECONDS = 15.0  # from the first byte of a request to the end of its head
HEAD_BYTES = 64 << 10
DEAF_SECONDS = 60  # how long a client may take nothing of an answer that is on its way
BACKLOG = 1024


class Bundling(Transport):
    """A transport that sends the first two things that are written in a turn of the event loop together.

    uvicorn writes an answer's head and its body apart: two packets, for each of which a client wakes up.
    """

    def __init__(self, transport: Transport, loop: AbstractEventLoop) -> None:
        super().__init__()
        self._transport = transport
        self._loop = loop
        self._waiting: list[bytes] = []

    def write(self, data: Any) -> None:
        """Send it with what waits; the first of a turn waits for the second, or for the next turn."""
        self._waiting.append(data)
        if len(self._waiting) == 1:
            self._loop.call_soon(self._send)
        else:
            self._send()

    def _send(self) -> None:
        if self._waiting:
            data = b"".join(self._waiting)
            self._waiting.clear()
            self._transport.write(data)

    def close(self) -> None:
        """Send what waits, and hang up."""
        self._send()
        self._transport.close()

    def abort(self) -> None:
        """Hang up at once."""
        self._waiting.clear()
        self._transport.abort()

    def is_closing(self) -> bool:
        """Whether it is being closed."""
        return self._transport.is_closing()

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """What is known of the connection."""
        return self._transport.get_extra_info(name, default)

    def pause_reading(self) -> None:
        """Take no more bytes from the client for now."""
        self._transport.pause_reading()

    def resume_reading(self) -> None:
        """Take bytes again."""
        self._transport.resume_reading()


class Guarded(HttpToolsProtocol):
    """uvicorn's HTTP/1.1, with a bound on the time and the bytes of a request's head, and problems as answers."""

    head_seconds: ClassVar[float] = HEAD_SECONDS
    _due: float | None = None  # when to hang up
    _timer: TimerHandle | None = None
    _head_bytes: int | None = 0  # `None` once the head is complete

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]
        """A client has connected; it has as long to begin as between two requests."""
        super().connection_made(Bundling(transport, self.loop))
        connection: socket.socket | None = transport.get_extra_info("socket")
        if connection is not None and sys.platform == "linux":
            # The kernel counts the time in which nothing that was sent is taken, whatever the client says meanwhile.
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, DEAF_SECONDS * 1000)
        self._expect(IDLE_SECONDS)

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is gone."""
        self._due = None
        if self._timer is not None:
            self._timer.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Bytes have arrived. Heads are bounded here, bodies in `bodies`."""
        if self._head_bytes is not None:
            self._head_bytes += len(data)
        super().data_received(data)
        if self._head_bytes is not None and self._head_bytes > HEAD_BYTES and not self.transport.is_closing():
            self.send_400_response(f"its head has more than {HEAD_BYTES} bytes")

    def on_message_begin(self) -> None:
        """A request begins."""
        super().on_message_begin()
        self._head_bytes = self._head_bytes or 0
        self._expect(self.head_seconds)

    def on_headers_complete(self) -> None:
        """A request's head is complete; its body is the front's to bound."""
        self._head_bytes = None
        self._expect(None)
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """A request is complete; whatever comes next is the head of another."""
        self._head_bytes = 0
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """A request is answered. One that was answered before its end may go on for a while, and is not kept."""
        super().on_response_complete()
        if self._head_bytes is None:
            self._expect(IDLE_SECONDS)

    def send_400_response(self, msg: str) -> None:
        """Answer what is no request of HTTP, and hang up."""
        status, headers, body = make_problem(InvalidRequest(f"this is not a valid HTTP request: {msg}"), "")
        lines = [f"HTTP/1.1 {status} Bad Request", *(f"{name}: {value}" for name, value in headers)]
        lines += [f"content-length: {len(body)}", f"x-request-id: {choose_id(None)}", "connection: close", "", ""]
        self.transport.write("\r\n".join(lines).encode() + body)
        self.transport.close()

    def _expect(self, seconds: float | None) -> None:
        """Hang up in so many seconds, or not at all.

        A timer for each request would cost as much as reading it: one looks at what holds when it comes.
        """
        self._due = None if seconds is None else self.loop.time() + seconds
        if self._due is not None and (self._timer is None or self._timer.when() > self._due):
            self._look_again_at(self._due)

    def _look_again_at(self, due: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self.loop.call_at(due, self._look)

    def _look(self) -> None:
        self._timer = None
        if self._due is None:
            return
        if self.loop.time() < self._due:
            self._look_again_at(self._due)
        else:
            self.transport.abort()


class Server(uvicorn.Server):
    """uvicorn, which tells the front that it stops: clients that wait and streams end then."""

    def __init__(self, front: Front, settings: Settings, protocol: type[Guarded] = Guarded) -> None:
        super().__init__(
            uvicorn.Config(
                front,
                host=settings.host,
                port=settings.port,
                http=protocol,
                ws="none",
                lifespan="off",
                loop="asyncio",
                log_config=None,
                log_level="warning",
                access_log=False,
                proxy_headers=False,
                server_header=False,
                backlog=BACKLOG,
                timeout_keep_alive=IDLE_SECONDS,
                timeout_graceful_shutdown=STOP_SECONDS,
            )
        )
        self._front = front

    async def shutdown(self, sockets: Any = None) -> None:
        """End what would go on, then all else."""
        self._front.stop()
        await super().shutdown(sockets)


def serve(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT."""
    for number in (signal.SIGINT, signal.SIGTERM):  # uvicorn raises what it got once more when it has stopped
        signal.signal(number, _end)
    logs.configure(settings.log_format, settings.log_level)
    threadpool_limits(1, "blas")  # as in training processes: a prediction has the same bits wherever it is made
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))  # each connection is a file
    # What is made here stays. Without the collector going through it, a prediction costs the processor a third less on
    # average, and none waits for a full collection.
    with loading():
        front = Front(settings)
    try:
        asyncio.run(Server(front, settings).serve())
    finally:
        front.close()


def _end(_: int, __: FrameType | None) -> None:
    sys.exit(0)

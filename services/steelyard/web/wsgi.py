"""Runs the Flask application for requests that the event loop has taken: in a thread, and only as long as it works.

A body is complete before a thread is asked. An answer that is generated is taken a piece at a time, so a client that
reads slowly holds no thread.
"""

import asyncio
import contextvars
import sys
from collections.abc import AsyncGenerator, Callable, Iterable, Iterator
from concurrent.futures import Executor
from dataclasses import dataclass, field
from typing import Any, TypeVar

from steelyard.http.environment import BODY_FILE
from steelyard.web.bodies import Body

PIECE_BYTES = 256 << 10
T = TypeVar("T")
SERVERS = "date"  # the server writes it itself
APART = ("content-type", "content-length")  # which CGI names without HTTP_


@dataclass
class Answer:
    """What the application answered. `left` is what a view left in the environment.

    Its body is `whole` if it is short, since each visit to a thread takes a tenth of a millisecond; else it comes from
    `pieces`.
    """

    status: int
    headers: list[tuple[bytes, bytes]]
    left: dict[str, Any]
    _iterable: Iterable[bytes]
    _context: contextvars.Context
    _threads: Executor
    _iterator: Iterator[bytes] = field(init=False)
    whole: bytes | None = field(init=False)

    def __post_init__(self) -> None:
        self._iterator = iter(self._iterable)
        length = dict(self.headers).get(b"content-length")
        self.whole = b"".join(self._iterator) if length is not None and int(length) <= PIECE_BYTES else None

    async def pieces(self) -> AsyncGenerator[bytes, None]:
        """The body, in pieces of at most `PIECE_BYTES`."""
        while block := await self._in_thread(self._next):
            for start in range(0, len(block), PIECE_BYTES):
                yield block[start : start + PIECE_BYTES]

    async def close(self) -> None:
        """Let the application free what the answer holds."""
        if (close := getattr(self._iterable, "close", None)) is not None:
            await self._in_thread(close)

    async def _in_thread(self, step: Callable[[], T]) -> T:
        """Take a step in a thread. It ends before this does, even if this is cancelled: no two are taken at once."""
        taken = asyncio.get_running_loop().run_in_executor(self._threads, self._context.run, step)
        try:
            return await asyncio.shield(taken)
        except asyncio.CancelledError:
            await asyncio.wait({taken})
            raise

    def _next(self) -> bytes:
        """A few pieces at once, since each visit to a thread costs more than a small piece."""
        taken = bytearray()
        for piece in self._iterator:
            taken += piece
            if len(taken) >= PIECE_BYTES:
                break
        return bytes(taken)


class Application:
    """A WSGI application, whose calls run in `threads`."""

    def __init__(self, wsgi: Callable[..., Iterable[bytes]], threads: Executor) -> None:
        self._wsgi = wsgi
        self._threads = threads

    async def call(self, environ: dict[str, Any]) -> Answer:
        """Have a request answered."""
        context = contextvars.copy_context()
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, context.run, self._call, environ, context)

    def _call(self, environ: dict[str, Any], context: contextvars.Context) -> Answer:
        started: list[Any] = []

        def start_response(status: str, headers: list[tuple[str, str]], _: Any = None) -> Callable[[bytes], object]:
            started[:] = [int(status.split(" ", 1)[0]), headers]
            return _write

        iterable = self._wsgi(environ, start_response)
        status, headers = started
        lower = ((name.lower(), value) for name, value in headers)
        encoded = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in lower if name != SERVERS]
        return Answer(status, encoded, environ, iterable, context, self._threads)


def _write(_: bytes) -> object:
    raise RuntimeError("the application writes its answer; only those that return it are served")


def make_environ(scope: dict[str, Any], headers: dict[str, str], body: Body) -> dict[str, Any]:
    """The request as PEP 3333 has it. `headers` are those of `scope`, names in lower case.

    Names with an underscore are dropped: in the environment they could not be told from those with a hyphen.
    """
    server, client = scope["server"] or ("", 0), scope["client"] or ("", 0)
    environ: dict[str, Any] = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": "",
        "PATH_INFO": scope["path"].encode(errors="surrogateescape").decode("latin-1"),
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "SERVER_NAME": server[0],
        "SERVER_PORT": str(server[1]),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "REMOTE_ADDR": client[0],
        "CONTENT_LENGTH": str(body.length),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope["scheme"],
        "wsgi.input": body.stream,
        "wsgi.input_terminated": True,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        BODY_FILE: body.file,
    }
    for name, value in headers.items():
        if name not in APART and "_" not in name:
            environ[f"HTTP_{name.upper().replace('-', '_')}"] = value
    if "content-type" in headers:
        environ["CONTENT_TYPE"] = headers["content-type"]
    return environ

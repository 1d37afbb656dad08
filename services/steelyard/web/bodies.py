"""Request bodies, received by the event loop before a thread is used, with limits on time, memory and disk.

Documents are kept in memory and share a budget. Files are written to disk as they arrive.
"""

import asyncio
import io
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from concurrent.futures import Executor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import IO, Any

from steelyard.errors import InvalidRequest, PayloadTooLarge, RequestTimeout, Unavailable
from steelyard.store.tempfiles import passing_file

BODY_SECONDS = 60.0  # for any body, and as much longer as it takes at the least rate
LEAST_BYTES_A_SECOND = 16 << 10
BUDGET_BODIES = 2  # documents of the greatest size that may be in memory at once
PIECE_BYTES = 1 << 20

Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]


class ClientGone(Exception):
    """The client disconnected before its request was complete."""


@dataclass(frozen=True)
class Body:
    """A complete body: the bytes of a document, or a file on disk."""

    content: bytes
    length: int
    file: IO[bytes] | None = None

    @property
    def stream(self) -> IO[bytes]:
        """All of it, from the beginning."""
        if self.file is None:
            return io.BytesIO(self.content)
        self.file.seek(0)
        return self.file


NONE = Body(b"", 0)


@dataclass(frozen=True)
class Announced:
    """The body as the request's headers announce it: its length, unless it is chunked."""

    length: int | None
    chunked: bool

    @classmethod
    def of(cls, headers: dict[str, str]) -> "Announced":
        """Read the headers (names in lower case)."""
        length = headers.get("content-length")
        return cls(int(length) if length else None, "transfer-encoding" in headers)

    @property
    def is_empty(self) -> bool:
        """Whether there is no body."""
        return not self.length and not self.chunked


class Bodies:
    """Takes bodies; `threads` write what goes to disk."""

    def __init__(self, *, most_document_bytes: int, threads: Executor, seconds: float = BODY_SECONDS) -> None:
        self._budget = BUDGET_BODIES * most_document_bytes
        self._held = 0
        self._threads = threads
        self._seconds = seconds

    def document(self, receive: Receive, announced: Announced, most: int) -> "Document":
        """A document in memory, which counts against the budget as long as this context lasts.

        Entering it raises `ClientGone`, `InvalidRequest`, `PayloadTooLarge`, `RequestTimeout`, `Unavailable`.
        """
        return Document(self, receive, announced, most)

    @asynccontextmanager
    async def file(self, receive: Receive, announced: Announced, most: int) -> AsyncIterator[Body]:
        """A file on disk. Raises as `document` does."""
        loop = asyncio.get_running_loop()
        waiting = bytearray()

        async def write() -> None:
            await loop.run_in_executor(self._threads, _write, file, bytes(waiting))
            waiting.clear()

        async def keep(piece: bytes) -> None:
            nonlocal waiting
            waiting += piece
            if len(waiting) >= PIECE_BYTES:
                await write()

        with passing_file() as file:
            length = await self.take(receive, announced, most, keep)
            await write()
            yield Body(b"", length, file)

    def hold(self, length: int) -> None:
        """Count so many bytes against the budget. Raises `Unavailable` if they are too many, which are counted too."""
        self._held += length
        if self._held > self._budget:
            raise Unavailable("requests in progress use all memory reserved for request bodies; try again later")

    def release(self, length: int) -> None:
        """Count so many bytes no more."""
        self._held -= length

    async def take(
        self, receive: Receive, announced: Announced, most: int, keep: Callable[[bytes], Awaitable[None]]
    ) -> int:
        """Hand each piece of a body to `keep`; the number of bytes in all."""
        if announced.length is not None and announced.length > most:
            raise PayloadTooLarge(f"the body has {announced.length} bytes; the limit is {most}")
        clock = asyncio.get_running_loop().time
        started, done, more = clock(), 0, True
        try:
            async with asyncio.timeout(self._seconds) as deadline:
                while more:
                    message = await receive()
                    if message["type"] == "http.disconnect":
                        raise ClientGone
                    piece, more = message.get("body", b""), message.get("more_body", False)
                    done += len(piece)
                    if done > most:
                        raise PayloadTooLarge(f"the body has more than {most} bytes; this is the limit")
                    if piece:
                        await keep(piece)
                    if more:
                        deadline.reschedule(started + self._seconds + done / LEAST_BYTES_A_SECOND)
        except TimeoutError:
            raise RequestTimeout(f"after {clock() - started:.0f} s only {done} bytes of the body had arrived") from None
        if announced.length is not None and done < announced.length:
            raise InvalidRequest(f"the body ended after {done} of {announced.length} bytes")
        return done


class Document:
    """The context of `Bodies.document`: a class, as a generator takes half as long as the rest."""

    def __init__(self, bodies: Bodies, receive: Receive, announced: Announced, most: int) -> None:
        self._bodies = bodies
        self._arguments = receive, announced, most
        self._pieces: list[bytes] = []
        self._length = 0

    async def __aenter__(self) -> Body:
        try:
            await self._bodies.take(*self._arguments, self._keep)
        except BaseException:
            self._bodies.release(self._length)
            raise
        pieces, self._pieces = self._pieces, []
        return Body(pieces[0] if len(pieces) == 1 else b"".join(pieces), self._length)

    async def __aexit__(self, *_: object) -> None:
        self._bodies.release(self._length)

    async def _keep(self, piece: bytes) -> None:
        self._pieces.append(piece)
        self._length += len(piece)
        self._bodies.hold(len(piece))


def _write(file: IO[bytes], content: bytes) -> None:
    """Write all of it: a disk that is nearly full takes a part at first, and says why with the rest."""
    left = memoryview(content)
    while left:
        left = left[file.write(left) :]

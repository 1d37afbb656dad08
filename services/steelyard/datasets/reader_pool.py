"""Reads files in separate processes, which are started on demand and reused.

A process that dies, hangs or runs out of memory is replaced, and the service is not affected. If a process dies,
another one reads the file again from the start, because the cause may lie outside the file.
"""

import contextlib
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property, partial
from queue import Empty, LifoQueue
from threading import BoundedSemaphore
from typing import Any

import orjson

from steelyard.datasets.orders import PROCESSOR_SECONDS
from steelyard.errors import (
    Fault,
    InvalidRequest,
    PayloadTooLarge,
    SteelyardError,
    TooLargeToRead,
    Unavailable,
    UnreadableData,
    ValidationFailed,
    pointer,
)
from steelyard.logs import get_logger
from steelyard.store.tempfiles import passing_file
from steelyard.tabular import chunks
from steelyard.tabular.chunks import Part
from steelyard.tabular.column import Column
from steelyard.tabular.readers.options import Dialect
from steelyard.tabular.readers.unnamed_files import path_of
from steelyard.tabular.table import Table

SECONDS = 180.0  # by the clock; of processor time, `PROCESSOR_SECONDS`
AT_ONCE = 2
PLAIN = Dialect()
FILES_BEFORE_RETIREMENT = 100
REFUSALS = {"unreadable", "refused", "too_large", "no_room"}
log = get_logger(__name__)


# Signals that come from outside the parser: from the kernel when memory runs out, or from an operator.
FROM_OUTSIDE = {signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT}


class ReaderDied(Exception):
    """The process ended while it read a file; `status` is a negative signal number, or an exit status."""

    def __init__(self, status: int) -> None:
        super().__init__(signal.Signals(-status).name if status < 0 else f"status {status}")
        self.status = status

    @property
    def cause(self) -> int:
        """The signal that ended it; 0 if it ended itself."""
        return max(0, -self.status)


@dataclass(frozen=True)
class Parsed:
    """What a file holds: the number of rows and the dialect, then the profile of each column, then the columns.

    A file can be reported as unreadable at any of them.
    """

    rows: int
    found: dict[str, Any]
    path: str
    wait: Callable[[], dict[str, Any]]  # for the profiles, and then for the next part of every column

    @cached_property
    def columns(self) -> list[dict[str, Any]]:
        """The profile of each column. Raises what `Reading.wait` raises."""
        columns: list[dict[str, Any]] = self.wait()["columns"]
        return columns

    def parts(self) -> Iterator[Part]:
        """The columns in parts, once all of them are written. Raises what `Reading.wait` raises."""
        columns = len(self.columns)
        for _ in range(0, self.rows, chunks.ROWS):
            self.wait()
        return (part for together in self._read(columns, lambda: None) for part in together)

    def tables(self) -> Iterator[Table]:
        """The rows as tables of at most `parts.ROWS`, as they come. Raises what `columns` raises."""
        described = self.columns
        for together in self._read(len(described), self.wait):
            facts = zip(described, together, strict=True)
            columns = {fact["name"]: Column.from_json(fact, partial(chunks.join, [part])) for fact, part in facts}
            yield Table(columns, together[0].rows)

    def _read(self, columns: int, wait: Callable[[], object]) -> Iterator[list[Part]]:
        """Parts of the same rows, one of each column."""
        with open(self.path, "rb") as file:  # noqa: PTH123 -- as the process writes it
            for _ in range(0, self.rows, chunks.ROWS):
                wait()
                yield [chunks.read(file) for _ in range(columns)]


class Readers:
    """Reads files, `AT_ONCE` at a time, each with at most `memory_bytes` of address space."""

    def __init__(self, *, memory_bytes: int) -> None:
        self._memory_bytes = memory_bytes
        self._idle: LifoQueue[Reader] = LifoQueue()
        self._room = BoundedSemaphore(AT_ONCE)

    @contextmanager
    def read(
        self,
        path: str,
        form: str,
        *,
        max_bytes: int,
        dialect: Dialect = PLAIN,
        wanted: Mapping[str, bool] | None = None,
        usual: Mapping[str, Any] | None = None,
    ) -> Iterator[Parsed]:
        """What the file at `path` holds.

        With `wanted`, the columns of these names alone, with no profile but their kind; all columns of a file that
        lacks one of them. In a CSV file, those for which it is true hold texts, whatever they look like. These are the
        inputs of a request, written as is `usual` where that fits: a wrong value raises `ValidationFailed`, naming row
        and column. Else raises `UnreadableData`, `TooLargeToRead`, `Unavailable`.
        """
        order = {"from": path, "format": form, "max_bytes": max_bytes, "dialect": dialect.to_json()}
        order |= {"wanted": wanted, "usual": usual}
        with self._room, passing_file() as file:
            written = path_of(file)
            reading = Reading(self._take, order | {"to": written}, memory_bytes=self._memory_bytes)
            try:
                facts = reading.begin()
                try:
                    yield Parsed(facts["rows"], facts["found"], written, reading.wait)
                except ValidationFailed:  # the rows are invalid; the process is fine and serves again
                    reading.finish()
                    raise
                reading.finish()
            finally:
                self._give_back(reading.reader)

    def stop(self) -> None:
        """End the processes that wait for a file."""
        with contextlib.suppress(Empty):
            while True:
                self._idle.get_nowait().kill()

    def _give_back(self, reader: "Reader") -> None:
        """Keep a process for the next file if it has finished this one."""
        if reader.is_free and reader.files < FILES_BEFORE_RETIREMENT:
            self._idle.put(reader)
        else:
            reader.kill()

    def _take(self) -> "Reader":
        with contextlib.suppress(Empty):
            while True:
                reader = self._idle.get_nowait()
                if reader.alive:
                    return reader
                reader.kill()
        return Reader(self._memory_bytes)


class Reading:
    """One file that is being read: by a second process, from the start, if the first one dies."""

    def __init__(self, take: Callable[[], "Reader"], order: dict[str, Any], *, memory_bytes: int) -> None:
        self.reader = take()
        self._take = take
        self._order = order
        self._memory_bytes = memory_bytes
        self._answers = 0
        self._deaths: list[ReaderDied] = []

    def begin(self) -> dict[str, Any]:
        """The first answer. Raises what `wait` raises."""
        try:
            answer = self.reader.ask(self._order)
        except ReaderDied as death:
            answer = self._read_again(death)
        return self._checked(answer)

    def wait(self) -> dict[str, Any]:
        """The next answer. Raises `UnreadableData`, `TooLargeToRead`, `ValidationFailed`, `Unavailable`."""
        try:
            answer = self.reader.wait()
        except ReaderDied as death:
            answer = self._read_again(death)
        return self._checked(answer)

    def finish(self) -> None:
        """Wait until the columns are written."""
        while not self.reader.is_free:
            self.wait()

    def _read_again(self, death: ReaderDied) -> dict[str, Any]:
        """The next answer, from a second process; its earlier answers repeat those of the process that died."""
        self._deaths.append(death)
        log.warning("a process died over a file", reason=str(death), times=len(self._deaths))
        if len(self._deaths) > 1 or death.cause == signal.SIGXCPU:
            raise self._refusal() from None
        self.reader.kill()
        self.reader = self._take()
        try:
            answer = self.reader.ask(self._order)
            for _ in range(self._answers):
                if not answer.keys().isdisjoint(REFUSALS):
                    break
                answer = self.reader.wait()
        except ReaderDied as second:
            return self._read_again(second)
        return answer

    def _refusal(self) -> SteelyardError:
        """The error that follows from how the processes died."""
        causes = {death.cause for death in self._deaths}
        names = " and ".join(sorted({str(death) for death in self._deaths}))
        if signal.SIGXCPU in causes:
            limit = f"{PROCESSOR_SECONDS} s of processor time"
            return TooLargeToRead(f"reading the file takes more than {limit}; send it in several parts")
        if causes & FROM_OUTSIDE:
            return Unavailable(
                f"the process that read the file was killed twice ({names}), as happens when the machine runs out of "
                "memory; send the file again later, or in several parts"
            )
        if signal.SIGABRT in causes:  # libraries abort when they get no memory
            limit = f"{self._memory_bytes >> 20} MiB"
            return TooLargeToRead(
                f"reading the file failed twice ({names}): it needs more than the limit of {limit} of memory, or it is "
                "damaged"
            )
        return UnreadableData(f"the file crashes the parser, twice in a row ({names}): it is damaged, or malformed")

    def _checked(self, answer: dict[str, Any]) -> dict[str, Any]:
        self._answers += 1
        if "unreadable" in answer:
            self.reader.is_free = True
            if self._order["wanted"] is not None and answer["row"] and answer["column"]:
                place = pointer("inputs", answer["row"] - 1, answer["column"])
                raise ValidationFailed([Fault(place, answer["detail"])])
            raise UnreadableData(answer["unreadable"])
        if "refused" in answer:
            self.reader.is_free = True
            kind = PayloadTooLarge if answer["refused"]["slug"] == PayloadTooLarge.slug else InvalidRequest
            raise kind(answer["refused"]["detail"])
        if "too_large" in answer:
            raise TooLargeToRead(f"reading the file needs more memory than the limit of {self._memory_bytes >> 20} MiB")
        if "no_room" in answer:
            raise Unavailable("the directory for temporary files is full; send the file again when there is space")
        self.reader.is_free = answer.get("written", False)
        return answer


class Reader:
    """One process that reads."""

    def __init__(self, memory_bytes: int) -> None:
        self.files = 0
        self.is_free = True
        self._unread = b""
        # Few arenas and no pool of Arrow's own: what counts against the bound is what is in use.
        # On AMD's Zen 4, NumPy sorts five times as fast with AVX2 as with AVX-512; elsewhere equally fast.
        quiet = {"ARROW_DEFAULT_MEMORY_POOL": "system", "MALLOC_ARENA_MAX": "2", "OPENBLAS_NUM_THREADS": "1"}
        quiet |= {"NPY_DISABLE_CPU_FEATURES": "X86_V4 AVX512_ICL AVX512_SPR"}
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "steelyard.datasets.reader_process", str(memory_bytes), str(os.getpid())],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env=os.environ | quiet,
                start_new_session=True,
            )
        except OSError as error:
            raise Unavailable(f"cannot start a process to read the file: {error.strerror}") from error

    @property
    def alive(self) -> bool:
        """Whether it still runs."""
        return self._process.poll() is None

    def ask(self, order: dict[str, Any]) -> dict[str, Any]:
        """Its first answer. Raises `ReaderDied`, `Unavailable`."""
        if self.files == 0:
            self._line(time.monotonic() + SECONDS)  # that it is ready
        self.files += 1
        self.is_free = False
        self._say(orjson.dumps(order) + b"\n")
        return self.wait()

    def wait(self) -> dict[str, Any]:
        """Its next answer. Raises `ReaderDied`, `Unavailable`."""
        answer: dict[str, Any] = orjson.loads(self._line(time.monotonic() + SECONDS))
        return answer

    def _say(self, line: bytes) -> None:
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(line)
            self._process.stdin.flush()
        except BrokenPipeError:
            raise ReaderDied(self._process.wait()) from None

    def _line(self, end: float) -> bytes:
        while b"\n" not in self._unread:
            if not self._comes(max(0.0, end - time.monotonic())):
                raise Unavailable(f"reading the file took longer than {SECONDS:.0f} s; send it again later")
            if not self._receive():
                raise ReaderDied(self._process.wait())
        line, self._unread = self._unread.split(b"\n", 1)
        return line

    def _comes(self, within: float) -> bool:
        assert self._process.stdout is not None
        return bool(select.select([self._process.stdout], [], [], within)[0])

    def _receive(self) -> bool:
        """Receive what has arrived; false at the end of the output."""
        assert self._process.stdout is not None
        received = os.read(self._process.stdout.fileno(), 1 << 16)
        self._unread += received
        return bool(received)

    def kill(self) -> None:
        """End it at once."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with contextlib.suppress(BrokenPipeError):
                    pipe.close()

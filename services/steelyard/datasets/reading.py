"""Has files read in processes of their own, which are made when first needed and kept for the next file.

A process that dies, hangs or runs out of memory over a file is replaced; nothing of it reaches the service.
"""

import contextlib
import os
import select
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from queue import Empty, LifoQueue
from threading import BoundedSemaphore
from typing import Any, BinaryIO

import orjson

from steelyard.data import parts
from steelyard.data.column import Column, Values
from steelyard.data.files.options import Dialect
from steelyard.data.parts import Part
from steelyard.data.table import Table
from steelyard.errors import Fault, TooLargeToRead, UnreadableData, ValidationFailed, pointer
from steelyard.logs import get_logger

SECONDS = 180.0  # by the clock; of processor time, `process.SECONDS`
AT_ONCE = 2
PLAIN = Dialect()
FILES_BEFORE_RETIREMENT = 100
log = get_logger(__name__)


class ReadingFailed(Exception):
    """The process did not survive the file; the message says how."""


@dataclass(frozen=True)
class Parsed:
    """What a file held: its rows, the profile of each column, how it was written, and the file with its parts."""

    rows: int
    columns: list[dict[str, Any]]
    found: dict[str, Any]
    file: BinaryIO

    def parts(self) -> Iterator[Part]:
        """The parts of all columns, column by column."""
        self.file.seek(0)
        return parts.read(self.file)

    def table(self) -> Table:
        """All of it as a table."""
        of_column: dict[int, list[Part]] = {}
        for part in self.parts():
            of_column.setdefault(part.column, []).append(part)
        values: list[Values] = [parts.join(of_column[place]) for place in range(len(self.columns))]
        facts = zip(self.columns, values, strict=True)
        return Table({fact["name"]: Column.of(fact["kind"], each) for fact, each in facts}, self.rows)


class Readers:
    """Reads files, `AT_ONCE` at a time, each with at most `memory_bytes` of address space."""

    def __init__(self, *, memory_bytes: int) -> None:
        self._memory_bytes = memory_bytes
        self._idle: LifoQueue[Reader] = LifoQueue()
        self._room = BoundedSemaphore(AT_ONCE)

    @contextmanager
    def read(
        self, path: str, form: str, *, max_bytes: int, dialect: Dialect = PLAIN, wanted: Sequence[str] | None = None
    ) -> Iterator[Parsed]:
        """What the file at `path` holds. Raises `UnreadableData`, `TooLargeToRead`.

        With `wanted`, the columns of these names alone, with no profile but their kind; all columns of a file that
        lacks one of them. These are the inputs of a request: a value of theirs that cannot be raises
        `ValidationFailed`, naming row and column.
        """
        with self._room, tempfile.NamedTemporaryFile(prefix="steelyard-") as file:
            order = {"from": path, "to": file.name, "format": form, "max_bytes": max_bytes}
            answer = self._answer(order | {"dialect": asdict(dialect), "wanted": wanted})
            if "unreadable" in answer:
                if wanted is not None and answer["row"] and answer["column"]:
                    place = pointer("inputs", answer["row"] - 1, answer["column"])
                    raise ValidationFailed([Fault(place, answer["detail"])])
                raise UnreadableData(answer["unreadable"])
            if "too_large" in answer:
                raise TooLargeToRead(
                    f"reading it needs more than the {self._memory_bytes >> 20} MiB that there are for it"
                )
            with open(file.name, "rb") as written:  # noqa: PTH123 -- read as the process left it
                yield Parsed(answer["rows"], answer["columns"], answer["found"], written)

    def stop(self) -> None:
        """End the processes that wait for a file."""
        with contextlib.suppress(Empty):
            while True:
                self._idle.get_nowait().kill()

    def _answer(self, order: dict[str, Any]) -> dict[str, Any]:
        reader = self._take()
        try:
            answer = reader.ask(order)
        except ReadingFailed as failure:
            log.warning("a process that read a file is lost", reason=str(failure), format=order["format"])
            reader.kill()
            raise UnreadableData(f"reading it was given up: {failure}") from None
        except BaseException:
            reader.kill()
            raise
        if "too_large" in answer or reader.files >= FILES_BEFORE_RETIREMENT:
            reader.kill()
        else:
            self._idle.put(reader)
        return answer

    def _take(self) -> "Reader":
        with contextlib.suppress(Empty):
            while True:
                reader = self._idle.get_nowait()
                if reader.alive:
                    return reader
                reader.kill()
        return Reader(self._memory_bytes)


class Reader:
    """One process that reads."""

    def __init__(self, memory_bytes: int) -> None:
        self.files = 0
        self._unread = b""
        # Few arenas and no pool of Arrow's own: what counts against the bound is what is in use.
        quiet = {"ARROW_DEFAULT_MEMORY_POOL": "system", "MALLOC_ARENA_MAX": "2", "OPENBLAS_NUM_THREADS": "1"}
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "steelyard.datasets.process", str(memory_bytes), str(os.getpid())],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=os.environ | quiet,
            start_new_session=True,
        )

    @property
    def alive(self) -> bool:
        """Whether it still runs."""
        return self._process.poll() is None

    def ask(self, order: dict[str, Any]) -> dict[str, Any]:
        """Its answer. Raises `ReadingFailed`."""
        assert self._process.stdin is not None
        self.files += 1
        end = time.monotonic() + SECONDS
        try:
            if self.files == 1:
                self._line(end)  # that it is ready
            self._process.stdin.write(orjson.dumps(order) + b"\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            raise ReadingFailed("the process that should read it was gone") from None
        answer: dict[str, Any] = orjson.loads(self._line(end))
        return answer

    def _line(self, end: float) -> bytes:
        assert self._process.stdout is not None
        while b"\n" not in self._unread:
            readable, _, _ = select.select([self._process.stdout], [], [], max(0.0, end - time.monotonic()))
            if not readable:
                raise ReadingFailed(f"it took longer than {SECONDS:.0f} s")
            received = os.read(self._process.stdout.fileno(), 1 << 16)
            if not received:
                code = self._process.wait()
                raise ReadingFailed(f"the process that read it ended with status {code}")
            self._unread += received
        line, self._unread = self._unread.split(b"\n", 1)
        return line

    def kill(self) -> None:
        """End it at once."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with contextlib.suppress(BrokenPipeError):
                    pipe.close()

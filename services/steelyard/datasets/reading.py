"""Has files read in processes of their own, which are made when first needed and kept for the next file.

A process that dies, hangs or runs out of memory over a file is replaced; nothing of it reaches the service.
"""

import contextlib
import os
import select
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property, partial
from queue import Empty, LifoQueue
from threading import BoundedSemaphore
from typing import Any

import orjson

from steelyard.data import parts
from steelyard.data.column import Column
from steelyard.data.files.options import Dialect
from steelyard.data.files.unnamed import path_of
from steelyard.data.parts import Part
from steelyard.data.table import Table
from steelyard.datasets.passing import passing_file
from steelyard.datasets.signals import END, MORE
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
    """What a file holds: its rows, how it was written; then the profile of each column; and then its columns.

    What is said of a file as unreadable may come with any of them.
    """

    rows: int
    found: dict[str, Any]
    path: str
    wait: Callable[[], dict[str, Any]]  # for the profiles, and then for the next part of every column
    soon: Callable[[float], bool]  # whether that comes within so many seconds

    @cached_property
    def columns(self) -> list[dict[str, Any]]:
        """The profile of each column. Raises `UnreadableData`, `TooLargeToRead`, `ValidationFailed`."""
        columns: list[dict[str, Any]] = self.wait()["columns"]
        return columns

    def parts(self) -> Iterator[Part]:
        """The columns in parts, once all of them are there. Raises `UnreadableData`, `TooLargeToRead`."""
        columns = len(self.columns)
        for _ in range(0, self.rows, parts.ROWS):
            self.wait()
        return (part for together in self._read(columns, lambda: None) for part in together)

    def tables(self) -> Iterator[Table]:
        """The rows as tables of at most `parts.ROWS`, as they come. Raises what `columns` raises."""
        described = self.columns
        for together in self._read(len(described), self.wait):
            facts = zip(described, together, strict=True)
            columns = {
                fact["name"]: Column.of(fact["kind"], parts.join([part]), is_time=fact["time_of_day"])
                for fact, part in facts
            }
            yield Table(columns, together[0].rows)

    def _read(self, columns: int, wait: Callable[[], object]) -> Iterator[list[Part]]:
        """Parts of the same rows, one of each column."""
        with open(self.path, "rb") as file:  # noqa: PTH123 -- as the process writes it
            for _ in range(0, self.rows, parts.ROWS):
                wait()
                yield [parts.read(file) for _ in range(columns)]


class Readers:
    """Reads files, `AT_ONCE` at a time, each with at most `memory_bytes` of address space.

    One more is read while it still arrives. It has a place of its own: a slow sender must not keep others waiting.
    """

    def __init__(self, *, memory_bytes: int) -> None:
        self._memory_bytes = memory_bytes
        self._idle: LifoQueue[Reader] = LifoQueue()
        self._room = BoundedSemaphore(AT_ONCE)
        self._early = BoundedSemaphore(1)

    @contextmanager
    def read(
        self,
        path: str,
        form: str,
        *,
        max_bytes: int,
        dialect: Dialect = PLAIN,
        arriving: Iterable[object] = (),
        wanted: Mapping[str, bool] | None = None,
    ) -> Iterator[Parsed]:
        """What the file at `path` holds, once `arriving`, which gives an item for each piece of it, has ended.

        With `wanted`, the columns of these names alone, with no profile but their kind; all columns of a file that
        lacks one of them. In a CSV file, those for which it is true hold texts, whatever they look like. These are the
        inputs of a request: a value of theirs that cannot be raises `ValidationFailed`, naming row and column. Else
        raises `UnreadableData`, `TooLargeToRead`.
        """
        order = {"from": path, "format": form, "max_bytes": max_bytes, "dialect": dialect.to_json(), "wanted": wanted}
        with (
            self._place(arriving) as still_arriving,
            passing_file() as file,
            self._reader() as reader,
        ):
            written = path_of(file)
            asked = order | {"to": written}
            checked = partial(self._checked, reader, are_inputs=wanted is not None)
            facts = checked(lambda: reader.ask(asked, still_arriving))
            try:
                yield Parsed(facts["rows"], facts["found"], written, lambda: checked(reader.wait), reader.speaks)
            except ValidationFailed:  # the rows are not as they should be; the process is, and serves again
                self._finish(reader)
                raise
            self._finish(reader)

    @contextmanager
    def _place(self, arriving: Iterable[object]) -> Iterator[Iterable[object]]:
        """Room for one more file, and what is still to come of it."""
        if arriving != () and self._early.acquire(blocking=False):
            try:
                yield arriving
            finally:
                self._early.release()
            return
        for _ in arriving:
            pass
        with self._room:
            yield ()

    def _finish(self, reader: "Reader") -> None:
        """Wait until the columns are written."""
        while not reader.is_free:
            self._checked(reader, reader.wait)

    def _checked(
        self, reader: "Reader", ask: Callable[[], dict[str, Any]], *, are_inputs: bool = False
    ) -> dict[str, Any]:
        """An answer. Raises `UnreadableData`, `TooLargeToRead`, `ValidationFailed` if that is what it says."""
        try:
            answer = ask()
        except ReadingFailed as failure:
            log.warning("a process that read a file is lost", reason=str(failure))
            raise UnreadableData(f"reading it was given up: {failure}") from None
        if "unreadable" in answer:
            reader.is_free = True
            if are_inputs and answer["row"] and answer["column"]:
                place = pointer("inputs", answer["row"] - 1, answer["column"])
                raise ValidationFailed([Fault(place, answer["detail"])])
            raise UnreadableData(answer["unreadable"])
        if "too_large" in answer:
            raise TooLargeToRead(f"reading it needs more than the {self._memory_bytes >> 20} MiB that there are for it")
        reader.is_free = answer.get("written", False)
        return answer

    def stop(self) -> None:
        """End the processes that wait for a file."""
        with contextlib.suppress(Empty):
            while True:
                self._idle.get_nowait().kill()

    @contextmanager
    def _reader(self) -> Iterator["Reader"]:
        """A process for one file; it is kept for the next if it has done with this one."""
        reader = self._take()
        try:
            yield reader
        finally:
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


class Reader:
    """One process that reads."""

    def __init__(self, memory_bytes: int) -> None:
        self.files = 0
        self.is_free = True
        self._unread = b""
        # Few arenas and no pool of Arrow's own: what counts against the bound is what is in use.
        # NumPy sorts five times as fast with AVX2 as with AVX-512 on AMD's Zen 4, and as fast elsewhere.
        quiet = {"ARROW_DEFAULT_MEMORY_POOL": "system", "MALLOC_ARENA_MAX": "2", "OPENBLAS_NUM_THREADS": "1"}
        quiet |= {"NPY_DISABLE_CPU_FEATURES": "X86_V4 AVX512_ICL AVX512_SPR"}
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

    def ask(self, order: dict[str, Any], arriving: Iterable[object]) -> dict[str, Any]:
        """Its first answer, once `arriving` has ended. Raises `ReadingFailed`."""
        if self.files == 0:
            self._line(time.monotonic() + SECONDS)  # that it is ready
        self.files += 1
        self.is_free = False
        self._say(orjson.dumps(order) + b"\n")
        for _ in arriving:
            self._say(MORE)
        self._say(END)
        return self.wait()

    def wait(self) -> dict[str, Any]:
        """Its next answer. Raises `ReadingFailed`."""
        answer: dict[str, Any] = orjson.loads(self._line(time.monotonic() + SECONDS))
        return answer

    def speaks(self, within: float) -> bool:
        """Whether an answer begins within so many seconds."""
        assert self._process.stdout is not None
        return bool(self._unread or select.select([self._process.stdout], [], [], within)[0])

    def _say(self, line: bytes) -> None:
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(line)
            self._process.stdin.flush()
        except BrokenPipeError:
            raise ReadingFailed("the process that should read it was gone") from None

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

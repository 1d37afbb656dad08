"""Files are read in a process of their own: the good come out right, the bad are told apart and do no harm."""

import io
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from steelyard.datasets import reader_pool
from steelyard.datasets.reader_pool import Readers
from steelyard.errors import SteelyardError, TooLargeToRead, Unavailable
from steelyard.tabular.table import stack
from tests.datasets.corpus import (
    CORPUS,
    PARQUET,
    Bad,
)
from tests.datasets.reading import MAX_BYTES, lists, read
from tests.service import command_of

SECONDS = 2.0


@pytest.mark.parametrize("bad", CORPUS, ids=lambda bad: bad.name)
def test_a_bad_file_gets_one_clear_answer_soon(readers: Readers, tmp_path: Path, bad: Bad) -> None:
    content = bad.make()
    read(readers, tmp_path, b"a\n1\n")  # a process is ready
    started = time.monotonic()
    with pytest.raises(SteelyardError) as caught:
        read(readers, tmp_path, content, bad.media_type)
    assert time.monotonic() - started < 4 * SECONDS  # the machine may be busy
    assert bad.says in caught.value.detail
    assert len(caught.value.detail) < 500
    assert caught.value.slug in ("invalid-request", "payload-too-large")


def test_a_bad_row_that_is_not_utf8_leaves_nothing_in_the_log(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    readers = Readers(memory_bytes=2 << 30)
    with pytest.raises(SteelyardError, match="row 1: it has 3 values"):
        read(readers, tmp_path, b"a,b\n1,\xe9,2\n")
    readers.stop()
    assert capfd.readouterr().err == ""


def test_memory_is_bounded_and_the_next_file_is_read_all_the_same(tmp_path: Path) -> None:
    readers = Readers(memory_bytes=1 << 30)
    file, part = io.BytesIO(), pa.table({"a": np.resize([0.0, 1.0], 5_000_000)})
    with pq.ParquetWriter(file, part.schema, compression="none") as writer:
        for _ in range(24):  # 960 MB of numbers in 16 MB
            writer.write_table(part)
    with pytest.raises(TooLargeToRead):
        read(readers, tmp_path, file.getvalue(), PARQUET)
    assert lists(read(readers, tmp_path, b"a\n1\n")) == {"a": [1]}
    readers.stop()


def test_columns_without_values_and_with_none_missing_come_back(readers: Readers, tmp_path: Path) -> None:
    generator = np.random.default_rng(0)
    numbers = generator.normal(size=40_000)
    numbers[generator.random(40_000) < 0.1] = np.nan
    texts = [None if value < 0.1 else f"t{int(value * 50)}" for value in generator.random(40_000)]
    file = io.BytesIO()
    pq.write_table(pa.table({"n": pa.array(numbers, from_pandas=True), "t": texts, "e": pa.nulls(40_000)}), file)
    table = read(readers, tmp_path, file.getvalue(), PARQUET)
    np.testing.assert_array_equal(table.columns["n"].values.array, numbers)
    assert table.columns["t"].values.to_list() == texts
    assert table.columns["e"].missing == 40_000


MEMORY_BYTES = 2047 << 20  # by which the processes of `fresh_readers` are known


def fresh_processes() -> list[psutil.Process]:
    """The processes of `fresh_readers`."""
    return [process for process in psutil.Process().children() if str(MEMORY_BYTES) in command_of(process)]


@contextmanager
def killing(number: signal.Signals, times: int = 1000) -> Iterator[list[int]]:
    """Send a signal to each process that reads, until there were so many; their ids."""
    killed: list[int] = []
    done = threading.Event()

    def kill() -> None:
        while len(killed) < times and not done.wait(0.01):
            for process in fresh_processes():
                if process.pid not in killed:
                    process.send_signal(number)
                    killed.append(process.pid)

    thread = threading.Thread(target=kill)
    thread.start()
    try:
        yield killed
    finally:
        done.set()
        thread.join()


@pytest.fixture
def fresh_readers() -> Iterator[Readers]:
    """Processes that read, for one test."""
    readers = Readers(memory_bytes=MEMORY_BYTES)
    yield readers
    readers.stop()


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV])
def test_a_file_whose_reader_dies_is_read_again(fresh_readers: Readers, tmp_path: Path, number: signal.Signals) -> None:
    with killing(number, times=1) as killed:
        assert lists(read(fresh_readers, tmp_path, b"a\n1\n")) == {"a": [1]}
    assert len(killed) == 1


def test_a_file_whose_reader_dies_halfway_gives_the_same_columns(fresh_readers: Readers, tmp_path: Path) -> None:
    content = b"a,b\n" + b"".join(b"%d.5,x%d\n" % (row, row % 50) for row in range(300_000))
    expected = lists(read(fresh_readers, tmp_path, content))
    path = tmp_path / "file"
    for late in (False, True):
        with fresh_readers.read(str(path), "csv", max_bytes=MAX_BYTES) as parsed:
            assert not late or parsed.columns
            [reader] = fresh_processes()
            reader.kill()
            reader.wait()
            assert lists(stack([*parsed.tables()])) == expected


@pytest.mark.parametrize(
    ("number", "slug", "words"),
    [
        (signal.SIGKILL, "unavailable", "killed twice (SIGKILL)"),
        (signal.SIGSEGV, "invalid-request", "crashes the parser, twice in a row (SIGSEGV)"),
        (signal.SIGABRT, "payload-too-large", "2047 MiB of memory, or it is damaged"),
        (signal.SIGXCPU, "payload-too-large", "120 s of processor time"),
    ],
)
def test_a_file_that_no_reader_survives_is_refused_by_the_cause(
    fresh_readers: Readers, tmp_path: Path, number: signal.Signals, slug: str, words: str
) -> None:
    with killing(number), pytest.raises(SteelyardError) as caught:
        read(fresh_readers, tmp_path, b"a\n1\n")
    assert caught.value.slug == slug
    assert words in caught.value.detail


def test_a_full_folder_for_temporary_files_is_no_fault_of_the_file(
    fresh_readers: Readers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    @contextmanager
    def full_file() -> Iterator[Any]:
        with Path("/dev/full").open("wb", buffering=0) as file:
            yield file

    monkeypatch.setattr(reader_pool, "passing_file", full_file)
    with pytest.raises(Unavailable, match="temporary files is full"):
        read(fresh_readers, tmp_path, b"a\n1\n")

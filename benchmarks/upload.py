"""A million rows of thirty columns as one CSV file: how long the service takes for it, beside pandas, and what memory.

python benchmarks/upload.py [ROWS]

Each is measured in turn, several times, in fresh processes that have rested, and with the disk's writes done; pandas'
import is not counted. Its first call has its memory from the system, its second finds what the first gave back. The
service's time is from the first byte sent to the answer: received, hashed, parsed, every column profiled, the bytes and
the columns stored.
Memory is what all processes of the service share out among them (PSS) beyond what they had before. Reading it stops
them for moments, so it is read of an upload of its own.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

import numpy as np
import psutil

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from tests.service import Service

ROUNDS = 5
SETTLE_SECONDS = 3.0  # in which a fresh service loads what jobs need; pandas waits as long
CSV = {"Content-Type": "text/csv"}
LINES = 50_000
PANDAS = """
import sys, time, pandas
time.sleep(float(sys.argv[2]))
for _ in range(2):
    started = time.perf_counter()
    pandas.read_csv(sys.argv[1], engine="pyarrow")
    print(time.perf_counter() - started)
"""


def main() -> None:
    """Make the file, measure, print."""
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    with tempfile.TemporaryDirectory(prefix="sy-upload-") as name:
        folder = Path(name)
        file = folder / "table.csv"
        write(file, rows)
        size = file.stat().st_size
        first, second, ours = [], [], []
        for _ in range(ROUNDS):
            os.sync()
            command = [sys.executable, "-c", PANDAS, str(file), str(SETTLE_SECONDS)]
            said = subprocess.check_output(command, text=True).split()
            first.append(float(said[0]))
            second.append(float(said[1]))
            with serving(size) as service:
                os.sync()
                ours.append(upload(service, file))
        with serving(size) as service, Meter(service.process.pid) as meter:
            upload(service, file)
        mine = statistics.median(ours)
        print(f"file              {size / 1e6:8.0f} MB, {rows} rows, 30 columns")
        print(f"service           {mine:8.2f} s")
        for call, seconds in (("first", statistics.median(first)), ("second", statistics.median(second))):
            print(f"pandas, {call:9} {seconds:8.2f} s; the service takes {mine / seconds:.2f} × that")
        print(f"service's memory  {meter.grown / 1e6:8.0f} MB more at its peak, {meter.grown / size:.2f} × the file")


def write(file: Path, rows: int) -> None:
    """Twenty-two columns of fractions, four of whole numbers, three of categories, and a target."""
    generator = np.random.default_rng(0)
    with file.open("w") as out:
        names = [*(f"n{i}" for i in range(22)), *(f"i{i}" for i in range(4)), *(f"c{i}" for i in range(3)), "target"]
        out.write(",".join(names) + "\n")
        for first in range(0, rows, LINES):
            count = min(LINES, rows - first)
            columns = [np.char.mod("%.6g", generator.normal(0, 10.0 ** (i % 6 - 2), count)) for i in range(22)]
            columns += [generator.integers(0, 10 ** (i + 1), count).astype(str) for i in range(4)]
            columns += [np.char.mod("cat_%d", generator.integers(0, 5 * 10**i, count)) for i in range(3)]
            columns.append(np.array(["no", "yes"])[generator.integers(0, 2, count)])
            out.write("\n".join(map(",".join, zip(*(column.tolist() for column in columns), strict=True))) + "\n")


@contextmanager
def serving(size: int) -> Iterator[Service]:
    """A fresh service that has read a file before."""
    with (
        tempfile.TemporaryDirectory(prefix="sy-upload-") as folder,
        Service.start(Path(folder), max_dataset_bytes=str(2 * size)) as service,
    ):
        service.http.post("/v1/datasets", content=b"a,b\n1,2\n", headers=CSV).raise_for_status()
        time.sleep(SETTLE_SECONDS)
        yield service


def upload(service: Service, file: Path) -> float:
    """Seconds until the answer; returns once the columns are stored as well."""
    started = time.perf_counter()
    with file.open("rb") as content:
        answer = service.http.post("/v1/datasets", content=content, headers=CSV).raise_for_status()
    seconds = time.perf_counter() - started
    service.http.get(f"{answer.headers['Location']}/rows").raise_for_status()
    return seconds


class Meter:
    """How much more memory a process and its children have had at most, while it is entered, than before."""

    def __init__(self, pid: int) -> None:
        self._parent = psutil.Process(pid)
        self._before = self._peak = self._read()
        self._going = True
        self._thread = threading.Thread(target=self._watch)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._going = False
        self._thread.join()

    @property
    def grown(self) -> float:
        """In bytes."""
        return self._peak - self._before

    def _watch(self) -> None:
        while self._going:
            self._peak = max(self._peak, self._read())
            time.sleep(0.05)

    def _read(self) -> float:
        total = 0.0
        for process in [self._parent, *self._parent.children(recursive=True)]:
            try:
                total += process.memory_full_info().pss
            except psutil.Error:
                continue
        return total


if __name__ == "__main__":
    main()

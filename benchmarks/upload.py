"""A million rows of thirty columns as one CSV file: how long the service takes for it, beside pandas, and what memory.

python benchmarks/upload.py [ROWS]

Each is measured in turn, several times; pandas reads in a fresh process, its import not counted. The service's time
is from the first byte sent to the answer: received, hashed, parsed, every column profiled, and the bytes stored; the
columns are stored after it, which the time leaves out and the memory does not.
Memory is what all processes of the service share out among them (PSS) beyond what they had before.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import httpx
import numpy as np
import psutil

ROUNDS = 3
LINES = 50_000
PANDAS = """
import sys, time, pandas
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
        pandas, ours, memory = [], [], []
        for turn in range(ROUNDS):
            pandas.append(float(subprocess.check_output([sys.executable, "-c", PANDAS, str(file)], text=True)))
            seconds, peak = upload(file, folder / f"data{turn}")
            ours.append(seconds)
            memory.append(peak)
        theirs, mine = statistics.median(pandas), statistics.median(ours)
        print(f"file              {size / 1e6:8.0f} MB, {rows} rows, 30 columns")
        print(f"pandas, pyarrow   {theirs:8.2f} s")
        print(f"service           {mine:8.2f} s, {mine / theirs:.2f} × pandas")
        print(f"service's memory  {max(memory) / 1e6:8.0f} MB more at its peak, {max(memory) / size:.2f} × the file")


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


def upload(file: Path, data_dir: Path) -> tuple[float, float]:
    """Seconds, and bytes at the peak beyond those before, of one upload to a fresh service."""
    program = str(Path(sys.executable).with_name("steelyard"))
    settings = {**os.environ, "STEELYARD_LOG_LEVEL": "WARNING"}
    command = [program, "up", "--port", "0", "--data-dir", str(data_dir)]
    service = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=settings)
    assert service.stdout is not None
    url = service.stdout.readline().split()[1]
    headers = {"Content-Type": "text/csv"}
    httpx.post(f"{url}/v1/datasets", content=b"a,b\n1,2\n", headers=headers, timeout=60).raise_for_status()
    meter = Meter(service.pid)
    before = meter.read()
    meter.start()
    started = time.perf_counter()
    with file.open("rb") as content:
        answer = httpx.post(f"{url}/v1/datasets", content=content, headers=headers, timeout=600).raise_for_status()
    seconds = time.perf_counter() - started
    httpx.get(f"{url}{answer.headers['Location']}/rows", timeout=600).raise_for_status()
    peak = meter.stop()
    service.terminate()
    service.wait()
    return seconds, peak - before


class Meter:
    """The most memory that a process and its children have had."""

    def __init__(self, pid: int) -> None:
        self._parent = psutil.Process(pid)
        self._peak = 0.0
        self._going = True
        self._thread = threading.Thread(target=self._watch)

    def read(self) -> float:
        """Bytes now."""
        total = 0.0
        for process in [self._parent, *self._parent.children(recursive=True)]:
            try:
                total += process.memory_full_info().pss
            except psutil.Error:
                continue
        return total

    def start(self) -> None:
        """Begin to watch."""
        self._thread.start()

    def stop(self) -> float:
        """The peak."""
        self._going = False
        self._thread.join()
        return self._peak

    def _watch(self) -> None:
        while self._going:
            self._peak = max(self._peak, self.read())
            time.sleep(0.05)


if __name__ == "__main__":
    main()

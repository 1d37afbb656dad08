"""One contender at one work in a fresh process: both ends of it.

    python -m benchmarks.training.process CONTENDER FOLDER THREADS STARTED

trains once from nothing, then again until half a second is full, and prints what it measured as JSON.
"""

import importlib
import json
import os
import statistics
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Protocol

from benchmarks.training.contenders import ENTRIES, Entry
from benchmarks.training.work import Work

ROOT = Path(__file__).resolve().parents[2]
PEERS = ROOT / ".venv-peers" / "bin" / "python"
CACHES = ROOT / ".venv-peers" / "caches"  # compiled code that a contender keeps is kept between its processes
FILLED_SECONDS = 0.5
POOLS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS", "STEELYARD_THREADS_PER_JOB")


@dataclass(frozen=True)
class Measured:
    """What one process took.

    Time in which the main thread was ready to run and had no core, because of other work on the machine, is not
    counted; `waited` says how much that was. It cannot be known of a library's own threads.

    Args:
        seconds: of a training in a process that has trained before; the median where there were several.
        first_seconds: from the start of the process to the end of its first training.
        waited: for a core, as a share of all the time of the trainings.
        peak_bytes: the most memory that the process had resident.
        loss: of all rows with the final weights.
    """

    seconds: float
    first_seconds: float
    waited: float
    peak_bytes: int
    loss: float


class Trains(Protocol):
    """What can be trained again from where it began."""

    def reset(self) -> None:
        """Go back to the beginning. This is not timed."""

    def train(self) -> None:
        """Train. This is timed."""


class Missing(Exception):
    """A contender's library is not installed."""


def measure(name: str, folder: Path, threads: int) -> Measured:
    """Run a contender, bound to as many cores as it has threads. Raises `Missing`."""
    command = [
        _python(ENTRIES[name]),
        "-m",
        "benchmarks.training.process",
        name,
        str(folder),
        str(threads),
        repr(time.monotonic()),
    ]
    done = subprocess.run(command, cwd=ROOT, env=environment(threads), stdout=subprocess.PIPE, text=True, check=True)
    found = json.loads(done.stdout.splitlines()[-1])
    if "missing" in found:
        raise Missing(found["missing"])
    return Measured(**found)


def _python(entry: Entry) -> str:
    return str(PEERS) if entry.peer and PEERS.exists() else sys.executable


def environment(threads: int) -> dict[str, str]:
    """For a process whose libraries are to take so many threads."""
    eigen = "true" if threads > 1 else "false"
    return {
        **os.environ,
        **dict.fromkeys(POOLS, str(threads)),
        "XLA_FLAGS": f"--xla_cpu_multi_thread_eigen={eigen} intra_op_parallelism_threads={threads}",
        "KERAS_BACKEND": "jax",
        "TORCHINDUCTOR_CACHE_DIR": str(CACHES / "inductor"),
    }


def bind(threads: int) -> None:
    """Keep this process to so many cores; before any library counts them."""
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[-threads:])


def main() -> None:
    """The contender's end."""
    name, folder, threads, started = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4])
    bind(threads)
    module, kind = ENTRIES[name].place.split(":")
    try:
        make = getattr(importlib.import_module(f"benchmarks.training.contenders.{module}"), kind)
    except ModuleNotFoundError as error:
        print(json.dumps({"missing": error.name}))
        return
    work = Work.load(folder)
    contender = make(work, threads)
    contender.reset()
    contender.train()
    first_seconds = time.monotonic() - started - _waited_seconds()
    seconds, waits = train_again(contender)
    peak = _peak_bytes()
    waited = sum(waits) / (sum(seconds) + sum(waits))
    found = Measured(statistics.median(seconds), first_seconds, waited, peak, work.loss(contender.weights()))
    print(json.dumps(asdict(found)))


def train_again(contender: Trains) -> tuple[list[float], list[float]]:
    """Seconds of further trainings, and seconds that each waited for a core."""
    seconds: list[float] = []
    waits: list[float] = []
    while sum(seconds) < FILLED_SECONDS:
        contender.reset()
        before, began = _waited_seconds(), time.perf_counter()
        contender.train()
        took, waited = time.perf_counter() - began, _waited_seconds() - before
        seconds.append(took - waited)
        waits.append(waited)
    return seconds, waits


def _waited_seconds() -> float:
    """How long the main thread has been ready to run without running (Documentation/scheduler/sched-stats.rst)."""
    return int(Path("/proc/self/schedstat").read_text().split()[1]) / 1e9


def _peak_bytes() -> int:
    """From the kernel's table: `ru_maxrss` would count what the parent had before this program was executed."""
    status = Path("/proc/self/status").read_text().split("\n")
    return next(int(line.split()[1]) << 10 for line in status if line.startswith("VmHWM:"))


if __name__ == "__main__":
    main()

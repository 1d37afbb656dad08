"""A training process, seen from outside: started ahead of need, given one job after another, watched, ended.

It is executed, not forked, so that it holds no thread, lock or connection of the worker's; its BLAS threads
are set in its environment, before NumPy is imported. It speaks through a pipe of its own, since standard output
belongs to whoever prints.
"""

import json
import os
import select
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

from steelyard.jobs.ledger import Claim
from steelyard.settings import Settings

READY, TICK, ENDING, DONE, RETIRED, GIVEN_BACK = "ready", "tick", "ending", "done", "retired", "given back"
THREAD_VARIABLES = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")


KERNEL_EVENTS = Path("/proc/vmstat")


class ProcessDied(Exception):
    """The process is gone; the message says how, for people: 'killed by SIGKILL'."""


class KilledForMemory(ProcessDied):
    """The kernel killed it, because the machine or its container had no memory left."""


class TrainingProcess:
    """One executed process that trains.

    `SIGUSR1` asks it to end its job early and keep what it has, `SIGUSR2` to leave a checkpoint for another to go on.
    """

    def __init__(self, settings: Settings) -> None:
        self._reports, reports_end = os.pipe()
        self._unread = b""
        self._ready = False
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "steelyard_worker.run", str(reports_end), str(os.getpid())],
            stdin=subprocess.PIPE,
            pass_fds=[reports_end],
            env=os.environ | settings.as_environment() | _numerics(),
            start_new_session=True,  # a Ctrl-C in the terminal is the supervisor's to pass on
        )
        self._kills_before = _kills_for_memory()
        os.close(reports_end)

    @property
    def alive(self) -> bool:
        """Whether it still runs."""
        return self._process.poll() is None

    def order(self, held: Claim) -> None:
        """Let it train the job that `held` gives the right to. Raises `ProcessDied`."""
        self._kills_before = _kills_for_memory()
        line = json.dumps({"job_id": held.job_id, "fence": held.fence, "attempt": held.attempt})
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(line.encode() + b"\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            raise self._death() from None

    def read(self, timeout_seconds: float) -> str | None:
        """Its next report, or `None` when it says nothing for so long. Raises `ProcessDied`."""
        end = time.monotonic() + timeout_seconds
        while b"\n" not in self._unread:
            readable, _, _ = select.select([self._reports], [], [], max(0.0, end - time.monotonic()))
            if not readable:
                return None
            received = os.read(self._reports, 4096)
            if not received:
                raise self._death()
            self._unread += received
        line, self._unread = self._unread.split(b"\n", 1)
        return line.decode()

    def wait_until_ready(self, timeout_seconds: float = 60.0) -> None:
        """Return as soon as it can take a job. Raises `ProcessDied`."""
        end = time.monotonic() + timeout_seconds
        while not self._ready:
            if (left := end - time.monotonic()) <= 0:
                self.kill()
                raise ProcessDied(f"not ready after {timeout_seconds:.0f} s")
            self._ready = self.read(left) == READY

    def cancel(self) -> None:
        """Ask it to end its job at the next batch and to keep the weights."""
        with suppress(ProcessLookupError):
            self._process.send_signal(signal.SIGUSR1)

    def pause(self) -> None:
        """Ask it to leave its job at the next batch, with a checkpoint."""
        with suppress(ProcessLookupError):
            self._process.send_signal(signal.SIGUSR2)

    def kill(self) -> None:
        """End it at once, and wait until it is gone."""
        with suppress(ProcessLookupError):
            self._process.kill()
        self._reap()

    def _death(self) -> ProcessDied:
        """How it died, once it is gone."""
        code = self._reap()
        if code == -signal.SIGKILL and _kills_for_memory() > self._kills_before:
            return KilledForMemory("the kernel killed it, because there was no memory left")
        return ProcessDied(f"killed by {signal.Signals(-code).name}" if code < 0 else f"ended with status {code}")

    def _reap(self) -> int:
        code = self._process.wait()
        if self._process.stdin is not None:
            with suppress(BrokenPipeError):
                self._process.stdin.close()
        if self._reports >= 0:
            os.close(self._reports)
            self._reports = -1
        return code


def _kills_for_memory() -> int:
    """How many processes this machine's kernel has killed for want of memory, in containers and out; 0 if untold.

    The kernel counts before it kills, so whoever reads this after a death reads it in time.
    """
    with suppress(OSError):
        for line in KERNEL_EVENTS.read_text().splitlines():
            name, _, value = line.partition(" ")
            if name == "oom_kill":
                return int(value)
    return 0


def _numerics() -> dict[str, str]:
    """One thread for BLAS, which reads it when NumPy is imported: the trainer's own threads share out its products."""
    return dict.fromkeys(THREAD_VARIABLES, "1")

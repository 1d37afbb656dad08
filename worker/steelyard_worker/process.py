"""A training process as its supervisor sees it: forked, given one job after another, watched, and ended.

Reports come through a pipe of their own, because any code may print to standard output.
"""

import json
import os
import select
import signal
import time
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

from steelyard.jobs.ledger import Claim
from steelyard_worker.fork_client import ForkFailed, ForkServer, ForkServerGone

TICK, ENDING, DONE, RETIRED, GIVEN_BACK = "tick", "ending", "done", "retired", "given back"
CANCEL, PAUSE = signal.SIGUSR1, signal.SIGUSR2
REQUESTS = (CANCEL, PAUSE)
KERNEL_EVENTS = Path("/proc/vmstat")


class ProcessDied(Exception):
    """The process has died; the message says how, for example 'killed by SIGKILL'."""


class KilledForMemory(ProcessDied):
    """The kernel killed the process because the machine or container was out of memory."""


class ForkServerDied(ProcessDied):
    """The fork server died, and all its children with it."""


class TrainingProcess:
    """A training process. Raises `ProcessDied` if it cannot be started.

    The signal `CANCEL` asks it to end its job early and keep the result; `PAUSE` asks it to save a checkpoint and stop.
    """

    def __init__(self, fork_server: ForkServer) -> None:
        self._fork_server = fork_server
        self._unread = b""
        self._kills_before = _kills_for_memory()
        orders_end, self._orders = os.pipe()
        self._reports, reports_end = os.pipe()
        try:
            self._child = fork_server.fork(orders_end, reports_end)
        except ForkServerGone:
            self._close()
            raise ForkServerDied("the fork server died") from None
        except ForkFailed as failure:
            self._close()
            raise ProcessDied(f"the fork server could not start the process: {failure}") from None
        finally:
            os.close(orders_end)
            os.close(reports_end)

    @property
    def alive(self) -> bool:
        """Whether it is running, that is, its end of the pipe is open."""
        while self._reports >= 0 and select.select([self._reports], [], [], 0)[0]:
            if not self._receive():
                with suppress(ForkServerGone):
                    self._reap()
        return self._reports >= 0

    @property
    def has_lost_its_fork_server(self) -> bool:
        """Whether its fork server has died."""
        return self._fork_server.has_lost(self._child)

    def order(self, held: Claim) -> None:
        """Send it the claimed job. Raises `ProcessDied`."""
        self._kills_before = _kills_for_memory()
        line = json.dumps(asdict(held))
        try:
            os.write(self._orders, line.encode() + b"\n")
        except BrokenPipeError:
            raise self._death() from None

    def read(self, timeout_seconds: float) -> str | None:
        """Its next report, or `None` if there is none within the timeout. Raises `ProcessDied`."""
        end = time.monotonic() + timeout_seconds
        while b"\n" not in self._unread:
            readable, _, _ = select.select([self._reports], [], [], max(0.0, end - time.monotonic()))
            if not readable:
                return None
            if not self._receive():
                raise self._death()
        line, self._unread = self._unread.split(b"\n", 1)
        return line.decode()

    def cancel(self) -> None:
        """Ask it to end its job after the current batch and to keep the weights."""
        self._signal(CANCEL)

    def pause(self) -> None:
        """Ask it to save a checkpoint after the current batch and stop."""
        self._signal(PAUSE)

    def kill(self) -> None:
        """Kill it and wait for its end."""
        self._signal(signal.SIGKILL)
        with suppress(ForkServerGone):
            self._reap()

    def _signal(self, number: signal.Signals) -> None:
        if self._reports >= 0:  # its id is not reused before it is reaped
            with suppress(ProcessLookupError):
                os.kill(self._child.process_id, number)

    def _receive(self) -> bool:
        """Read from the pipe; false at end of file."""
        received = os.read(self._reports, 4096)
        self._unread += received
        return bool(received)

    def _death(self) -> ProcessDied:
        """Wait for its end and describe how it died."""
        try:
            code = self._reap()
        except ForkServerGone:
            return ForkServerDied("the fork server died, and the training process with it")
        if code == -signal.SIGKILL and _kills_for_memory() > self._kills_before:
            return KilledForMemory("the kernel killed it, because the machine was out of memory")
        return ProcessDied(f"killed by {signal.Signals(-code).name}" if code < 0 else f"ended with status {code}")

    def _reap(self) -> int:
        """Its exit status. Raises `ForkServerGone` if the fork server has died."""
        if self._reports < 0:
            return 0
        self._close()
        return self._fork_server.wait(self._child)

    def _close(self) -> None:
        os.close(self._orders)
        os.close(self._reports)
        self._reports = -1


def _kills_for_memory() -> int:
    """How many processes the kernel has killed for lack of memory, including those in containers; 0 if unknown.

    The kernel increments the counter before it kills, so the value is current after a process has died.
    """
    with suppress(OSError):
        for line in KERNEL_EVENTS.read_text().splitlines():
            name, _, value = line.partition(" ")
            if name == "oom_kill":
                return int(value)
    return 0

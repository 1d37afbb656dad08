"""Child processes that are started, kept alive and stopped together."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from steelyard.lifeline import end_with_parent
from steelyard.logs import get_logger

STOP_SECONDS = 15.0
QUICK_DEATH_SECONDS = 5.0  # a child that lives for less was not worth starting again at once
PAUSES_SECONDS = (0.0, 1.0, 2.0, 5.0, 10.0)
log = get_logger(__name__)


@dataclass
class Child:
    """One process: how to start it, and how its last start went."""

    name: str
    command: Sequence[str]
    environment: dict[str, str]
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    quick_deaths: int = 0
    start_at: float = 0.0

    def start(self) -> None:
        """Start the process."""
        self.started_at = time.monotonic()
        # A session of its own: a Ctrl-C in the terminal reaches the parent alone, which stops its children in order.
        self.process = subprocess.Popen(
            self.command,
            env=os.environ | self.environment,
            stdout=sys.stderr,
            start_new_session=True,
            preexec_fn=partial(end_with_parent, signal.SIGTERM),  # noqa: PLW1509 -- there are no threads here
        )

    def revive(self) -> None:
        """Start the process again if it has died; later each time that it dies at once."""
        if self.process is not None and (code := self.process.poll()) is not None:
            lived = time.monotonic() - self.started_at
            its_own_fault = lived < QUICK_DEATH_SECONDS and code != -signal.SIGKILL
            self.quick_deaths = self.quick_deaths + 1 if its_own_fault else 0
            pause = PAUSES_SECONDS[min(self.quick_deaths, len(PAUSES_SECONDS) - 1)]
            log.warning("child died; starting it again", child=self.name, status=code, pause_seconds=pause)
            self.process = None
            self.start_at = time.monotonic() + pause
        if self.process is None and time.monotonic() >= self.start_at:
            self.start()

    def ask_to_stop(self) -> None:
        """Ask the process to end."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)

    def wait(self) -> None:
        """Wait until the process has ended; insist when it has not after `STOP_SECONDS`."""
        if self.process is None:
            return
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            log.warning("child does not stop; killing it", child=self.name)
            self.process.kill()
            self.process.wait()

"""Children are started, revived after their death, and stopped, if need be by force."""

import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from steelyard.cli import children
from steelyard.cli.children import PAUSES_SECONDS, Child
from tests.conftest import wait_for

SLEEP = "import time; print('ready', flush=True); time.sleep(60)"
DEAF = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {SLEEP}"


def child(code: str, **environment: str) -> Child:
    return Child("one", [sys.executable, "-c", code], environment)


@pytest.fixture
def sleeping() -> Iterator[Child]:
    made = child(SLEEP)
    made.start()
    yield made
    if made.process is not None:
        made.process.kill()
        made.process.wait()


def dead(made: Child) -> None:
    assert made.process is not None
    made.process.wait(20)


def test_a_child_has_its_environment_and_a_session_of_its_own() -> None:
    made = child(
        "import os, sys; sys.exit(int(os.environ['STATUS']) if os.getsid(0) == os.getpid() else 1)", STATUS="7"
    )
    made.start()
    assert made.process is not None
    assert made.process.wait(20) == 7


def test_a_child_that_lives_is_left_alone(sleeping: Child) -> None:
    process = sleeping.process
    sleeping.revive()
    assert sleeping.process is process


def test_a_child_that_was_killed_is_started_again_at_once(sleeping: Child) -> None:
    first = sleeping.process
    assert first is not None
    first.kill()
    first.wait()
    sleeping.revive()
    assert sleeping.process is not first
    assert sleeping.process is not None
    assert sleeping.process.poll() is None
    assert sleeping.quick_deaths == 0


def test_a_child_that_dies_at_once_is_started_again_later_each_time() -> None:
    made = child("raise SystemExit(3)")
    made.start()
    pauses = []
    for _ in range(len(PAUSES_SECONDS) + 1):
        dead(made)
        before = time.monotonic()
        made.revive()
        assert made.process is None
        pauses.append(round(made.start_at - before))  # a busy machine adds tenths
        made.revive()
        assert made.process is None  # not yet
        made.start_at = 0
        made.revive()
    assert pauses == [*PAUSES_SECONDS[1:], PAUSES_SECONDS[-1], PAUSES_SECONDS[-1]]
    dead(made)


def test_a_child_that_lived_for_a_while_is_started_again_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(children, "QUICK_DEATH_SECONDS", 0.0)
    made = child("raise SystemExit(3)")
    made.quick_deaths = 3
    made.start()
    dead(made)
    first = made.process
    made.revive()
    assert made.process is not first
    assert made.quick_deaths == 0
    dead(made)


def test_a_child_is_asked_to_stop_and_waited_for(sleeping: Child) -> None:
    assert sleeping.process is not None
    sleeping.ask_to_stop()
    sleeping.wait()
    assert sleeping.process.returncode == -signal.SIGTERM
    sleeping.ask_to_stop()  # it has ended
    child(SLEEP).wait()  # it was never started


def test_a_child_that_does_not_stop_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(children, "STOP_SECONDS", 0.2)
    made = child(DEAF)
    made.start()
    assert made.process is not None
    running = psutil.Process(made.process.pid)
    wait_for(lambda: is_deaf(running))
    made.ask_to_stop()
    made.wait()
    assert made.process.returncode == -signal.SIGKILL


def is_deaf(process: psutil.Process) -> bool:
    """Whether a process ignores SIGTERM, as the kernel has it."""
    status = Path(f"/proc/{process.pid}/status").read_text()
    [ignored] = [line.split()[1] for line in status.splitlines() if line.startswith("SigIgn")]
    return bool(int(ignored, 16) >> (signal.SIGTERM - 1) & 1)

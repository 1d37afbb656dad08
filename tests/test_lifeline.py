"""A process ends with its parent, however the parent dies."""

import subprocess
import sys

import psutil
import pytest

CHILD = """
import os, signal, sys, time
from steelyard.lifeline import end_with_parent
end_with_parent(signal.SIGKILL, int(sys.argv[1]))
print(os.getpid(), flush=True)
time.sleep(60)
"""
PARENT = f"""
import os, subprocess, sys, time
subprocess.Popen([sys.executable, "-c", {CHILD!r}, str(os.getpid())])
time.sleep(60)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="Linux alone has the signal")
def test_a_process_is_killed_when_its_parent_is() -> None:
    with subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        child = psutil.Process(int(parent.stdout.readline()))
        parent.kill()
        child.wait(10)


def test_a_process_whose_parent_has_died_before_ends_at_once() -> None:
    ended = subprocess.run([sys.executable, "-c", CHILD, "1"], capture_output=True, text=True, timeout=30, check=False)
    assert (ended.returncode, ended.stdout) == (1, "")
    assert "the parent process has exited" in ended.stderr

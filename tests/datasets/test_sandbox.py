"""What a process that reads files has given up: memory, processor time, the network, and other programs."""

import signal
import subprocess
import sys

import pytest

BEGIN = """
import os, resource, socket, subprocess, sys, threading
from steelyard.datasets import sandbox
sandbox.enter(memory_bytes=1 << 30)
"""
linux = pytest.mark.skipif(sys.platform != "linux", reason="the kernel's filter of system calls is Linux's")


def run(code: str) -> subprocess.CompletedProcess[str]:
    """Python after it has entered the sandbox."""
    return subprocess.run([sys.executable, "-c", BEGIN + code], capture_output=True, text=True, check=False, timeout=60)


def printed(code: str) -> str:
    done = run(code)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_memory_is_bounded() -> None:
    assert "MemoryError" in run("bytearray(1 << 30)").stderr
    assert printed("print(resource.getrlimit(resource.RLIMIT_AS), resource.getrlimit(resource.RLIMIT_CORE))") == (
        f"{(1 << 30, 1 << 30)} (0, 0)"
    )
    assert printed("print(len(bytearray(1 << 20)))") == str(1 << 20)


ATTEMPTS = {
    "a socket": "socket.socket()",
    "another program": "os.execv('/bin/true', ['true'])",
    "a child with another program": "subprocess.run(['/bin/true'])",
    "a socket in a thread": """
def attempt():
    try:
        socket.socket()
    except PermissionError:
        os._exit(7)
thread = threading.Thread(target=attempt); thread.start(); thread.join()
""",
}


@linux
@pytest.mark.parametrize("attempt", ATTEMPTS.values(), ids=ATTEMPTS)
def test_the_network_and_other_programs_are_refused(attempt: str) -> None:
    done = run(attempt)
    assert done.returncode == 7 or "PermissionError" in done.stderr, done


@linux
def test_files_are_still_read_and_written() -> None:
    code = "import tempfile; f = tempfile.TemporaryFile(); f.write(b'x'); f.seek(0); print(f.read())"
    assert printed(code) == "b'x'"


def test_processor_time_is_bounded_from_now_on() -> None:
    code = """
sandbox.allow_seconds(1)
first = resource.getrlimit(resource.RLIMIT_CPU)
sandbox.allow_seconds(5)
print(first[0] >= 1, resource.getrlimit(resource.RLIMIT_CPU)[0] - first[0] in (4, 5), flush=True)
sandbox.allow_seconds(1)
while True:
    pass
"""
    done = run(code)
    assert done.stdout.strip() == "True True"
    assert done.returncode == -signal.SIGXCPU

"""The name of a worker, from which another worker on the same machine can tell whether it is still running.

A process id is unique only within one boot of a machine and one PID namespace (a container). So a worker's name
identifies these too: `box-1f0c9a3e:4711`.
"""

import hashlib
import os
import socket
from contextlib import suppress
from functools import cache
from pathlib import Path

BOOT = Path("/proc/sys/kernel/random/boot_id")
NAMESPACE = Path("/proc/self/ns/pid")


def worker_name() -> str:
    """The name of this worker."""
    return f"{_place()}:{os.getpid()}"


def is_gone(name: str) -> bool:
    """Whether the worker of this name has certainly died: it ran in this PID namespace and no longer exists."""
    place, _, process_id = name.rpartition(":")
    if place != _place() or not BOOT.exists():
        return False
    try:
        os.kill(int(process_id), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False


@cache
def _place() -> str:
    kernel = b""
    with suppress(OSError):
        kernel = BOOT.read_bytes() + os.fsencode(NAMESPACE.readlink())
    return f"{socket.gethostname()}-{hashlib.sha256(kernel).hexdigest()[:8]}"

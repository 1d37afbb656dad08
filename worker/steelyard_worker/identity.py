"""Who a worker is, so that another one on its machine can tell that it is gone.

A process id means something only within one start of one machine's kernel and one PID namespace (a container), so the
name of a worker says which that is: `box-1f0c9a3e:4711`.
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
    """The name of the worker that this process is."""
    return f"{_place()}:{os.getpid()}"


def is_gone(name: str) -> bool:
    """Whether the worker of this name is certain to have died: it ran where this process runs, and is not there."""
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

"""Restricts a process before it reads an untrusted file: memory, processor time, the network, other programs."""

import ctypes
import platform
import resource
import struct
import sys

PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 38, 22, 2
# Of <linux/audit.h> and the kernel's tables: the architecture, and its numbers of socket, connect, execve, execveat.
ARCHITECTURES = {"x86_64": (0xC000003E, (41, 42, 59, 322)), "aarch64": (0xC00000B7, (198, 203, 221, 281))}
LOAD, JUMP_IF_EQUAL, RETURN = 0x20, 0x15, 0x06  # of <linux/bpf_common.h>
ALLOW, REFUSE_EPERM = 0x7FFF0000, 0x00050001


def enter(*, memory_bytes: int) -> None:
    """Bound this process's address space, and take the network and other programs from it where Linux can."""
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux" and platform.machine() in ARCHITECTURES:
        _filter_calls(*ARCHITECTURES[platform.machine()])


def allow_seconds(seconds: int) -> None:
    """Give this process that many more seconds of processor time; then the kernel ends it."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    limit = int(used.ru_utime + used.ru_stime) + seconds
    resource.setrlimit(resource.RLIMIT_CPU, (limit, resource.getrlimit(resource.RLIMIT_CPU)[1]))


def _filter_calls(architecture: int, refused: tuple[int, ...]) -> None:
    """A filter of system calls (seccomp): those refused fail with EPERM, in this process and its threads to come."""
    rules = [(LOAD, 0, 0, 4), (JUMP_IF_EQUAL, 1, 0, architecture), (RETURN, 0, 0, REFUSE_EPERM), (LOAD, 0, 0, 0)]
    for number in refused:
        rules += [(JUMP_IF_EQUAL, 0, 1, number), (RETURN, 0, 0, REFUSE_EPERM)]
    rules.append((RETURN, 0, 0, ALLOW))
    program = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *rule) for rule in rules))
    header = ctypes.create_string_buffer(struct.pack("HxxxxxxP", len(rules), ctypes.addressof(program)))
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    if libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.byref(header)):
        raise OSError(ctypes.get_errno(), "the kernel rejected the filter of system calls")

"""Where a worker's training processes come from: each is forked from one process that has loaded what jobs need.

To import and to load kernels is seconds of work; a fork takes milliseconds and shares the memory. That process, the
fork server, is executed, so that it has nothing of the worker's, and has a single thread. It is asked through a socket,
one question after the other: `FORK`, with the ends of two pipes for the child, is answered with the child's process id,
and a process id with its exit status, once it has ended.

`multiprocessing` has a fork server too. It is as fast, but it ends when a fork fails, and every training of the worker
ends with it; this one reports the failure and goes on. `benchmarks/NOTES.md` has the measurements.
"""

import os
import socket
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from threading import Lock

from steelyard.logs import get_logger
from steelyard.settings import Settings

FORK = b"fork"
ANSWER_SECONDS = 60.0  # how long a fork server may take to import and to answer, before another takes its place
MESSAGE_BYTES = 64
THREAD_VARIABLES = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
# BLAS and Arrow's allocator read these when they are imported: the fork server must have a single thread when it forks.
SINGLE = dict.fromkeys(THREAD_VARIABLES, "1") | {"JE_ARROW_MALLOC_CONF": "background_thread:false"}
log = get_logger(__name__)


class ForkServerGone(Exception):
    """The fork server is gone, and with it every process that was forked from it; the next fork starts another one."""


class ForkFailed(Exception):
    """The fork server could not fork: there is no memory or no process id left. It lives on, and so do its children."""


@dataclass(frozen=True)
class Child:
    """A process that was forked, and the fork server that alone knows of its end."""

    process_id: int
    server: subprocess.Popen[bytes]


class ForkServer:
    """One worker's; all its threads may ask."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._asking = Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._socket: socket.socket | None = None
        # The kernel ends a fork server with the thread that started it, so this thread lives as long as the worker.
        self._starter = ThreadPoolExecutor(1, "fork server")

    def start(self) -> None:
        """Begin to load what jobs need; returns at once."""
        with self._asking:
            self._connect()

    def stop(self) -> None:
        """End the fork server, and with it every training process."""
        with self._asking:
            self._end()
        self._starter.shutdown()

    def fork(self, orders: int, reports: int) -> Child:
        """A new training process that holds these ends of two pipes. Raises `ForkServerGone`, `ForkFailed`."""
        with self._asking:
            server, link = self._connect()
            process_id = self._ask(link, FORK, [orders, reports])
        if process_id < 0:
            raise ForkFailed(os.strerror(-process_id))
        return Child(process_id, server)

    def wait(self, child: Child) -> int:
        """The exit status of a child, once it has ended: negative for a signal, as in `subprocess`.

        Raises `ForkServerGone` if its fork server is gone.
        """
        with self._asking:
            if self._process is not child.server or self._socket is None:
                raise ForkServerGone
            return self._ask(self._socket, str(child.process_id).encode())

    def has_lost(self, child: Child) -> bool:
        """Whether the fork server of this child is gone."""
        return child.server.poll() is not None

    def _ask(self, link: socket.socket, question: bytes, descriptors: Sequence[int] = ()) -> int:
        link.settimeout(ANSWER_SECONDS)
        try:
            socket.send_fds(link, [question], descriptors)
            answer = link.recv(MESSAGE_BYTES)
        except OSError:
            answer = b""
        if not answer:
            log.error("the process that training processes are forked from is gone; another takes its place")
            self._end()
            raise ForkServerGone
        return int(answer)

    def _connect(self) -> tuple[subprocess.Popen[bytes], socket.socket]:
        if self._process is not None and self._process.poll() is not None:
            self._end()
        if self._process is None or self._socket is None:
            ours, its = socket.socketpair()
            self._process = self._starter.submit(self._execute, its.fileno()).result()
            its.close()
            self._socket = ours
        return self._process, self._socket

    def _execute(self, link: int) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "-P", "-m", "steelyard_worker.fork_server", str(link), str(os.getpid())],
            stdin=subprocess.DEVNULL,
            pass_fds=[link],
            env=os.environ | self._settings.as_environment() | SINGLE,
            start_new_session=True,  # a Ctrl-C in the terminal is the supervisor's to pass on
        )

    def _end(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None
        if self._socket is not None:
            self._socket.close()
            self._socket = None

"""Creates training processes by forking a process that has already loaded what jobs need, the fork server.

Imports and kernels take seconds to load; a fork takes milliseconds and shares their memory. The fork server is started
with `exec`, so it shares no connections or locks with the worker, and it has a single thread. The worker sends it
requests over a socket, one at a time. The answer to `FORK`, with the ends of two pipes for the child, is the child's
process id. The answer to a process id is the exit status of that child when it has ended.

`multiprocessing` has a fork server too. It is as fast, but it exits when a fork fails, and every training of the worker
ends with it. This one reports the failure and continues. `benchmarks/NOTES.md` has the measurements.
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
ANSWER_SECONDS = 60.0  # for imports and the answer; after that, the fork server is replaced
MESSAGE_BYTES = 64
THREAD_VARIABLES = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
# BLAS and Arrow's allocator read these at import. The fork server must have a single thread when it forks.
SINGLE = dict.fromkeys(THREAD_VARIABLES, "1") | {"JE_ARROW_MALLOC_CONF": "background_thread:false"}
log = get_logger(__name__)


class ForkServerGone(Exception):
    """The fork server has died, and with it all its children. The next fork starts a new one."""


class ForkFailed(Exception):
    """The fork server could not fork, for lack of memory or process ids. It and its children continue."""


@dataclass(frozen=True)
class Child:
    """A forked process, and its parent, the fork server, which alone can wait for it."""

    process_id: int
    server: subprocess.Popen[bytes]


class ForkServer:
    """The fork server of a worker. Thread-safe."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._asking = Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._socket: socket.socket | None = None
        # The kernel kills the fork server when the thread that started it ends; this one lives as long as the worker.
        self._starter = ThreadPoolExecutor(1, "fork server")

    def start(self) -> None:
        """Start the fork server, which begins to load what jobs need. Returns immediately."""
        with self._asking:
            self._connect()

    def stop(self) -> None:
        """Kill the fork server, and with it every training process."""
        with self._asking:
            self._end()
        self._starter.shutdown()

    def fork(self, orders: int, reports: int) -> Child:
        """Fork a training process that gets these ends of two pipes. Raises `ForkServerGone`, `ForkFailed`."""
        with self._asking:
            server, link = self._connect()
            process_id = self._ask(link, FORK, [orders, reports])
        if process_id < 0:
            raise ForkFailed(os.strerror(-process_id))
        return Child(process_id, server)

    def wait(self, child: Child) -> int:
        """Wait for a child. Returns its exit status, which is negative for a signal, as in `subprocess`.

        Raises `ForkServerGone` if its fork server has died.
        """
        with self._asking:
            if self._process is not child.server or self._socket is None:
                raise ForkServerGone
            return self._ask(self._socket, str(child.process_id).encode())

    def has_lost(self, child: Child) -> bool:
        """Whether the fork server of this child has died."""
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
            start_new_session=True,  # Ctrl-C in a terminal must reach only the worker
        )

    def _end(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None
        if self._socket is not None:
            self._socket.close()
            self._socket = None

"""The fork server: loads what jobs need, then forks training processes on request.

It has one thread, no connections, and no locks when it forks, so its children inherit none. Its children die with it,
and it dies with its worker.

It and its children ignore SIGTERM and SIGINT. Such a signal to all processes of a service asks the worker to return its
jobs to the queue. A training process that died of it first would look like a crash.

python -m steelyard_worker.fork_server SOCKET WORKER (a file descriptor and a process id)
"""

import errno
import gc
import os
import select
import signal
import socket
import sys

from steelyard import logs, settings
from steelyard.lifeline import end_with_parent
from steelyard.nn import precompile
from steelyard.settings import Settings
from steelyard_worker import run
from steelyard_worker.fork_client import FORK, MESSAGE_BYTES
from steelyard_worker.process import REQUESTS

log = logs.get_logger(__name__)


def main() -> None:
    """Serve the worker's requests until it exits; load what jobs need while there are none."""
    link = socket.socket(fileno=int(sys.argv[1]))
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_BLOCK, REQUESTS)  # a child unblocks them when it has installed handlers
    end_with_parent(signal.SIGKILL, int(sys.argv[2]))
    ours = settings.load()
    logs.configure(ours.log_format, ours.log_level)
    loading = precompile.load_usual()
    loaded = False
    while True:
        if not loaded and not select.select([link], [], [], 0)[0]:
            loaded = next(loading, "all") == "all"
            continue
        question, descriptors, _, _ = socket.recv_fds(link, MESSAGE_BYTES, 2)
        if not question:
            return
        answer = _fork(ours, link, *descriptors) if question == FORK else _wait(int(question))
        link.send(str(answer).encode())


def _fork(ours: Settings, link: socket.socket, orders: int, reports: int) -> int:
    """Fork a child, which serves orders and never returns from here. Returns its process id, or `-errno`."""
    gc.freeze()  # garbage collection in a child skips these objects, so their pages stay shared
    this = os.getpid()
    try:
        child = os.fork()
    except OSError as error:
        child = -(error.errno or errno.EAGAIN)
    if child == 0:
        status = 1
        try:
            link.close()
            run.serve(ours, orders, reports, this)
            status = 0
        except Exception:
            log.exception("a training process failed")
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(status)
    os.close(orders)
    os.close(reports)
    return child


def _wait(child: int) -> int:
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


if __name__ == "__main__":
    main()

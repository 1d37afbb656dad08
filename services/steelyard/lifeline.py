"""A process that ends when its parent does, however the parent died, so that nothing is left that nobody watches."""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def end_with_parent(with_signal: signal.Signals, parent: int | None = None) -> None:
    """Have the kernel send this process `with_signal` when its parent dies; Linux alone can.

    `parent` is the parent's process id, for one that may have died before this was called.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, with_signal)
        if parent is not None and os.getppid() != parent:
            sys.exit("the parent process has exited")

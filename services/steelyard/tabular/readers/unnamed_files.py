"""Temporary files that have no name in any folder, so that nothing of them outlives the processes that use them.

The system frees such a file when the last process that has it open closes it or ends, by whatever signal. Another
process of the same user opens it through the file descriptor of the one that made it, which Linux shows under /proc.
Elsewhere the file has a name until it is closed.
"""

import errno
import os
import sys
import tempfile
from typing import IO

NO_ROOM = (errno.ENOSPC, errno.EDQUOT)  # the errors of a full disk
HAS_PROC = sys.platform == "linux"


def unnamed_file(*, buffering: int = -1) -> IO[bytes]:
    """An empty file in the folder for temporary files (`TMPDIR`)."""
    make = tempfile.TemporaryFile if HAS_PROC else tempfile.NamedTemporaryFile
    file: IO[bytes] = make(prefix="steelyard-", buffering=buffering)
    return file


def path_of(file: IO[bytes]) -> str:
    """A path by which this process and others of the same user can open the file while it is open here."""
    return f"/proc/{os.getpid()}/fd/{file.fileno()}" if HAS_PROC else file.name

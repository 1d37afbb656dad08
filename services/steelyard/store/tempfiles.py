"""Temporary files of a request, whose disk space is freed in the background."""

import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import IO

from steelyard.errors import Unavailable
from steelyard.tabular.readers.unnamed_files import NO_ROOM, unnamed_file

_closing = ThreadPoolExecutor(1, "closing")


@contextmanager
def passing_file() -> Iterator[IO[bytes]]:
    """An empty file without a name (`steelyard.tabular.readers.unnamed_files`), open as long as this lasts.

    The last to close a file waits until the system has its pages back: a third of a millisecond for each MB.
    Raises `Unavailable` when there is no room for the file, or for what is written to it meanwhile.
    """
    try:
        file = unnamed_file(buffering=0)
        try:
            yield file
        finally:
            _closing.submit(file.close)
    except OSError as error:
        if error.errno not in NO_ROOM:
            raise
        raise Unavailable(f"{tempfile.gettempdir()} has no space for the file; send it again later") from error

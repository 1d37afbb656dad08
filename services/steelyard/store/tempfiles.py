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
    """An empty file without a name (`steelyard.tabular.readers.unnamed_files`), which is open within the block.

    Closing a file for the last time waits until its pages are freed: a third of a millisecond per MB. Raises
    `Unavailable` if there is no space for the file or for what is written to it.
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

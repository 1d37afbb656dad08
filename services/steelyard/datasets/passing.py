"""Files that are there for a moment: their names are gone at once, their bytes are given back beside other work."""

import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import IO

_closing = ThreadPoolExecutor(1, "closing")


@contextmanager
def passing_file() -> Iterator[IO[bytes]]:
    """An empty file, which has a name as long as this lasts.

    The last to close a file waits until the system has its pages back: a third of a millisecond for each MB.
    """
    file = tempfile.NamedTemporaryFile(prefix="steelyard-", buffering=0, delete=False)  # noqa: SIM115 -- closed in a thread
    try:
        yield file
    finally:
        Path(file.name).unlink()
        _closing.submit(file.close)

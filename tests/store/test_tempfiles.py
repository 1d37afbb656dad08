"""A passing file leaves nothing behind: no name, no bytes, no descriptor."""

import os
from pathlib import Path

import pytest

from steelyard.store.tempfiles import passing_file
from steelyard.tabular.readers.unnamed_files import path_of
from tests.conftest import wait_for


def test_a_passing_file_is_closed_whatever_happens() -> None:
    seen = []

    def use() -> None:
        with passing_file() as file:
            file.write(b"bytes")
            assert Path(path_of(file)).read_bytes() == b"bytes"
            seen.append(file)
            raise ConnectionError

    with pytest.raises(ConnectionError):
        use()
    wait_for(lambda: seen[0].closed)


def test_closing_files_leaves_no_descriptors() -> None:
    before = len(os.listdir("/proc/self/fd"))  # noqa: PTH208 -- a count is all that is wanted
    for _ in range(50):
        with passing_file() as file:
            file.write(b"bytes")
    wait_for(lambda: len(os.listdir("/proc/self/fd")) <= before)  # noqa: PTH208

"""The doorbell rings, and does nothing else to the process that it rings from."""

import sys
from pathlib import Path
from typing import Any

import pytest

from steelyard.jobs.doorbell import Doorbell
from tests.conftest import wait_for


class Watched(list[str]):
    """A path of imports that remembers what was put on it."""

    def __init__(self, folders: list[str]) -> None:
        super().__init__(folders)
        self.added: list[Any] = []

    def insert(self, at: Any, folder: str) -> None:
        self.added.append(folder)
        super().insert(at, folder)

    def append(self, folder: str) -> None:
        self.insert(len(self), folder)


def test_a_ring_leaves_the_path_of_imports_alone(
    broker_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # a folder that is not on the path already
    path = Watched(sys.path)
    monkeypatch.setattr(sys, "path", path)
    bell = Doorbell(broker_url)
    wait_for(bell.answers)
    assert bell.ring("job_1")
    bell.close()
    assert path.added == []

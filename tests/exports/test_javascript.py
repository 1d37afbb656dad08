"""An exported module, run by node."""

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from steelyard.exports.javascript import JAVASCRIPT, source
from steelyard.tabular.encoder_options import EncoderOptions
from tests.exports.comparison import compare
from tests.exports.running import load
from tests.exports.zoo import Case, representatives

ODD = ('`${x}`"', "'*/", "a\nb\\\u2028", "__proto__")


@pytest.mark.parametrize("case", representatives(), ids=lambda case: case.name)
def test_answers_are_those_of_the_service(case: Case, tmp_path: Path) -> None:
    rows = case.rows(200)
    assert compare(case.build(), rows, *load(JAVASCRIPT, case.build(), tmp_path)(rows)) <= 1e-6


def ask(case: Case, rows: str, folder: Path) -> Any:
    """What the module says of rows, written as JavaScript; the message of an error."""
    name = JAVASCRIPT.file_name(case.build())
    (folder / name).write_bytes(JAVASCRIPT.write(case.build()))
    answer = "(row) => { try { return predict(row); } catch (error) { return `${error.name}: ${error.message}`; } }"
    script = f'import {{ predict }} from "./{name}"; console.log(JSON.stringify({rows}.map({answer})));'
    command = ["node", "--input-type=module", "--eval", script]
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=True, cwd=folder).stdout)


def test_what_the_service_refuses_is_refused(tmp_path: Path) -> None:
    strict = Case("strict", EncoderOptions(missing="error", unknown="error"))
    [row] = strict.rows(1)
    changes: list[dict[str, Any]] = [
        {"width": None},
        {"color": None},
        {"color": "unseen"},
        {"width": 1e300},
        {"width": "12"},
        {"color": {}},
    ]
    said = ask(strict, json.dumps([row, *({**row, **change} for change in changes)]), tmp_path)
    assert said[0]["label"] in ("setosa", "versicolor", "virginica")
    assert said[1:] == [
        "RangeError: the model accepts no missing values",
        'RangeError: the model does not accept "" in color',
        'RangeError: the model does not accept "unseen" in color',
        "RangeError: a number is too large for the model",
        "TypeError: width must be a number",
        "TypeError: color must be a string",
    ]


def test_dates_booleans_and_absent_values_are_taken(tmp_path: Path) -> None:
    row = 'width: 1, color: " red ", opens: 60, code: 7'
    rows = (
        f'[{{{row}, born: new Date("2026-01-02T00:00:00Z"), "is new": true}}, {{{row}, born: 1767312000, "is new": 1}}]'
    )
    first, second = ask(Case("usual"), rows, tmp_path)
    assert first == second
    assert sum(first["probabilities"]) == pytest.approx(1)


def test_names_of_columns_and_labels_are_no_code(tmp_path: Path) -> None:
    case = Case("odd", labels=ODD, outputs=4)
    assert ask(case, "[{}]", tmp_path)[0]["label"] in ODD


def test_the_source_is_readable() -> None:
    text = source(next(case for case in representatives() if case.name == "layer residual").build())
    assert re.search(r"function relu_1\(z\) \{\n  return Math.max\(z, 0.0\);\n\}", text)
    assert "const x0 = affine(x, dense_1_kernel, dense_1_bias, 8); // dense_1" in text
    assert max(map(len, text.splitlines())) <= 400


def test_the_same_model_gives_the_same_bytes() -> None:
    assert JAVASCRIPT.write(Case("x").make()) == JAVASCRIPT.write(Case("x").make())

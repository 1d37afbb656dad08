"""ONNX Runtime answers as the service does: every part, in both precisions, with holes and unknown categories."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from steelyard.exports.bundle import Limit
from steelyard.exports.onnx import ONNX
from steelyard.tabular.encoder_options import EncoderOptions
from tests.exports.comparison import compare
from tests.exports.running import load, stripped
from tests.exports.zoo import Case, cases

ROWS = 300


@pytest.mark.parametrize("case", cases(), ids=lambda case: case.name)
def test_answers_are_those_of_the_service(case: Case, tmp_path: Path) -> None:
    bundle, rows = case.build(), stripped(case.rows(ROWS))
    assert compare(bundle, rows, *load(ONNX, bundle, tmp_path)(rows)) <= (1e-6 if case.dtype == "float32" else 1e-12)


def test_the_same_model_gives_the_same_bytes() -> None:
    case = Case("usual", members=2)
    assert ONNX.write(case.make()) == ONNX.write(case.make())


@pytest.mark.parametrize("column", ["width", "color"])
def test_a_missing_value_that_the_model_refuses_gives_nan(column: str, tmp_path: Path) -> None:
    case = Case("strict", EncoderOptions(missing="error"))
    rows = case.rows(2)
    rows[1][column] = None
    _, values = load(ONNX, case.build(), tmp_path)(rows)
    assert np.isfinite(values[0]).all()
    assert np.isnan(values[1]).all()


def test_an_unknown_category_that_the_model_refuses_gives_nan(tmp_path: Path) -> None:
    case = Case("strict", EncoderOptions(unknown="error"))
    rows = case.rows(2)
    rows[1]["color"] = "unseen"
    _, values = load(ONNX, case.build(), tmp_path)(rows)
    assert np.isfinite(values[0]).all()
    assert np.isnan(values[1]).all()


def test_an_output_does_not_take_the_name_of_a_column() -> None:
    bundle = Case("usual").build()
    features = {"label": bundle.inputs.features["width"], "/x": bundle.inputs.features["width"]}
    renamed = replace(bundle, inputs=replace(bundle.inputs, features=features))
    assert [output.name for output in ONNX.outputs(renamed)] == ["label_", "probabilities"]


def test_what_does_not_travel_is_listed() -> None:
    limits = [*ONNX.limits(Case("strict", EncoderOptions(missing="error", unknown="error")).build())]
    assert {limit.column for limit in limits} == {"born", "opens", None}
    assert Limit("times are not parsed; the input is the number of seconds since midnight", "opens") in limits
    assert [limit.detail.split()[:3] for limit in limits][-2:] == [
        ["a", "missing", "value"],
        ["an", "unknown", "category"],
    ]

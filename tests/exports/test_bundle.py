"""What exports know of a model: what its outputs are, and which inputs a file takes."""

import numpy as np
import pytest

from steelyard.exports.bundle import Input, common_limits, label_type, raw_inputs, usual_outputs
from tests.exports.zoo import Case, cases

CASES = {case.name: case for case in cases()}


@pytest.mark.parametrize(
    ("name", "kind", "outputs"),
    [
        ("layer dense", "classes", [("label", "string", ("N",)), ("probabilities", "float32", ("N", 3))]),
        ("loss binary_crossentropy", "binary", [("label", "boolean", ("N",)), ("probabilities", "float32", ("N", 2))]),
        ("loss hinge", "binary", [("label", "boolean", ("N",)), ("value", "float32", ("N", 1))]),
        ("labels, float64", "labels", [("label", "int64", ("N", 3)), ("probabilities", "float64", ("N", 3))]),
        ("loss mean_squared_error", "values", [("value", "float64", ("N", 2))]),
        ("loss poisson", "values", [("value", "float32", ("N", 2))]),
    ],
)
def test_outputs_follow_from_the_loss(
    name: str, kind: str, outputs: list[tuple[str, str, tuple[int | str, ...]]]
) -> None:
    bundle = CASES[name].build()
    assert bundle.kind == kind
    assert [(each.name, each.type, each.shape) for each in usual_outputs(bundle)] == outputs


def test_labels_of_one_type_keep_it() -> None:
    assert label_type(Case("numbers", labels=(1, 2, 3)).build()) == "int64"
    assert label_type(Case("mixed", labels=(1, "2", True)).build()) == "string"


def test_each_column_is_an_input() -> None:
    bundle = Case("few", columns=("width", "color")).build()
    kinds = {"number": "double", "string": "text"}
    assert raw_inputs(bundle, kinds) == [Input("width", "double", "width"), Input("color", "text", "color")]


def test_dates_and_times_are_limits() -> None:
    limits = [*common_limits(Case("all").build())]
    assert [limit.column for limit in limits] == ["born", "opens", None]
    assert [*common_limits(Case("few", columns=("color",)).build())] == []


def test_values_are_in_the_targets_units() -> None:
    regression = CASES["loss mean_squared_error"].build()
    np.testing.assert_array_equal(regression.values(np.array([[0.0, 1.0]])), [[100, 101 + 6]])
    binary = CASES["loss binary_crossentropy"].build()
    np.testing.assert_array_equal(binary.values(np.array([[0.25]])), [[0.75, 0.25]])
    assert (binary.threshold, CASES["loss hinge"].build().threshold) == (0.5, 0.0)
    assert not CASES["ensemble binary_crossentropy"].build().decides_on_logits

"""Formulas of activations as expressions: traced, rewritten, written as text, and computed."""

import math
from typing import Any

import numpy as np
import pytest
from scipy import special

from steelyard.exports.formula import Language, call, evaluate, named, plain, trace, without_erf, write
from steelyard.exports.refusal import CannotExport
from steelyard.nn.activations import ACTIVATIONS, Activation, Gelu, Mish
from tests.nn.newcomers import Cube, Wave

Z = np.linspace(-9, 9, 2001)
POINTWISE = [part() for part in ACTIVATIONS if part.name not in ("softmax", "log_softmax")]
PYTHON = Language(
    {
        "add": "({0} + {1})",
        "subtract": "({0} - {1})",
        "multiply": "({0} * {1})",
        "divide": "({0} / {1})",
        "negative": "(-{0})",
        "greater": "({0} > {1})",
        "absolute": lambda _, texts: f"abs({texts[0]})",
        **{name: f"math.{name}({{0}})" for name in ("exp", "expm1", "log1p", "tanh", "erf")},
        "maximum": "max({0}, {1})",
        "minimum": "min({0}, {1})",
        "where": "({1} if {0} else {2})",
    },
    plain,
    lambda name, value: f"{name} = {value}",
)


@pytest.mark.parametrize("part", [*POINTWISE, Gelu(approximate=True), Cube(), Wave()], ids=str)
def test_a_traced_formula_computes_the_activation(part: Activation) -> None:
    expected = np.empty_like(Z)
    part.forward(Z, expected, np.empty_like(Z))
    formula = trace(part)
    values: dict[str, Any] = {"z": Z, **part.weights()}
    np.testing.assert_array_equal(evaluate(formula, values), expected)
    np.testing.assert_allclose(evaluate(without_erf(formula), values), expected, rtol=0, atol=2e-15)


@pytest.mark.parametrize("part", POINTWISE, ids=str)
def test_a_formula_is_written_as_text(part: Activation) -> None:
    lines, result = write(trace(part), PYTHON, {"z": "x", "alpha": "slope"})
    for x in (-2.5, 0.0, 1.25):
        scope = {"math": math, "x": x, "slope": 0.25}
        exec("\n".join(lines), scope)
        expected = np.empty((1, 1))
        part.forward(np.array([[x]]), expected, np.empty((1, 1)))
        assert eval(result, scope) == pytest.approx(expected[0, 0], rel=1e-14, abs=1e-15)


def test_what_is_used_twice_is_written_once() -> None:
    lines, result = write(trace(Mish()), PYTHON, {"z": "z"})
    assert (lines, result.count("log1p")) == ([], 1)
    twice = call("exp", named("z"))
    assert write(twice * twice, PYTHON, {"z": "z"}) == (["t1 = math.exp(z)"], "(t1 * t1)")


def test_the_error_function_is_exact_without_one() -> None:
    x = np.concatenate([np.linspace(-40, 40, 20_001), [0.0]])
    found = evaluate(without_erf(call("erf", named("x"))), {"x": x})
    np.testing.assert_allclose(found, special.erf(x), rtol=0, atol=1e-15)


@pytest.mark.parametrize("name", ["softmax", "log_softmax"])
def test_an_activation_of_whole_rows_has_no_formula(name: str) -> None:
    with pytest.raises(CannotExport, match="not a formula of each value alone"):
        trace(ACTIVATIONS[name]())


def test_what_has_no_counterpart_is_refused() -> None:
    z: Any = named("z")
    with pytest.raises(CannotExport, match="arctan"):
        np.arctan(z)
    with pytest.raises(CannotExport, match="add in a way"):
        np.add.reduce(z)
    with pytest.raises(CannotExport, match="cumsum"):
        np.cumsum(z)
    with pytest.raises(CannotExport, match="neither a number"):
        z + np.ones(3).tolist()
    with pytest.raises(CannotExport, match="constant inf"):
        plain(math.inf)

"""The functions of formulas, of arrays, against NumPy's and SciPy's; compiled, in engines/compiled/test_elementwise."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from scipy import special

from steelyard.nn import elementwise
from steelyard.nn.elementwise import PRIMITIVES, Curve, parameters_of, sigmoid, softplus, where, why_not_formula

X = np.linspace(-40, 40, 161)
POSITIVE = np.abs(X)
REFERENCES: dict[str, tuple[Any, Any]] = {
    "exp": (np.exp, X),
    "expm1": (np.expm1, X),
    "log1p": (np.log1p, POSITIVE),
    "tanh": (np.tanh, X),
    "erf": (special.erf, X),
    "sqrt": (np.sqrt, POSITIVE),
    "absolute": (np.abs, X),
    "sign": (np.sign, X),
    "sigmoid": (special.expit, X),
    "softplus": (lambda x: np.logaddexp(0, x), X),
}


@pytest.mark.parametrize("name", REFERENCES)
def test_functions_are_numpys_and_scipys(name: str) -> None:
    reference, points = REFERENCES[name]
    np.testing.assert_allclose(getattr(elementwise, name)(points), reference(points), rtol=1e-12, atol=1e-16)


def test_functions_of_several_are_numpys() -> None:
    y = X[::-1] / 3
    np.testing.assert_array_equal(elementwise.maximum(X, y), np.maximum(X, y))
    np.testing.assert_array_equal(elementwise.minimum(X, y), np.minimum(X, y))
    np.testing.assert_allclose(elementwise.power(POSITIVE, 1.5), POSITIVE**1.5)
    np.testing.assert_array_equal(where(y > X, X, y), np.minimum(X, y))
    np.testing.assert_array_equal(where(y > X, 1.0, 0.0), [float(each) for each in y > X])
    np.testing.assert_array_equal(where(y > X, 0.0, 1.0), [float(each) for each in y <= X])


def test_primitives_and_what_is_made_of_them_are_formulas() -> None:
    for function in (*PRIMITIVES, sigmoid, softplus):
        assert why_not_formula(function) is None


def test_far_ends_do_not_overflow() -> None:
    far = np.array([-1e4, 1e4])
    assert sigmoid(far).tolist() == [0, 1]
    assert softplus(far).tolist() == [0, 1e4]


NUMBER, WORD = 0.5, "half"


def test_a_formula_names_numbers_and_formulas_alone() -> None:
    assert why_not_formula(lambda x: NUMBER * x) is None
    assert "'WORD'" in str(why_not_formula(lambda x: WORD * x))
    assert "'calls_itself'" in str(why_not_formula(calls_itself))
    for function in (np.tanh, len, lambda x, y=1.0: x * y):
        assert "plain function" in str(why_not_formula(function))


def calls_itself(x: Any) -> Any:
    return calls_itself(x)


@dataclass(frozen=True)
class Example:
    size: int = 2
    is_on: bool = True
    word: str = "a"


def test_parameters_are_floats_in_their_order() -> None:
    assert parameters_of(Example()) == (2.0, 1.0, "a")
    assert [type(each) for each in parameters_of(Example())] == [float, float, str]
    assert parameters_of(Example(), without="size") == (1.0, "a")


def test_a_curve_is_compiled_if_its_formulas_and_parameters_can_be() -> None:
    assert Curve(sigmoid, softplus, (0.5,)).why_not_compiled() is None
    assert Curve(sigmoid, softplus, (0.5, "a")).why_not_compiled() == "has a parameter that is not a number"
    for curve in (Curve(np.tanh, sigmoid), Curve(sigmoid, np.tanh)):
        assert "plain function" in str(curve.why_not_compiled())

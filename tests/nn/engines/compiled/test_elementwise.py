"""The functions of formulas, compiled: near what they should be, everywhere."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numba import njit, vectorize
from scipy import special

from steelyard.nn import elementwise
from steelyard.nn.elementwise import PRIMITIVES, maximum
from steelyard.nn.engines.compiled.build import typed
from steelyard.nn.engines.compiled.elementwise import INLINE

Array = np.ndarray[Any, Any]
WIDE = np.concatenate([np.linspace(-30, 30, 200_001), np.geomspace(1e-30, 30, 5_000), -np.geomspace(1e-30, 30, 5_000)])
POSITIVE = WIDE[WIDE >= 0]
# Function, what it should be, where, and how far from it a result may be, in units of its last place.
CASES: list[tuple[Callable[[Any], Any], Callable[[Any], Any], Array, float]] = [
    (elementwise.exp, np.exp, WIDE, 2),
    (elementwise.expm1, np.expm1, WIDE, 4),
    (elementwise.log1p, np.log1p, POSITIVE, 3),
    (elementwise.tanh, np.tanh, WIDE, 4),
    (elementwise.sqrt, np.sqrt, POSITIVE, 1),
    (elementwise.absolute, np.abs, WIDE, 0),
    (elementwise.sign, np.sign, WIDE, 0),
]
NAMES = [function.__name__ for function, *_ in CASES]


def compiled(function: Callable[[Any], Any]) -> Callable[[Array], Array]:
    """A function of formulas, compiled, for arrays."""

    def ask(x: Any) -> Any:
        return function(x)

    found: Callable[[Array], Array] = vectorize(nopython=True)(ask)
    return found


def test_every_function_is_held_against_a_reference() -> None:
    others = {elementwise.erf, elementwise.power, elementwise.maximum, elementwise.minimum, elementwise.where}
    assert {function for function, *_ in CASES} | others == {*PRIMITIVES}


@pytest.mark.parametrize(
    ("function", "reference", "points", "units"), CASES, ids=lambda each: getattr(each, "__name__", "")
)
def test_single_precision_is_right_to_a_few_units_in_the_last_place(
    function: Callable[[Any], Any], reference: Callable[[Any], Any], points: Array, units: float
) -> None:
    x = points.astype(np.float32)
    found = compiled(function)(x)
    expected = reference(x.astype(np.float64))
    assert found.dtype == np.float32
    assert (np.abs(found - expected) <= units * np.spacing(np.abs(expected).astype(np.float32))).all()


def test_the_error_function_is_right_to_a_few_units_of_one() -> None:
    x = WIDE.astype(np.float32)
    np.testing.assert_allclose(compiled(elementwise.erf)(x), special.erf(x.astype(float)), atol=4e-7)


@pytest.mark.parametrize(
    ("function", "reference", "points", "_"), CASES, ids=lambda each: getattr(each, "__name__", "")
)
def test_double_precision_is_the_librarys(
    function: Callable[[Any], Any], reference: Callable[[Any], Any], points: Array, _: float
) -> None:
    np.testing.assert_allclose(compiled(function)(points), reference(points), rtol=1e-15)


@pytest.mark.parametrize("name", ["exp", "expm1", "log1p", "tanh"])
def test_what_is_beyond_all_numbers_or_none_stays_so(name: str) -> None:
    points = [np.nan, np.inf, 200.0] if name == "log1p" else [np.nan, np.inf, -np.inf, 200.0, -200.0]
    x = np.array(points, np.float32)
    with np.errstate(all="ignore"):
        found, expected = compiled(getattr(elementwise, name))(x), getattr(np, name)(x)
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-37)


SCALE = 0.1


def formula(x: Any) -> Any:
    return SCALE * maximum(x, 0.3) + 2.5


def test_constants_of_a_formula_do_not_make_its_numbers_longer() -> None:
    for dtype in (np.float32, np.float64):
        compiled_formula = njit(**INLINE)(typed(formula, dtype))
        compiled_formula(dtype(1.0))
        [signature] = compiled_formula.signatures
        assert compiled_formula.overloads[signature].signature.return_type.name == np.dtype(dtype).name

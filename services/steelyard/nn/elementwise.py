"""The functions that the formulas of parts are written with: of an array as well as of a single number.

A formula is one expression, `where(z > 0.0, z, alpha * expm1(z))`. Given arrays, it is computed by NumPy, through the
functions here; `steelyard.nn.engines.compiled` compiles the same expression for one number at a time, and says what
each of these functions is then. Numbers in formulas are written with a point: an integer would make a float32
longer than it is.
"""

from collections.abc import Callable
from dataclasses import dataclass, fields
from types import FunctionType
from typing import Any

import numpy as np
from scipy import special


@dataclass(frozen=True)
class Curve:
    """A formula, that of its derivative, and the parameters that both take last.

    Of an activation, `value(z)` is `a` and `slope(z, a)` is `∂a/∂z`. Of a loss, `value(y, t)` is what an output costs
    and `slope(y, t)` its derivative by `y`. Of a regularizer, `value(w)` and `slope(w)` are of one weight.
    """

    value: Callable[..., Any]
    slope: Callable[..., Any]
    parameters: tuple[Any, ...] = ()

    def why_not_compiled(self) -> str | None:
        """Why the compiled engine cannot run it; `None` if it can."""
        if not all(isinstance(each, float) for each in self.parameters):
            return "has a parameter that is not a number"
        return why_not_formula(self.value) or why_not_formula(self.slope)


def parameters_of(part: Any, *, without: str | None = None) -> tuple[Any, ...]:
    """The parameters of a part in their order, as its formulas take them: numbers as floats, others unchanged."""
    values = (getattr(part, field.name) for field in fields(part) if field.name != without)
    return tuple(float(value) if isinstance(value, (int, float)) else value for value in values)


def exp(x: Any) -> Any:
    """`eˣ`."""
    return np.exp(x)


def expm1(x: Any) -> Any:
    """`eˣ − 1`, exact near zero."""
    return np.expm1(x)


def log1p(x: Any) -> Any:
    """`ln (1 + x)`, exact near zero."""
    return np.log1p(x)


def tanh(x: Any) -> Any:
    """The hyperbolic tangent."""
    return np.tanh(x)


def erf(x: Any) -> Any:
    """The error function."""
    return special.erf(x)


def sqrt(x: Any) -> Any:
    """The square root."""
    return np.sqrt(x)


def power(x: Any, y: Any) -> Any:
    """`xʸ`, for `x` that is not negative."""
    return np.power(x, y)


def absolute(x: Any) -> Any:
    """`|x|`."""
    return np.abs(x)


def sign(x: Any) -> Any:
    """One with the sign of `x`, or zero."""
    return np.sign(x)


def maximum(x: Any, y: Any) -> Any:
    """The greater of the two; `x` where it is not a number."""
    return np.maximum(x, y)


def minimum(x: Any, y: Any) -> Any:
    """The lesser of the two; `x` where it is not a number."""
    return np.minimum(x, y)


def where(condition: Any, x: Any, y: Any) -> Any:
    """`x` where the condition holds, else `y`. Both are computed."""
    if isinstance(x, float) and isinstance(y, float) and (x, y) == (1.0, 0.0):
        return np.asarray(condition, np.float32)  # the same numbers in a fifth of the time
    return np.where(condition, x, y)


def sigmoid(x: Any) -> Any:
    """`1 / (1 + e⁻ˣ)`, as a tanh, which cannot overflow."""
    return 0.5 + 0.5 * tanh(0.5 * x)


def softplus(x: Any) -> Any:
    """`ln (1 + eˣ)`, as `max(x, 0) + ln (1 + e^−|x|)`, which cannot overflow."""
    return maximum(x, 0.0) + log1p(exp(-absolute(x)))


PRIMITIVES = (exp, expm1, log1p, tanh, erf, sqrt, power, absolute, sign, maximum, minimum, where)
"""The functions that the compiled engine knows. It can compute what is made of these and of numbers."""


def why_not_formula(function: Any) -> str | None:
    """Why the compiled engine cannot make a kernel of a function; `None` if it can. Compiles nothing."""
    if not isinstance(function, FunctionType) or function.__closure__ or function.__defaults__:
        return "has a formula that is not a plain function of its arguments"
    if function in PRIMITIVES:
        return None
    for name in function.__code__.co_names:
        used = function.__globals__.get(name)
        if not isinstance(used, (int, float)) and (used is function or why_not_formula(used) is not None):
            return f"has a formula with {name!r}, which is neither a number nor made of steelyard.nn.elementwise"
    return None

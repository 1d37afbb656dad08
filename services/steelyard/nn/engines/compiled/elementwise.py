"""What the functions of formulas are for one number, compiled.

In float32, exponential and logarithm are polynomials of ours, and the others follow from them: a loop over them becomes
one over whole registers, which a call to the C library would prevent (0.6 µs for 1,024 tanh, 23 by the library). They
are exact to about two units in the last place, and the same bits on every machine, whatever the width of its registers.
In float64 they are the C library's.
"""

import math
from typing import Any

import numpy as np
from numba import njit, types
from numba.extending import overload

from steelyard.nn import elementwise
from steelyard.nn.engines.compiled.machine import bits_to_float, float_to_bits

INLINE = {"error_model": "numpy", "forceinline": True}
F = np.float32
ONE, TWO, HALF = F(1), F(2), F(0.5)
LOG2_E = F(math.log2(math.e))
LN2_HIGH, LN2_LOW = F(0.693359375), F(math.log(2) - 0.693359375)  # the first has few bits: k times it is exact
LEAST, MOST = F(-87.0), F(88.5)  # beyond these a float32 is no normal number, or none at all
ROOT_HALF_BITS = np.int32(0x3F3504F3)  # of √½
INFINITY = F(np.inf)
# Of eʳ = 1 + r + r² · P(r), ln (1 + f) = f − f²/2 + f³ · Q(f) and erf x = x · R(x²), for |r| ≤ ln 2 / 2,
# √½ ≤ 1 + f ≤ √2 and |x| ≤ 1: fitted in float64, by interpolation at Chebyshev's points.


def _fitted(function: Any, low: float, high: float, degree: int) -> tuple[Any, ...]:
    """The polynomial through a function at Chebyshev's points, the highest power first, in float32."""
    points = (low + high) / 2 + (high - low) / 2 * np.cos(np.pi * (np.arange(degree + 1) + 0.5) / (degree + 1))
    return tuple(map(F, np.polyfit(points, function(points), degree)))


def _rest_of_exp(r: Any) -> Any:
    return np.array([math.fsum(x**k / math.factorial(k + 2) for k in range(16)) for x in r])


def _rest_of_log(f: Any) -> Any:
    return np.array([math.fsum((-x) ** k / (k + 3) for k in range(120)) for x in f])


def _share_of_erf(s: Any) -> Any:
    return np.array([math.erf(math.sqrt(x)) / math.sqrt(x) for x in s])


P0, P1, P2, P3, P4, P5 = _fitted(_rest_of_exp, -0.3466, 0.3466, 5)
Q0, Q1, Q2, Q3, Q4, Q5, Q6, Q7, Q8 = _fitted(_rest_of_log, -0.2929, 0.4143, 8)
R0, R1, R2, R3, R4, R5, R6 = _fitted(_share_of_erf, 0.0, 1.0, 6)


@njit(**INLINE)
def _split(x: Any) -> Any:
    """`2ᵏ` and `eʳ − 1` with `x = k · ln 2 + r`."""
    x = x if x > LEAST else LEAST  # and so is what is not a number, which has no integer below
    x = x if x < MOST else MOST
    k = np.floor(x * LOG2_E + HALF)
    r = (x - k * LN2_HIGH) - k * LN2_LOW
    p = ((((P0 * r + P1) * r + P2) * r + P3) * r + P4) * r + P5
    scale = bits_to_float((np.int32(k) + np.int32(127)) << np.int32(23))
    return scale, r + r * r * p


@njit(**INLINE)
def _exp(x: Any) -> Any:
    scale, rest = _split(x)
    found = scale * rest + scale
    return x if x != x else (INFINITY if x > MOST else found)


@njit(**INLINE)
def _expm1(x: Any) -> Any:
    scale, rest = _split(x)
    found = scale * rest + (scale - ONE)
    return x if x != x else (INFINITY if x > MOST else found)


@njit(**INLINE)
def _log1p(x: Any) -> Any:
    """For `x ≥ 0`: what formulas ask it for is an exponential, or a sum of such."""
    u = ONE + x
    lost = x - (u - ONE)  # what rounding took from 1 + x
    bits = float_to_bits(u) - ROOT_HALF_BITS
    k = bits >> np.int32(23)
    f = bits_to_float((bits & np.int32(0x7FFFFF)) + ROOT_HALF_BITS) - ONE
    q = ((((((((Q0 * f + Q1) * f + Q2) * f + Q3) * f + Q4) * f + Q5) * f + Q6) * f + Q7) * f) + Q8
    scale = F(k)
    found = scale * LN2_HIGH + (f + (f * f * (f * q - HALF) + (scale * LN2_LOW + lost / u)))
    return x if x != x else (x if u > F(3e38) else found)


@njit(**INLINE)
def _tanh(x: Any) -> Any:
    rest = _expm1(-TWO * abs(x))
    size = -rest / (TWO + rest)
    return -size if x < F(0) else size


@njit(**INLINE)
def _erf(x: Any) -> Any:
    """A polynomial up to one; beyond, to 1.5e-7: Abramowitz and Stegun 1964, formula 7.1.26."""
    size = abs(x)
    s = size * size
    near = ((((((R0 * s + R1) * s + R2) * s + R3) * s + R4) * s + R5) * s + R6) * size
    t = ONE / (ONE + F(0.3275911) * size)
    p = ((((F(1.061405429) * t - F(1.453152027)) * t + F(1.421413741)) * t - F(0.284496736)) * t + F(0.254829592)) * t
    found = near if size < ONE else ONE - p * _exp(-s)
    return -found if x < F(0) else found


def _define(function: Any, single: Any, double: Any) -> None:
    """Say what one of the functions of formulas is in each precision."""

    @overload(function, jit_options=INLINE)
    def choose(x):
        if x == types.float32:
            return lambda x: single(x)  # noqa: PLW0108 -- numba wants arguments of the same names
        return lambda x: double(x)  # noqa: PLW0108


_define(elementwise.exp, _exp, math.exp)
_define(elementwise.expm1, _expm1, math.expm1)
_define(elementwise.log1p, _log1p, math.log1p)
_define(elementwise.tanh, _tanh, math.tanh)
_define(elementwise.erf, _erf, math.erf)
_define(elementwise.sqrt, math.sqrt, math.sqrt)
_define(elementwise.absolute, abs, abs)


@overload(elementwise.power, jit_options=INLINE)
def _power(x, y):
    return lambda x, y: x**y


@overload(elementwise.sign, jit_options=INLINE)
def _sign(x):
    zero, one = (F(0), ONE) if x == types.float32 else (0.0, 1.0)
    return lambda x: one if x > zero else (-one if x < zero else zero)


@overload(elementwise.maximum, jit_options=INLINE)
def _maximum(x, y):
    return lambda x, y: y if x < y else x


@overload(elementwise.minimum, jit_options=INLINE)
def _minimum(x, y):
    return lambda x, y: y if y < x else x


@overload(elementwise.where, jit_options=INLINE)
def _where(condition, x, y):
    return lambda condition, x, y: x if condition else y

"""Rules at work on two weights, held against formulas written out straight for one."""

import math
from collections.abc import Callable, Iterator
from itertools import islice

import numpy as np

from steelyard.nn.optimizers import Learned, Rule, Step
from tests.nn.networks import Array

STEPS = 25
Formula = Callable[..., Iterator[float]]


def gradient_of(w: float) -> float:
    """Of a lopsided bowl, so that every step has another gradient."""
    return math.sin(3 * w) + 0.5 * w


def no_look() -> float:
    raise AssertionError("a rule has no line search")


def learn(rule: Rule, weights: Array, gradient: Array) -> Learned:
    """Weights that a rule moves, with slots of zeros."""
    return Learned(weights, gradient, {name: np.zeros_like(weights) for name in rule.slots})


def step(rule: Rule, number: int = 1) -> Step:
    return Step(number, rule.learning_rate, no_look)


def check_formula(rule: Rule, formula: Formula) -> None:
    """The rule moves weights as the formula says, which is for one weight."""
    starts = [1.3, -0.4]
    weights = np.array(starts)
    learned = learn(rule, weights, np.zeros(2))
    scalars = dict(rule.scalars)
    for number in range(1, STEPS + 1):
        learned.gradient[:] = [gradient_of(w) for w in weights]
        rule.update([learned], scalars, step(rule, number))
    expected = [next(islice(formula(rule, start), STEPS - 1, None)) for start in starts]
    np.testing.assert_allclose(weights, expected, rtol=1e-10)

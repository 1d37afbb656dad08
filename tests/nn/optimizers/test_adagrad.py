"""Adagrad and Adadelta against their formulas."""

import math
from collections.abc import Iterator

import pytest

from steelyard.nn.optimizers import Adadelta, Adagrad, Rule
from tests.nn.optimizers.rules import Formula, check_formula, gradient_of


def adagrad(o: Adagrad, w: float) -> Iterator[float]:
    s = o.initial_accumulator_value
    while True:
        g = gradient_of(w) + o.weight_decay * w
        s += g * g
        w -= o.learning_rate * g / (math.sqrt(s + o.epsilon) if o.epsilon_in_root else math.sqrt(s) + o.epsilon)
        yield w


def adadelta(o: Adadelta, w: float) -> Iterator[float]:
    s = u = 0.0
    while True:
        g = gradient_of(w) + o.weight_decay * w
        s = o.rho * s + (1 - o.rho) * g * g
        d = g * math.sqrt(u + o.epsilon) / math.sqrt(s + o.epsilon)
        u = o.rho * u + (1 - o.rho) * d * d
        w -= o.learning_rate * d
        yield w


@pytest.mark.parametrize(
    ("rule", "formula"),
    [
        (Adagrad(0.1), adagrad),
        (Adagrad(0.1, weight_decay=0.1, initial_accumulator_value=0.1), adagrad),
        (Adagrad(0.1, epsilon=0.01, initial_accumulator_value=0.1, epsilon_in_root=True), adagrad),
        (Adadelta(0.5, weight_decay=0.1), adadelta),
    ],
    ids=lambda each: str(each) if isinstance(each, Rule) else "",
)
def test_updates_follow_the_formula(rule: Rule, formula: Formula) -> None:
    check_formula(rule, formula)

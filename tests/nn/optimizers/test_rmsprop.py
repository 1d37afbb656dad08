"""RMSprop against its formula."""

import math
from collections.abc import Iterator

import pytest

from steelyard.nn.optimizers import RMSprop
from tests.nn.optimizers.rules import check_formula, gradient_of


def rmsprop(o: RMSprop, w: float) -> Iterator[float]:
    s = mean = v = 0.0
    while True:
        g = gradient_of(w) + o.weight_decay * w
        s = o.rho * s + (1 - o.rho) * g * g
        mean = o.rho * mean + (1 - o.rho) * g
        root = math.sqrt(s - mean**2) if o.centered else math.sqrt(s)
        v = o.momentum * v + g / (root + o.epsilon)
        w -= o.learning_rate * v
        yield w


@pytest.mark.parametrize(
    "rule",
    [
        RMSprop(0.01, weight_decay=0.1),
        RMSprop(0.01, momentum=0.5, weight_decay=0.1),
        RMSprop(0.01, centered=True, weight_decay=0.1),
        RMSprop(0.01, rho=0.9, momentum=0.5, centered=True, weight_decay=0.1),
    ],
    ids=str,
)
def test_updates_follow_the_formula(rule: RMSprop) -> None:
    check_formula(rule, rmsprop)

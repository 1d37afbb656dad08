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
        square = s - mean**2 if o.centered else s
        size = math.sqrt(square + o.epsilon) if o.epsilon_in_root else math.sqrt(square) + o.epsilon
        v = o.momentum * v + g / size
        w -= o.learning_rate * v
        yield w


@pytest.mark.parametrize(
    "rule",
    [
        RMSprop(0.01, weight_decay=0.1),
        RMSprop(0.01, momentum=0.5, weight_decay=0.1),
        RMSprop(0.01, centered=True, weight_decay=0.1),
        RMSprop(0.01, rho=0.9, momentum=0.5, centered=True, weight_decay=0.1),
        RMSprop(0.01, epsilon=0.01, epsilon_in_root=True),
        RMSprop(0.01, epsilon=0.01, momentum=0.5, centered=True, epsilon_in_root=True),
    ],
    ids=str,
)
def test_updates_follow_the_formula(rule: RMSprop) -> None:
    check_formula(rule, rmsprop)

"""Lion against its formula."""

import math
from collections.abc import Iterator

import pytest

from steelyard.nn.optimizers import Lion
from tests.nn.optimizers.rules import check_formula, gradient_of


def lion(o: Lion, w: float) -> Iterator[float]:
    m = 0.0
    while True:
        g = gradient_of(w)
        w *= 1 - o.learning_rate * o.weight_decay
        w -= o.learning_rate * math.copysign(1, o.beta_1 * m + (1 - o.beta_1) * g)
        m = o.beta_2 * m + (1 - o.beta_2) * g
        yield w


@pytest.mark.parametrize("rule", [Lion(0.03, weight_decay=0.1)], ids=str)
def test_updates_follow_the_formula(rule: Lion) -> None:
    check_formula(rule, lion)

"""Gradient descent against its formula."""

from collections.abc import Iterator

import pytest

from steelyard.errors import InvalidParameter
from steelyard.nn.optimizers import SGD
from tests.nn.optimizers.rules import check_formula, gradient_of


def sgd(o: SGD, w: float) -> Iterator[float]:
    v = 0.0
    while True:
        g = gradient_of(w) + o.weight_decay * w
        v = o.momentum * v + g
        w -= o.learning_rate * (g + o.momentum * v if o.nesterov else v)
        yield w


@pytest.mark.parametrize(
    "rule",
    [
        SGD(0.1, weight_decay=0.1),
        SGD(0.1, momentum=0.9, weight_decay=0.1),
        SGD(0.1, momentum=0.9, nesterov=True, weight_decay=0.1),
    ],
    ids=str,
)
def test_updates_follow_the_formula(rule: SGD) -> None:
    check_formula(rule, sgd)


def test_nesterov_needs_momentum() -> None:
    with pytest.raises(InvalidParameter, match="momentum"):
        SGD(nesterov=True)
    assert SGD(momentum=0.1, nesterov=True).nesterov


def test_a_velocity_is_kept_only_where_there_is_momentum() -> None:
    assert SGD().slots == ()
    assert len(SGD(momentum=0.9).slots) == 1
    assert SGD() == SGD(0.01, momentum=0.0, nesterov=False, weight_decay=0.0)

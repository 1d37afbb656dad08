"""Optimisers against their formulas, written out straight for a single weight."""

import math
from collections.abc import Callable, Iterator
from itertools import islice

import numpy as np
import pytest

from steelyard.errors import InvalidParameter
from steelyard.trainer.optimizers import OPTIMIZERS, SGD, Adagrad, Adam, AdamW, Optimizer, RMSprop

STEPS = 25


def gradient_of(w: float) -> float:
    """Of a lopsided bowl, so that every step has another gradient."""
    return math.sin(3 * w) + 0.5 * w


def sgd(o: SGD, w: float) -> Iterator[float]:
    v = 0.0
    while True:
        g = gradient_of(w) + o.weight_decay * w
        v = o.momentum * v + g
        w -= o.learning_rate * (g + o.momentum * v if o.nesterov else v)
        yield w


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


def adagrad(o: Adagrad, w: float) -> Iterator[float]:
    s = 0.0
    while True:
        g = gradient_of(w) + o.weight_decay * w
        s += g * g
        w -= o.learning_rate * g / (math.sqrt(s) + o.epsilon)
        yield w


def adam(o: Adam | AdamW, w: float) -> Iterator[float]:
    m = v = 0.0
    decoupled = isinstance(o, AdamW)
    t = 0
    while True:
        t += 1
        g = gradient_of(w)  # at the weights before any decay
        w *= 1 - o.learning_rate * o.weight_decay if decoupled else 1
        g += 0 if decoupled else o.weight_decay * w
        m = o.beta_1 * m + (1 - o.beta_1) * g
        v = o.beta_2 * v + (1 - o.beta_2) * g * g
        w -= o.learning_rate * (m / (1 - o.beta_1**t)) / (math.sqrt(v / (1 - o.beta_2**t)) + o.epsilon)
        yield w


CASES: list[tuple[Optimizer, Callable[..., Iterator[float]]]] = [
    (SGD(0.1), sgd),
    (SGD(0.1, momentum=0.9), sgd),
    (SGD(0.1, momentum=0.9, nesterov=True, weight_decay=0.1), sgd),
    (RMSprop(0.01), rmsprop),
    (RMSprop(0.01, rho=0.9, momentum=0.5, centered=True, weight_decay=0.1), rmsprop),
    (Adagrad(0.1), adagrad),
    (Adagrad(0.1, weight_decay=0.1), adagrad),
    (Adam(0.05), adam),
    (Adam(0.05, beta_1=0.8, beta_2=0.99, weight_decay=0.1), adam),
    (AdamW(0.05, weight_decay=0.3), adam),
]


@pytest.mark.parametrize(
    ("optimizer", "formula"), CASES, ids=lambda value: str(value) if isinstance(value, Optimizer) else ""
)
def test_updates_follow_the_formula(optimizer: Optimizer, formula: Callable[..., Iterator[float]]) -> None:
    starts = [1.3, -0.4]
    weights = np.array(starts)
    slots = {name: np.zeros(2) for name in optimizer.slots}
    scratch = np.empty(2)
    for step in range(1, STEPS + 1):
        gradient = np.array([gradient_of(w) for w in weights])
        optimizer.update(step, weights, gradient, slots, scratch)
    expected = [next(islice(formula(optimizer, start), STEPS - 1, None)) for start in starts]
    np.testing.assert_allclose(weights, expected, rtol=1e-10)


def test_every_optimizer_is_held_against_a_formula() -> None:
    assert {type(optimizer) for optimizer, _ in CASES} == set(OPTIMIZERS)


def test_nesterov_needs_momentum() -> None:
    with pytest.raises(InvalidParameter, match="momentum"):
        SGD(nesterov=True)


@pytest.mark.parametrize("optimizer", [part() for part in OPTIMIZERS], ids=lambda part: part.name)
def test_weights_may_be_updated_in_pieces(optimizer: Optimizer) -> None:
    generator = np.random.default_rng(0)
    weights, gradient = generator.normal(size=(2, 10))
    whole, pieces = weights.copy(), weights.copy()
    optimizer.update(1, whole, gradient.copy(), {n: np.zeros(10) for n in optimizer.slots}, np.empty(10))
    for part in (slice(0, 3), slice(3, 10)):
        slots = {n: np.zeros(part.stop - part.start) for n in optimizer.slots}
        optimizer.update(1, pieces[part], gradient[part].copy(), slots, np.empty(part.stop - part.start))
    assert whole.tobytes() == pieces.tobytes()

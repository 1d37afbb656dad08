"""Adam and its family against their formulas."""

import math
from collections.abc import Iterator

import pytest

from steelyard.nn.optimizers import Adam, Adamax, AdamW, Nadam, Rule
from tests.nn.optimizers.rules import Formula, check_formula, gradient_of


def adam(o: Adam | AdamW, w: float) -> Iterator[float]:
    m = v = largest = 0.0
    decoupled = isinstance(o, AdamW)
    t = 0
    while True:
        t += 1
        g = gradient_of(w)  # at the weights before any decay
        w *= 1 - o.learning_rate * o.weight_decay if decoupled else 1
        g += 0 if decoupled else o.weight_decay * w
        m = o.beta_1 * m + (1 - o.beta_1) * g
        v = o.beta_2 * v + (1 - o.beta_2) * g * g
        largest = max(largest, v) if o.amsgrad else v
        corrected = math.sqrt(1 - o.beta_2**t)
        size = (
            (math.sqrt(largest) + o.epsilon) / corrected
            if o.epsilon_hat
            else math.sqrt(largest) / corrected + o.epsilon
        )
        w -= o.learning_rate * (m / (1 - o.beta_1**t)) / size
        yield w


def adamax(o: Adamax, w: float) -> Iterator[float]:
    m = u = 0.0
    t = 0
    while True:
        t += 1
        g = gradient_of(w) + o.weight_decay * w
        m = o.beta_1 * m + (1 - o.beta_1) * g
        u = max(o.beta_2 * u, abs(g) + o.epsilon)
        w -= o.learning_rate / (1 - o.beta_1**t) * m / u
        yield w


def nadam(o: Nadam, w: float) -> Iterator[float]:
    m = v = 0.0
    product = 1.0
    t = 0
    while True:
        t += 1
        mu, ahead = (o.beta_1 * (1 - 0.5 * 0.96 ** (n * o.momentum_decay)) for n in (t, t + 1))
        product *= mu
        g = gradient_of(w) + o.weight_decay * w
        m = o.beta_1 * m + (1 - o.beta_1) * g
        v = o.beta_2 * v + (1 - o.beta_2) * g * g
        top = (1 - mu) / (1 - product) * g + ahead / (1 - product * ahead) * m
        w -= o.learning_rate * top / (math.sqrt(v / (1 - o.beta_2**t)) + o.epsilon)
        yield w


@pytest.mark.parametrize(
    ("rule", "formula"),
    [
        (Adam(0.05), adam),
        (Adam(0.05, beta_1=0.8, beta_2=0.99, weight_decay=0.1), adam),
        (Adam(0.05, amsgrad=True, weight_decay=0.1), adam),
        (AdamW(0.05, amsgrad=True, weight_decay=0.3), adam),
        (AdamW(0.05, weight_decay=0.3), adam),
        (Adam(0.05, epsilon=0.01, epsilon_hat=True), adam),
        (AdamW(0.05, epsilon=0.01, amsgrad=True, epsilon_hat=True), adam),
        (Adamax(0.05, weight_decay=0.1), adamax),
        (Nadam(0.05, weight_decay=0.1), nadam),
    ],
    ids=lambda each: str(each) if isinstance(each, Rule) else "",
)
def test_updates_follow_the_formula(rule: Rule, formula: Formula) -> None:
    check_formula(rule, formula)

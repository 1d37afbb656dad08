"""Optimizers against their formulas, written out straight for a single weight."""

import math
from collections.abc import Callable, Iterator
from itertools import islice

import numpy as np
import pytest

from steelyard.errors import InvalidParameter
from steelyard.nn.layers import BatchNormalization, Dense, Dropout, GaussianNoise, Layer, LayerNormalization, Residual
from steelyard.nn.losses import MeanSquaredError
from steelyard.nn.network import Network
from steelyard.nn.optimizers import (
    LBFGS,
    OPTIMIZERS,
    SGD,
    Adadelta,
    Adagrad,
    Adam,
    Adamax,
    AdamW,
    Learned,
    Lion,
    Nadam,
    RMSprop,
    Rule,
    Step,
)
from steelyard.nn.rng import Streams
from steelyard.nn.training.loop import Epoch, Training
from tests.nn.networks import Array, finish, make_training

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
        w -= o.learning_rate * (m / (1 - o.beta_1**t)) / (math.sqrt(largest / (1 - o.beta_2**t)) + o.epsilon)
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


def lion(o: Lion, w: float) -> Iterator[float]:
    m = 0.0
    while True:
        g = gradient_of(w)
        w *= 1 - o.learning_rate * o.weight_decay
        w -= o.learning_rate * math.copysign(1, o.beta_1 * m + (1 - o.beta_1) * g)
        m = o.beta_2 * m + (1 - o.beta_2) * g
        yield w


CASES: list[tuple[Rule, Callable[..., Iterator[float]]]] = [
    (SGD(0.1), sgd),
    (SGD(0.1, momentum=0.9), sgd),
    (SGD(0.1, momentum=0.9, nesterov=True, weight_decay=0.1), sgd),
    (RMSprop(0.01), rmsprop),
    (RMSprop(0.01, momentum=0.5), rmsprop),
    (RMSprop(0.01, centered=True), rmsprop),
    (RMSprop(0.01, rho=0.9, momentum=0.5, centered=True, weight_decay=0.1), rmsprop),
    (Adagrad(0.1), adagrad),
    (Adagrad(0.1, weight_decay=0.1), adagrad),
    (Adam(0.05), adam),
    (Adam(0.05, beta_1=0.8, beta_2=0.99, weight_decay=0.1), adam),
    (Adam(0.05, amsgrad=True), adam),
    (AdamW(0.05, weight_decay=0.3), adam),
    (Adadelta(0.5, weight_decay=0.1), adadelta),
    (Adamax(0.05, weight_decay=0.1), adamax),
    (Nadam(0.05, weight_decay=0.1), nadam),
    (Lion(0.03, weight_decay=0.1), lion),
]
RULES = [part() for part in OPTIMIZERS if issubclass(part, Rule)]


def no_look() -> float:
    raise AssertionError("a rule has no line search")


def learn(rule: Rule, weights: Array, gradient: Array) -> Learned:
    """Weights that a rule moves, with slots of zeros."""
    return Learned(weights, gradient, {name: np.zeros_like(weights) for name in rule.slots})


def step(rule: Rule, number: int = 1) -> Step:
    return Step(number, rule.learning_rate, no_look)


@pytest.mark.parametrize(
    ("optimizer", "formula"), CASES, ids=lambda value: str(value) if isinstance(value, Rule) else ""
)
def test_updates_follow_the_formula(optimizer: Rule, formula: Callable[..., Iterator[float]]) -> None:
    starts = [1.3, -0.4]
    weights = np.array(starts)
    learned = learn(optimizer, weights, np.zeros(2))
    scalars = dict(optimizer.scalars)
    for number in range(1, STEPS + 1):
        learned.gradient[:] = [gradient_of(w) for w in weights]
        optimizer.update([learned], scalars, step(optimizer, number))
    expected = [next(islice(formula(optimizer, start), STEPS - 1, None)) for start in starts]
    np.testing.assert_allclose(weights, expected, rtol=1e-10)


def test_every_optimizer_is_held_against_a_formula() -> None:
    assert {type(optimizer) for optimizer, _ in CASES} == {type(rule) for rule in RULES}
    assert {part.name for part in OPTIMIZERS} == {rule.name for rule in RULES} | {"lbfgs"}


def test_nesterov_needs_momentum() -> None:
    with pytest.raises(InvalidParameter, match="momentum"):
        SGD(nesterov=True)


def test_the_coefficients_of_several_steps_are_those_of_each() -> None:
    for rule in RULES:
        rates, scalars = np.linspace(0.1, 0.2, 5), rule.scalars
        one_by_one = [rule.table(np.array([i + 1]), rates[i : i + 1], scalars)[0] for i in range(5)]
        at_once = rule.table(np.arange(1, 6), rates, again := rule.scalars)
        assert np.array(one_by_one).tobytes() == at_once.tobytes()
        assert scalars == again


@pytest.mark.parametrize("rule", RULES, ids=lambda part: part.name)
def test_weights_may_be_updated_in_pieces(rule: Rule) -> None:
    generator = np.random.default_rng(0)
    weights, gradient = generator.normal(size=(2, 10))
    whole, pieces = weights.copy(), weights.copy()
    rule.update([learn(rule, whole, gradient)], dict(rule.scalars), step(rule))
    parts = [learn(rule, pieces[part], gradient[part]) for part in (slice(0, 3), slice(3, 10))]
    rule.update(parts, dict(rule.scalars), step(rule))
    assert whole.tobytes() == pieces.tobytes()


def test_lbfgs_finds_the_bottom_of_a_quadratic_bowl_in_as_many_steps_as_it_has_dimensions() -> None:
    x = np.random.default_rng(0).normal(size=(40, 5))
    truth = np.arange(1.0, 6.0)[:, None]
    network = Network([Dense(1, use_bias=False)], inputs=5, dtype="float64")
    network.initialize(np.random.default_rng(1))
    training = Training(
        network, MeanSquaredError(), LBFGS(), x, x @ truth, epochs=15, batch_size=7, streams=Streams.spawn(0)
    )
    losses = [event.values["loss"] for event in training.run() if isinstance(event, Epoch)]
    assert losses == sorted(losses, reverse=True)
    np.testing.assert_allclose(network.parameters[:, None], truth, rtol=1e-5)


@pytest.mark.parametrize("layer", [Dropout(), GaussianNoise(), BatchNormalization(), Residual((Dropout(),))])
def test_lbfgs_refuses_layers_that_are_never_the_same_twice(layer: Layer) -> None:
    with pytest.raises(InvalidParameter, match="cannot search through"):
        make_training((Dense(4), layer), optimizer=LBFGS())


def test_lbfgs_keeps_frozen_weights() -> None:
    training = make_training((Dense(4, trainable=False), LayerNormalization(trainable=False)), optimizer=LBFGS())
    finish(training)
    for name, tensor in training.network.tensors().items():
        assert (tensor.tobytes() == training.initial[name].tobytes()) == (not name.startswith("output"))

"""Units without a slope are counted, and the loss of a constant answer is the least there is."""

from typing import Any

import numpy as np
import pytest

from steelyard.diagnostics.learning import StuckLayer, constant_loss, stuck_layers
from steelyard.nn.activations import ACTIVATIONS, Relu, Sigmoid, Tanh
from steelyard.nn.layers import ActivationLayer, BatchNormalization, Dense, Dropout
from steelyard.nn.losses import LOSSES, Cost, Quantile
from steelyard.nn.network import Network

X = np.random.default_rng(0).normal(size=(50, 3))


def network(*layers: Any) -> Network:
    made = Network([*layers, Dense(2, Sigmoid())], inputs=3, dtype="float64")
    made.initialize(np.random.default_rng(1))
    return made


@pytest.mark.parametrize(
    "activation", ["relu", "sigmoid", "tanh", "gelu", "prelu", "linear", "softplus", "softmax", "log_softmax"]
)
def test_units_with_a_slope_are_not_stuck(activation: str) -> None:
    made = network(Dense(8, ACTIVATIONS[activation]()), Dropout(0.5), BatchNormalization(), ActivationLayer(Tanh()))
    assert all(layer.dead == layer.saturated == 0 for layer in stuck_layers(made, X).values())


def test_dead_units_are_counted() -> None:
    made = network(Dense(8, Tanh()), Dense(6, Relu()))
    made.tensors()["dense_2/bias"][:4] = -100
    assert stuck_layers(made, X)["dense_2"] == StuckLayer("relu", 6, 50, 4, 0)


@pytest.mark.parametrize("layers", [[Dense(8, Sigmoid())], [Dense(8), ActivationLayer(Tanh())]])
def test_saturated_units_are_counted(layers: Any) -> None:
    [*_, layer] = stuck_layers(network(*layers), X * [1e6, 1, 1] + [1e7, 0, 0]).values()
    assert (layer.units, layer.dead + layer.saturated) == (8, 8)
    assert layer.saturated > 3  # a sigmoid may underflow to zero, too


Y = np.random.default_rng(2).normal(3, 2, (400, 1))
LABELS = np.random.default_rng(3).choice(3, 400, p=[0.7, 0.2, 0.1])


@pytest.mark.parametrize(
    "name", ["mean_squared_error", "mean_absolute_error", "poisson", "binary_crossentropy", "hinge"]
)
@pytest.mark.parametrize("weighted", [False, True])
def test_the_loss_of_a_constant_answer_is_the_least_there_is(name: str, *, weighted: bool) -> None:
    loss, y = LOSSES[name](), Y
    if "regression" not in loss.tasks:
        y = (Y > 4).astype(float)
    elif name == "poisson":
        y = np.abs(Y).round()
    weights = np.random.default_rng(4).uniform(0.5, 1.5, 400) if weighted else None
    cost = Cost(loss, 400, 1, np.dtype(np.float64))
    answers = np.linspace(-4, 8, 1201)
    least = min(cost.value(np.full((400, 1), answer), y, weights) for answer in answers)
    assert constant_loss(loss, y, 1, weights) == pytest.approx(least, rel=0.02)


def test_the_constant_answer_of_classes_is_their_shares() -> None:
    shares = np.bincount(LABELS) / 400
    entropy = -(shares * np.log(shares)).sum()
    assert constant_loss(LOSSES["categorical_crossentropy"](), LABELS, 3) == pytest.approx(entropy)
    many = np.tile(LABELS, 2000)  # of so many rows some are taken
    assert constant_loss(LOSSES["categorical_crossentropy"](), many, 3) == pytest.approx(1.05 * entropy, rel=0.01)
    assert constant_loss(Quantile(0.5), Y, 1) > 0


@pytest.mark.parametrize(
    ("name", "value"), [("binary_crossentropy", 0.0), ("binary_crossentropy", 1.0), ("poisson", 0.0)]
)
def test_a_constant_target_has_a_constant_answer_without_loss(name: str, value: float) -> None:
    assert constant_loss(LOSSES[name](), np.full((50, 1), value), 1) == pytest.approx(0, abs=1e-5)

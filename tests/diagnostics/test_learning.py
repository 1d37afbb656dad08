"""What keeps a network from learning is named, and a network that learns has none of these findings."""

from typing import Any

import numpy as np
import pytest

from steelyard.diagnostics.learning import constant_loss, learned_nothing, one_class_predicted, stuck_units
from steelyard.nn.activations import ACTIVATIONS, Relu, Sigmoid, Tanh
from steelyard.nn.layers import ActivationLayer, BatchNormalization, Dense, Dropout
from steelyard.nn.losses import LOSSES, Cost, Quantile
from steelyard.nn.network import Network

X = np.random.default_rng(0).normal(size=(50, 3))


def network(*layers: Any) -> Network:
    made = Network([*layers, Dense(2, Sigmoid())], inputs=3, dtype="float64")
    made.initialize(np.random.default_rng(1))
    return made


@pytest.mark.parametrize("activation", ["relu", "sigmoid", "tanh", "gelu", "prelu", "linear", "softplus"])
def test_units_with_a_slope_are_not_stuck(activation: str) -> None:
    made = network(Dense(8, ACTIVATIONS[activation]()), Dropout(0.5), BatchNormalization(), ActivationLayer(Tanh()))
    assert [*stuck_units(made, X)] == []


def test_dead_units_are_named() -> None:
    made = network(Dense(8, Tanh()), Dense(6, Relu()))
    made.tensors()["dense_2/bias"][:4] = -100
    [finding] = stuck_units(made, X)
    assert (finding.code, finding.level, finding.layer) == ("stuck_units", "warning", "dense_2")
    assert finding.message.startswith("4 of the 6 units of dense_2 are dead: they answer 0 for all of 50 training rows")
    assert "bias initializer" in finding.suggestion
    made.tensors()["dense_2/bias"][:2] = 0  # two of six are not worth saying
    assert [*stuck_units(made, X)] == []


@pytest.mark.parametrize("layers", [[Dense(8, Sigmoid())], [Dense(8), ActivationLayer(Tanh())]])
def test_saturated_units_are_named_with_the_largest_input(layers: Any) -> None:
    [finding] = stuck_units(network(*layers), X * [1e6, 1, 1] + [1e7, 0, 0])
    assert "of the 8 units" in finding.message
    assert "are saturated: " in finding.message
    assert "The largest input is 1.18e+07." in finding.message
    assert "preprocessing.numeric 'standard'" in finding.suggestion


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


def test_a_loss_that_never_beats_a_constant_answer_is_named() -> None:
    [finding] = learned_nothing([2e33] * 20, 1.0, 1e8)
    assert (finding.code, finding.level) == ("loss_exploded", "warning")
    assert "smaller learning rate (it was 1e+08)" in finding.suggestion
    [finding] = learned_nothing([1.0] * 20, 1.0, 0.001)
    assert finding.code == "no_better_than_constant"
    assert "never below the 1 that the same answer for every row has" in finding.message
    assert [*learned_nothing([1.0] * 19 + [0.5], 0.999, 0.001)] == []
    assert [*learned_nothing([1.0] * 5, 0.999, 0.001)] == []  # too early
    assert [*learned_nothing([0.05] * 20, 0.0, 0.001)] == []  # the target is constant
    assert [*learned_nothing([None] * 20, 0.999, 0.001)] == []


def test_the_same_class_for_every_row_is_named() -> None:
    targets = np.array([0, 0, 1, 2, 0])
    [finding] = one_class_predicted(targets, np.zeros(5, int), ["a", "b", "c"])
    assert finding.message == "All 5 training rows are predicted as 'a'; 2 of them are of another class."
    assert [*one_class_predicted(targets, targets, ["a", "b", "c"])] == []
    assert [*one_class_predicted(np.zeros(5, int), np.zeros(5, int), ["a", "b"])] == []

"""NumPy's steps: what they add up, and where they stop."""

from typing import Any

import numpy as np
import pytest

from steelyard.nn.activations import Linear, Softmax, Tanh
from steelyard.nn.batches import Batches
from steelyard.nn.engines.numpy import NumPySteps
from steelyard.nn.layers import Dense
from steelyard.nn.losses import CategoricalCrossentropy, MeanSquaredError
from steelyard.nn.metrics import METRICS
from steelyard.nn.network import Network
from steelyard.nn.optimizers import SGD
from steelyard.nn.regularizers import L2
from steelyard.nn.rng import Streams

X = np.random.default_rng(0).normal(size=(5, 3))
Y = np.random.default_rng(1).normal(size=(5, 2))
WEIGHTS = np.array([1.0, 2.0, 0.0, 3.0, 0.5])


def make(*, weighted: bool, rate: float = 0.0) -> tuple[Network, NumPySteps, np.ndarray]:
    """A network, its steps over batches of two rows, and the sums after an epoch."""
    network = Network([Dense(4, Tanh()), Dense(2, Linear(), regularizer=L2(0.1))], inputs=3, dtype="float64")
    network.initialize(np.random.default_rng(2))
    batches = Batches(X, Y, *([WEIGHTS] if weighted else []), batch_size=2)
    options: dict[str, Any] = {"streams": Streams.spawn(0), "gradient_clip": None, "metrics": [METRICS["mae"]()]}
    steps = NumPySteps(network, MeanSquaredError(), SGD(), batches, **options)
    sums = np.zeros(2)
    assert steps.make(0, np.arange(1, 4), np.full(3, rate), sums) == 3
    return network, steps, sums


@pytest.mark.parametrize("weighted", [False, True])
def test_losses_add_up_by_weight_and_metrics_by_rows(weighted: bool) -> None:
    network, _, sums = make(weighted=weighted)
    errors = network.predict(X) - Y
    weights = WEIGHTS if weighted else np.ones(5)
    penalty = 0.1 * (network.tensors()["output/kernel"] ** 2).sum()
    assert sums[0] == pytest.approx(((errors**2).mean(axis=1) * weights).sum() + penalty * weights.sum())
    assert sums[1] == pytest.approx(np.abs(errors).mean(axis=1).sum())


def test_steps_end_before_the_one_whose_loss_is_not_finite() -> None:
    network, steps, sums = make(weighted=False)
    before, seen = network.parameters.copy(), sums.copy()
    network.tensors()["dense_1/kernel"][0, 0] = np.nan
    assert steps.make(1, np.array([4, 5]), np.ones(2), sums) == 0
    assert sums.tolist() == seen.tolist()
    assert steps.first_not_finite(1) == "dense_1"
    assert np.isnan(network.parameters).sum() == 1
    network.parameters[:] = before
    assert steps.first_not_finite(1) is None


def test_a_look_is_of_the_loss_and_its_gradient_with_penalties() -> None:
    network = Network([Dense(2, Linear(), regularizer=L2(0.1))], inputs=3, dtype="float64")
    network.initialize(np.random.default_rng(2))
    options: dict[str, Any] = {"streams": Streams.spawn(0), "gradient_clip": None, "metrics": []}
    steps = NumPySteps(network, MeanSquaredError(), SGD(), Batches(X, Y, batch_size=5), **options)
    kernel = network.tensors()["output/kernel"]
    errors = X @ kernel - Y
    assert steps._look() == pytest.approx((errors**2).mean() + 0.1 * (kernel**2).sum())
    expected = X.T @ errors / 5 + 0.2 * kernel
    np.testing.assert_allclose(network.tensors(network.gradients)["output/kernel"], expected)


def test_a_loss_with_a_link_works_from_logits() -> None:
    network = Network([Dense(4, Tanh()), Dense(2, Softmax())], inputs=3, dtype="float64")
    network.initialize(np.random.default_rng(2))
    y = np.array([0, 1, 1, 0, 1])
    options: dict[str, Any] = {"streams": Streams.spawn(0), "gradient_clip": None, "metrics": []}
    steps = NumPySteps(network, CategoricalCrossentropy(), SGD(), Batches(X, y, batch_size=5), **options)
    sums = np.zeros(1)
    steps.make(0, np.array([1]), np.zeros(1), sums)
    assert sums[0] == pytest.approx(-np.log(network.predict(X)[np.arange(5), y]).sum())
    assert steps.stride == 1

"""The penalties of a whole network."""

import numpy as np
import pytest

from steelyard.nn.layers import Dense
from steelyard.nn.network import Network
from steelyard.nn.penalties import Penalties
from steelyard.nn.regularizers import L1, L2


def test_penalties_of_frozen_layers_count_and_have_no_gradient() -> None:
    layers = [Dense(3, regularizer=L1(0.1)), Dense(3, regularizer=L2(0.2), trainable=False), Dense(2)]
    network = Network(layers, inputs=2, dtype="float64")
    network.initialize(np.random.default_rng(0))
    weights, gradients = network.tensors(), network.tensors(network.gradients)
    penalties = Penalties(network)
    first, second = weights["dense_1/kernel"], weights["dense_2/kernel"]
    assert penalties.value() == pytest.approx(0.1 * np.abs(first).sum() + 0.2 * (second**2).sum())
    penalties.add_gradients()
    np.testing.assert_allclose(gradients["dense_1/kernel"], 0.1 * np.sign(first))
    assert not any(gradients[name].any() for name in gradients if name != "dense_1/kernel")

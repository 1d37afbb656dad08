"""Activations as layers of their own."""

import numpy as np

from steelyard.nn.activations import PRelu, Relu, Tanh
from steelyard.nn.layers import ActivationLayer, Dense
from steelyard.nn.network import Network, buffer_width

X = np.random.default_rng(0).normal(size=(6, 3))


def test_a_layer_applies_its_activation() -> None:
    network = Network([ActivationLayer(Tanh()), Dense(3)], inputs=3, dtype="float64")
    network.tensors()["output/kernel"][:] = np.eye(3)
    np.testing.assert_allclose(network.predict(X), np.tanh(X))


def test_an_activation_that_learns_has_a_weight_for_each_input() -> None:
    network = Network([ActivationLayer(PRelu(0.3)), Dense(3)], inputs=3, dtype="float64")
    network.initialize(np.random.default_rng(0))
    assert network.tensors()["activation_1/alpha"].tolist() == [0.3] * 3
    assert network.specs()["activation_1/alpha"].trainable


def test_a_rectifier_is_the_default_and_it_keeps_values_and_gradients() -> None:
    assert ActivationLayer().activation == Relu()
    assert buffer_width([ActivationLayer(), Dense(2)], 3) == 2 * 3 + (3 * 2 + 3)

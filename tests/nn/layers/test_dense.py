"""Dense layers: what they compute, what learns, and how they are described."""

import numpy as np
import pytest

from steelyard.nn.activations import PRelu, Tanh
from steelyard.nn.constraints import NonNeg
from steelyard.nn.initializers import GlorotUniform, Lsuv, Ones, Zeros
from steelyard.nn.layers import Dense
from steelyard.nn.network import Network, Pass, buffer_width
from steelyard.nn.regularizers import L2
from steelyard.nn.rng import Streams

X = np.random.default_rng(0).normal(size=(6, 3))


@pytest.mark.parametrize("use_bias", [True, False])
def test_outputs_are_the_activation_of_weighted_sums(use_bias: bool) -> None:
    network = Network([Dense(4, Tanh(), bias_initializer=Ones(), use_bias=use_bias)], inputs=3, dtype="float64")
    network.initialize(np.random.default_rng(1))
    expected = np.tanh(X @ network.tensors()["output/kernel"] + (1 if use_bias else 0))
    np.testing.assert_allclose(network.predict(X), expected)
    np.testing.assert_allclose(Pass(network, 6, logits=False, streams=Streams.spawn(0)).forward(X), expected)
    np.testing.assert_allclose(np.tanh(network.compute(X, logits=True)), expected)


def test_every_tensor_has_what_the_layer_was_given() -> None:
    layer = Dense(2, PRelu(0.3), Ones(), Zeros(), regularizer=L2(), constraint=NonNeg(), trainable=False)
    kernel, bias, slope = layer.tensors(3)
    assert (kernel.name, kernel.shape, kernel.initializer) == ("kernel", (3, 2), Ones())
    assert (kernel.regularizer, kernel.constraint) == (L2(), NonNeg())
    assert (bias.name, bias.shape, bias.initializer, bias.regularizer) == ("bias", (2,), Zeros(), None)
    assert (slope.name, slope.shape) == ("alpha", (2,))
    assert not any(spec.trainable for spec in (kernel, bias, slope))
    assert [spec.name for spec in Dense(2, use_bias=False).tensors(3)] == ["kernel"]


def test_defaults_are_kerass() -> None:
    layer = Dense(2)
    assert (layer.initializer, layer.bias_initializer) == (GlorotUniform(), Zeros())
    assert (layer.use_bias, layer.trainable, layer.activation.name) == (True, True, "linear")


def test_the_last_layers_units_have_the_names_of_the_outputs() -> None:
    named, axis = Dense(2).axes(("a", "b", "c"), ("yes", "no"))
    assert named == {"kernel": (("a", "b", "c"), ("yes", "no")), "bias": (("yes", "no"),)}
    assert axis == ("yes", "no")
    assert Dense(4).axes(("a",)) == ({"kernel": (("a",), 4), "bias": (4,)}, 4)


def test_the_first_layer_passes_no_gradient_back() -> None:
    network = Network([Dense(2), Dense(1)], inputs=3, dtype="float64")
    network.initialize(np.random.default_rng(0))
    path = Pass(network, 6, logits=False, streams=Streams.spawn(0))
    path.forward(X)
    assert path.backward(np.ones((6, 1))).shape == (6, 2)  # what came to it
    assert network.tensors(network.gradients)["output/bias"].tolist() == [6]


def test_a_layer_keeps_its_inputs_sums_and_outputs_with_their_gradients() -> None:
    assert Dense(5).buffer_widths(3) == 3 * 5 + 3
    assert buffer_width([Dense(5), Dense(2)], 3) == (3 * 5 + 3) + (3 * 2 + 5)


def test_calibration_of_rows_that_are_all_alike_leaves_the_kernel() -> None:
    network = Network([Dense(1, initializer=Lsuv())], inputs=3, dtype="float64")
    network.initialize(np.random.default_rng(0), np.zeros((4, 3)))
    assert np.linalg.norm(network.tensors()["output/kernel"]) == pytest.approx(1)


def test_calibration_corrects_for_a_bias() -> None:
    layers = [Dense(20, initializer=Lsuv(), bias_initializer=Ones()), Dense(1)]
    network = Network(layers, inputs=3, dtype="float64")
    network.initialize(np.random.default_rng(0), X)
    sums = X @ network.tensors()["dense_1/kernel"] + 1
    assert sums.std() == pytest.approx(1, abs=1e-6)

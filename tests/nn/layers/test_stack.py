"""Layers one after the other: names, widths, and the way back as far as something learns."""

import numpy as np

from steelyard.nn.activations import Tanh
from steelyard.nn.layers import ActivationLayer, Dense, Dropout, Residual
from steelyard.nn.layers.base import Stage, Surroundings
from steelyard.nn.layers.stack import Stack, places
from steelyard.nn.network import Network, Pass
from steelyard.nn.rng import Streams
from tests.nn.networks import Array


def test_places_are_named_and_numbered_by_type() -> None:
    found = places([Dense(4), Dropout(0.1), Dense(2), ActivationLayer(Tanh())], 3)
    assert [place.name for place in found] == ["dense_1", "dropout_1", "dense_2", "activation_1"]
    assert [place.inputs for place in found] == [3, 4, 4, 2]
    assert [place.outputs for place in found] == [4, 4, 2, 2]
    assert [place.learns for place in found] == [True, False, True, False]
    assert [place.learns for place in places([Dense(4, trainable=False)], 3)] == [False]


def test_the_first_layer_that_makes_infinite_values_is_named() -> None:
    network = Network([Dense(4), ActivationLayer(Tanh()), Dense(2)], inputs=3, dtype="float64")
    network.initialize(np.random.default_rng(0))
    path = Pass(network, 2, logits=False)
    x = np.ones((2, 3))
    assert path.first_not_finite(x) is None
    network.tensors()["output/bias"][0] = np.nan
    assert path.first_not_finite(x) == "output"
    network.tensors()["dense_1/kernel"][0, 0] = np.inf
    assert path.first_not_finite(x) == "dense_1"


def test_gradients_go_no_further_back_than_the_first_layer_that_learns() -> None:
    network = Network([Dense(4, trainable=False), Dense(5), Dense(2)], inputs=3, dtype="float64")
    network.initialize(np.random.default_rng(0))
    path = Pass(network, 2, logits=False, streams=Streams.spawn(0))
    path.forward(np.ones((2, 3)))
    path.backward(np.ones((2, 2)))
    gradients = network.tensors(network.gradients)
    assert not gradients["dense_1/kernel"].any()
    assert gradients["dense_2/kernel"].any()


def test_gradients_go_back_to_the_inputs_where_they_are_needed() -> None:
    network = Network([Dense(4), Dense(5), Dense(2)], inputs=3, dtype="float64")
    network.initialize(np.random.default_rng(0))
    weights: dict[str, dict[str, Array]] = {}
    for name, tensor in network.tensors().items():
        weights.setdefault(name.split("/")[0], {})[name.split("/")[1]] = tensor
    around = Surroundings(3, 2, network.dtype, {}, {}, needs_input_gradient=True, streams=None)
    stack = Stack(network.places, around, weights, weights)
    x = np.random.default_rng(1).normal(size=(2, 3))
    np.testing.assert_allclose(stack.forward(x), network.predict(x))
    kernels = [weights[name]["kernel"] for name in ("dense_1", "dense_2", "output")]
    np.testing.assert_allclose(stack.backward(np.ones((2, 2))), np.ones((2, 2)) @ np.linalg.multi_dot(kernels).T)


def test_every_stage_can_be_watched_those_inside_blocks_too() -> None:
    network = Network([Dense(3, Tanh()), Residual((Dense(3),)), Dense(2)], inputs=3, dtype="float64")
    network.initialize(np.random.default_rng(0))
    path, plain = (Pass(network, 2, logits=False, streams=Streams.spawn(0)) for _ in range(2))
    seen: list[tuple[tuple[str, ...], str, Array, Array]] = []

    def look(place: tuple[str, ...], _: Stage, way: str, given: Array, found: Array) -> None:
        seen.append((place, way, given, found))

    path.watch(look)
    x = np.arange(6.0).reshape(2, 3)
    np.testing.assert_array_equal(path.forward(x), plain.forward(x))
    grad = np.ones((2, 2))
    path.backward(grad.copy())
    gradients = network.gradients.copy()
    plain.backward(grad.copy())
    np.testing.assert_array_equal(gradients, network.gradients)
    way = [("dense_1",), ("dense_1",), ("residual_1", "dense_1"), ("residual_1",), ("output",)]
    assert [place for place, direction, *_ in seen if direction == "forward"] == way
    back = [("output",), ("residual_1", "dense_1"), ("residual_1",), ("dense_1",), ("dense_1",)]
    assert [place for place, direction, *_ in seen if direction == "backward"] == back
    np.testing.assert_array_equal(seen[1][3], np.tanh(seen[0][3]))
    np.testing.assert_array_equal(seen[5][2], grad)

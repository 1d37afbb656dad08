"""Units in another order are found again."""

import numpy as np
import pytest

from steelyard.nn.activations import PRelu, Relu, Tanh
from steelyard.nn.alignment import Array, align, find_units, permute
from steelyard.nn.layers import BatchNormalization, Dense, Dropout, Layer, Residual
from steelyard.nn.network import Network

NETWORKS: dict[str, list[Layer]] = {
    "plain": [Dense(9, Relu()), Dense(6, Tanh())],
    "deep": [Dense(12, PRelu()), Dense(8, Tanh()), Dense(8, Tanh()), Dense(5, Relu())],
    "normalized": [Dense(7, Tanh()), BatchNormalization(), Dropout(0.5), Dense(5, Relu(), use_bias=False)],
    "residual": [Dense(6, Tanh()), Residual((Dense(4, Tanh()), Dense(6))), Dense(5, Tanh())],
}
GENERATOR = np.random.default_rng(0)


def make(name: str) -> Network:
    network = Network([*NETWORKS[name], Dense(2)], inputs=3, dtype="float64")
    network.initialize(np.random.default_rng(1))
    network.parameters += np.random.default_rng(2).normal(size=network.parameters.size) * 0.1  # biases, too
    return network


def shuffled(network: Network) -> tuple[dict[str, Array], dict[str, Array]]:
    """The tensors with all hidden units in another order, and the orders."""
    tensors = {tensor: values.copy() for tensor, values in network.tensors().items()}
    orders = {}
    for units in find_units(network.places):
        orders[units.layer] = GENERATOR.permutation(units.count)
        tensors = permute(tensors, units, orders[units.layer])
    return tensors, orders


def back(network: Network, tensors: dict[str, Array], orders: dict[str, Array]) -> dict[str, Array]:
    for units in find_units(network.places):
        tensors = permute(tensors, units, orders[units.layer])
    return tensors


@pytest.mark.parametrize("name", NETWORKS)
def test_a_network_with_permuted_units_computes_the_same_and_is_found_again(name: str) -> None:
    network = make(name)
    x = GENERATOR.normal(size=(20, 3))
    said = network.predict(x)
    before = {tensor: values.copy() for tensor, values in network.tensors().items()}
    tensors, moved = shuffled(network)
    for tensor, values in tensors.items():
        network.tensors()[tensor][...] = values
    np.testing.assert_allclose(network.predict(x), said, rtol=1e-12)
    orders = align(network.places, before, tensors)
    for layer, order in moved.items():
        np.testing.assert_array_equal(order[orders[layer]], np.arange(len(order)))
    for tensor, values in back(network, tensors, orders).items():
        np.testing.assert_array_equal(values, before[tensor])


@pytest.mark.parametrize("name", NETWORKS)
def test_a_perturbed_permuted_copy_is_found_again(name: str) -> None:
    network = make(name)
    tensors, moved = shuffled(network)
    noisy = {tensor: values + GENERATOR.normal(size=values.shape) * 0.03 for tensor, values in tensors.items()}
    orders = align(network.places, network.tensors(), noisy)
    for layer, order in moved.items():
        np.testing.assert_array_equal(order[orders[layer]], np.arange(len(order)))


def test_units_that_differ_in_length_alone_are_told_apart() -> None:
    network = Network([Dense(5, Relu(), use_bias=False), Dense(1)], inputs=1, dtype="float64")
    network.parameters[:] = np.arange(1, network.parameters.size + 1)
    tensors, _ = shuffled(network)
    orders = align(network.places, network.tensors(), tensors)
    for tensor, values in back(network, tensors, orders).items():
        np.testing.assert_array_equal(values, network.tensors()[tensor])


def test_other_networks_come_nearer_and_never_farther() -> None:
    first, second = make("deep"), make("deep")
    second.initialize(np.random.default_rng(9))
    orders = align(first.places, first.tensors(), second.tensors())

    def distance(tensors: dict[str, Array]) -> float:
        return sum(float(((first.tensors()[name] - values) ** 2).sum()) for name, values in tensors.items())

    assert distance(back(second, second.tensors(), orders)) < distance(second.tensors())
    for seed in range(20):
        second.initialize(np.random.default_rng(seed))
        near = {tensor: (values + first.tensors()[tensor]) / 2 for tensor, values in second.tensors().items()}
        assert distance(back(second, near, align(first.places, first.tensors(), near))) <= distance(near)
    same = align(first.places, first.tensors(), first.tensors())
    assert all(np.array_equal(order, np.arange(len(order))) for order in same.values())


def test_units_of_a_block_that_are_added_to_its_inputs_move_with_these() -> None:
    units = {each.layer: each for each in find_units(make("residual").places)}
    assert ("residual_1/dense_1.kernel", 0) in units["dense_1"].outgoing
    assert ("residual_1/dense_2.kernel", 1) in units["dense_1"].incoming
    assert ("residual_1/dense_2.bias", 0) in units["dense_1"].incoming

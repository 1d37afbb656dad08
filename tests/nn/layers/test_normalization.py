"""Normalization: what comes out, what is remembered, and what a frozen layer does."""

import numpy as np
import pytest

from steelyard.nn.layers import BatchNormalization, Dense, LayerNormalization
from steelyard.nn.network import Network, Pass, buffer_width
from steelyard.nn.rng import Streams


def test_frozen_normalization_passes_gradients_on() -> None:
    frozen = [BatchNormalization(trainable=False), LayerNormalization(trainable=False)]
    for layer in frozen:
        network = Network([Dense(4), layer, Dense(2)], inputs=3, dtype="float64")
        network.initialize(np.random.default_rng(0))
        before = {name: tensor.copy() for name, tensor in network.tensors().items()}
        path = Pass(network, 5, logits=False, streams=Streams.spawn(0))
        path.forward(np.random.default_rng(1).normal(size=(5, 3)))
        path.backward(np.ones((5, 2)))
        assert network.tensors(network.gradients)["dense_1/kernel"].any()
        assert all((before[name] == tensor).all() for name, tensor in network.tensors().items())


def with_weights(layer: BatchNormalization | LayerNormalization) -> tuple[Network, dict[str, np.ndarray]]:
    """A network that shows what a layer makes of three inputs, with weights for it that are not the first ones."""
    network = Network([layer, Dense(3)], inputs=3, dtype="float64")
    network.initialize(np.random.default_rng(0))
    tensors = network.tensors()
    tensors["output/kernel"][:] = np.eye(3)
    for name, tensor in tensors.items():
        if "output" not in name:
            tensor[:] = np.random.default_rng(len(name)).uniform(0.5, 2, 3)
    return network, {name.split("/")[1]: tensor for name, tensor in tensors.items() if "output" not in name}


X = np.random.default_rng(1).normal(3, 2, size=(8, 3))


def test_a_row_is_normalized_over_its_units() -> None:
    network, w = with_weights(LayerNormalization(epsilon=0.1))
    normal = (X - X.mean(axis=1, keepdims=True)) / np.sqrt(X.var(axis=1, keepdims=True) + 0.1)
    expected = w["gamma"] * normal + w["beta"]
    np.testing.assert_allclose(network.predict(X), expected)
    np.testing.assert_allclose(Pass(network, 8, logits=False, streams=Streams.spawn(0)).forward(X), expected)


def test_a_unit_is_normalized_over_the_batch_in_training_and_by_averages_later() -> None:
    network, w = with_weights(BatchNormalization(momentum=0.9, epsilon=0.1))
    later = w["gamma"] * (X - w["moving_mean"]) / np.sqrt(w["moving_variance"] + 0.1) + w["beta"]
    np.testing.assert_allclose(network.predict(X), later)
    before = {name: tensor.copy() for name, tensor in w.items()}
    made = Pass(network, 8, logits=False, streams=Streams.spawn(0)).forward(X)
    np.testing.assert_allclose(made, w["gamma"] * (X - X.mean(axis=0)) / np.sqrt(X.var(axis=0) + 0.1) + w["beta"])
    np.testing.assert_allclose(w["moving_mean"], 0.9 * before["moving_mean"] + 0.1 * X.mean(axis=0))
    np.testing.assert_allclose(w["moving_variance"], 0.9 * before["moving_variance"] + 0.1 * X.var(axis=0))


def test_a_frozen_layer_normalizes_by_its_averages_in_training_too() -> None:
    network, _ = with_weights(BatchNormalization(trainable=False))
    before = network.parameters.copy()
    path = Pass(network, 8, logits=False, streams=Streams.spawn(0))
    np.testing.assert_allclose(path.forward(X), network.predict(X))
    assert before.tobytes() == network.parameters.tobytes()


@pytest.mark.parametrize("layer", [BatchNormalization(), LayerNormalization()], ids=lambda part: part.name)
def test_weights_begin_as_the_identity_and_the_averages_never_learn(
    layer: BatchNormalization | LayerNormalization,
) -> None:
    network = Network([layer, Dense(2)], inputs=3)
    network.initialize(np.random.default_rng(0))
    specs = {spec.name: spec for spec in layer.tensors(3)}
    begins = {name: network.tensors()[f"{layer.name}_1/{name}"].tolist() for name in specs}
    expected = {"gamma": [1, 1, 1], "beta": [0, 0, 0], "moving_mean": [0, 0, 0], "moving_variance": [1, 1, 1]}
    assert begins == {name: expected[name] for name in specs}
    assert {name for name, spec in specs.items() if spec.trainable} == {"gamma", "beta"}
    assert layer.epsilon == 1e-3
    assert layer.first_that_varies() == ("batch_normalization" if isinstance(layer, BatchNormalization) else None)
    assert buffer_width([layer, Dense(2)], 3) == 2 * 3 + (3 * 2 + 3)

"""Every gradient against central differences in float64, over the registries: a new part is tested by being there."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steelyard.nn.activations import ACTIVATIONS, Activation, Gelu, Linear, Tanh
from steelyard.nn.initializers import GlorotNormal, RandomNormal
from steelyard.nn.layers import (
    LAYERS,
    ActivationLayer,
    BatchNormalization,
    Dense,
    Dropout,
    Embedding,
    GaussianNoise,
    Layer,
    LayerNormalization,
    Residual,
)
from steelyard.nn.losses import LOSSES, BinaryCrossentropy, CategoricalCrossentropy, Cost, Loss, MeanSquaredError
from steelyard.nn.network import Network, Pass
from steelyard.nn.penalties import Penalties
from steelyard.nn.regularizers import REGULARIZERS
from steelyard.nn.rng import Streams
from tests.nn.networks import Array

KINKED = ("relu", "relu6", "leaky_relu", "prelu", "hard_sigmoid", "hard_tanh")
SMOOTH = [part() for part in ACTIVATIONS if part.name not in KINKED]
EVERY = [*(part() for part in ACTIVATIONS), Gelu(approximate=True)]
SMOOTH_LOSSES = [part() for part in LOSSES if part.name not in ("mean_absolute_error", "hinge", "quantile")]
STEP = 1e-6


def relative_error(
    layers: Sequence[Layer], loss: Loss, *, rows: int = 7, inputs: int = 3, seed: int = 0, weighted: bool = False
) -> float:
    """The largest difference between the gradient and central differences, relative to the gradient's size."""
    generator = np.random.default_rng(seed)
    network = Network(layers, inputs=inputs, dtype="float64")
    network.initialize(generator)
    x = generator.normal(size=(rows, inputs))
    y = targets(loss, rows, network.outputs, generator)
    weights = generator.uniform(0, 3, rows) if weighted else None
    penalties = Penalties(network)
    cost = Cost(loss, rows, network.outputs, network.dtype)

    def forward() -> tuple[float, Pass]:
        # A fresh Pass from a fresh stream: every evaluation drops the same units.
        path = Pass(network, rows, logits=loss.link is not None, streams=Streams.spawn(seed))
        return cost.value(path.forward(x), y, weights) + penalties.value(), path

    _, path = forward()
    path.backward(cost.gradient)
    penalties.add_gradients()
    found = network.gradients.copy()
    expected = np.empty_like(found)
    for index, value in enumerate(network.parameters.copy()):
        network.parameters[index] = value + STEP
        above, _ = forward()
        network.parameters[index] = value - STEP
        below, _ = forward()
        network.parameters[index] = value
        expected[index] = (above - below) / (2 * STEP)
    return float(np.abs(found - expected).max() / max(1e-3, np.abs(expected).max()))


def targets(loss: Loss, rows: int, outputs: int, generator: np.random.Generator) -> Array:
    if "multiclass" in loss.tasks:
        return generator.integers(outputs, size=rows)
    if "binary" in loss.tasks:
        return generator.integers(2, size=(rows, outputs)).astype(float)
    if loss.raw_targets:
        return generator.poisson(2, size=(rows, outputs)).astype(float)
    return generator.normal(size=(rows, outputs))


def output_for(loss: Loss) -> Activation:
    return ACTIVATIONS[loss.link or "linear"]()


@pytest.mark.parametrize("activation", EVERY, ids=str)
@pytest.mark.parametrize("loss", [part() for part in LOSSES], ids=lambda loss: loss.name)
def test_every_activation_and_loss_has_the_right_gradient(activation: Activation, loss: Loss) -> None:
    layers = [Dense(5, activation, GlorotNormal(), RandomNormal()), Dense(3, output_for(loss))]
    assert relative_error(layers, loss) < 1e-6


@pytest.mark.parametrize("activation", EVERY, ids=str)
def test_every_activation_can_be_the_outputs(activation: Activation) -> None:
    assert relative_error([Dense(4, Linear()), Dense(3, activation)], MeanSquaredError()) < 1e-6


@pytest.mark.parametrize("loss", [CategoricalCrossentropy(0.2), BinaryCrossentropy(0.2)], ids=str)
def test_label_smoothing_has_the_right_gradient(loss: Loss) -> None:
    assert relative_error([Dense(3, output_for(loss))], loss) < 1e-6


@pytest.mark.parametrize("loss", [part() for part in LOSSES], ids=lambda loss: loss.name)
def test_weighted_rows_have_the_right_gradient(loss: Loss) -> None:
    assert relative_error([Dense(4, Tanh()), Dense(3, output_for(loss))], loss, weighted=True) < 1e-6


@pytest.mark.parametrize("regularizer", list(REGULARIZERS), ids=lambda part: part.name)
def test_every_regularizer_has_the_right_gradient(regularizer: type) -> None:
    layers = [Dense(4, Tanh(), regularizer=regularizer()), Dense(2)]
    assert relative_error(layers, MeanSquaredError()) < 1e-6


GENTLE = [part for part in SMOOTH if part.name != "exponential"]  # a stack of these is too steep for differences
WIDE = RandomNormal(stddev=1.0)  # random biases keep sums away from zero, where elu and selu have a kink
EXAMPLES: dict[str, list[Layer]] = {
    "dense": [Dense(4, Tanh())],
    "dropout": [Dense(4, Tanh()), Dropout(0.4)],
    "activation": [Dense(4), ActivationLayer(ACTIVATIONS["prelu"]())],
    "batch_normalization": [Dense(4), BatchNormalization(), ActivationLayer(Tanh())],
    "layer_normalization": [Dense(4), LayerNormalization(), ActivationLayer(Tanh())],
    "gaussian_noise": [Dense(4, Tanh()), GaussianNoise(0.3)],
    "embedding": [Embedding((1, 0), (3, 2), 2), Dense(4, Tanh())],
    "residual": [Dense(4, Tanh()), Residual((Dense(5, Tanh()), BatchNormalization(), Dense(4)))],
}


@pytest.mark.parametrize("name", LAYERS.names)
def test_every_layer_has_the_right_gradient(name: str) -> None:
    assert relative_error([*EXAMPLES[name], Dense(3)], MeanSquaredError()) < 1e-6


def test_residual_blocks_may_come_first_and_change_the_width() -> None:
    assert relative_error([Residual((Dense(5, Tanh()), Dropout(0.2))), Dense(2)], MeanSquaredError()) < 1e-6
    assert relative_error([Dense(4), Residual((Dense(6, Tanh()),)), Dense(2)], MeanSquaredError()) < 1e-6


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


SIMPLE = st.one_of(
    st.builds(Dense, st.integers(1, 6), st.sampled_from(GENTLE), bias_initializer=st.just(WIDE)),
    st.builds(Dropout, st.floats(0, 0.8)),
    st.builds(GaussianNoise, st.floats(0, 1)),
    st.just(LayerNormalization(epsilon=0.1)),
    st.just(BatchNormalization(epsilon=0.1)),
    st.builds(ActivationLayer, st.sampled_from([part for part in GENTLE if part.name not in ("elu", "selu", "celu")])),
)
STACKS = st.lists(
    st.one_of(SIMPLE, st.builds(Residual, st.lists(SIMPLE, min_size=1, max_size=3).map(tuple))), max_size=4
)


@given(
    hidden=STACKS,
    loss=st.sampled_from(SMOOTH_LOSSES),
    regularizer=st.sampled_from([None, *(part() for part in REGULARIZERS if part.name == "l2")]),
    rows=st.integers(1, 9),
    seed=st.integers(0, 2**32),
    weighted=st.booleans(),
)
@settings(max_examples=100, deadline=None)
def test_random_stacks_have_the_right_gradient(
    hidden: list[Layer], loss: Loss, regularizer: object, rows: int, seed: int, weighted: bool
) -> None:
    output = replace(Dense(3, output_for(loss), RandomNormal(stddev=0.1)), regularizer=regularizer)  # type: ignore[arg-type]
    assert relative_error([*hidden, output], loss, rows=rows, seed=seed, weighted=weighted) < 1e-6


def test_gradients_reach_layers_below_a_frozen_one() -> None:
    layers = [Dense(4, ACTIVATIONS["tanh"]()), Dense(4, ACTIVATIONS["tanh"](), trainable=False), Dense(2)]
    network = Network(layers, inputs=3, dtype="float64")
    network.initialize(np.random.default_rng(0))
    path = Pass(network, 5, logits=False, streams=Streams.spawn(0))
    path.forward(np.ones((5, 3)))
    path.backward(np.ones((5, 2)))
    gradients = network.tensors(network.gradients)
    assert gradients["dense_1/kernel"].any()
    assert not gradients["dense_2/kernel"].any()

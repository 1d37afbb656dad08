"""Every layer of the registry has the right gradient."""

import pytest

from steelyard.nn.activations import ACTIVATIONS, Tanh
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
from steelyard.nn.losses import MeanSquaredError
from tests.nn.gradients import relative_error

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

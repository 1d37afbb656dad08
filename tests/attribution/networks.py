"""Networks to explain, and their rows."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from steelyard.nn.activations import ACTIVATIONS, Relu, Tanh
from steelyard.nn.layers import (
    ActivationLayer,
    BatchNormalization,
    Dense,
    Dropout,
    GaussianNoise,
    LayerNormalization,
    Residual,
)
from steelyard.nn.network import Network

Array = NDArray[Any]
LAYERS: dict[str, list[Any]] = {
    "dense": [Dense(5, Tanh())],
    "dropout": [Dropout(0.5), Dense(5, Tanh()), GaussianNoise(1.0)],
    "activation": [ActivationLayer(ACTIVATIONS["prelu"]()), Dense(4, ACTIVATIONS["prelu"]())],
    "batch_normalization": [BatchNormalization(), Dense(5), BatchNormalization(), ActivationLayer(Tanh())],
    "layer_normalization": [LayerNormalization(), Dense(5, Tanh()), LayerNormalization()],
    "residual": [Residual((Dense(3, Tanh()),)), Dense(4), Residual((Dense(6, Tanh()), Dense(5)))],
}

COLUMNS = {
    "single": [np.array([place]) for place in range(9)],
    "groups": [np.arange(4), np.arange(4, 7), np.array([7]), np.array([8])],
}


def network(*layers: Any, inputs: int = 3, seed: int = 0) -> Network:
    made = Network(layers, inputs=inputs, dtype="float64")
    made.initialize(np.random.default_rng(seed))
    for name, tensor in made.tensors().items():  # as after training: nothing at its neutral value
        if not name.endswith("kernel"):
            tensor[...] = np.random.default_rng(len(name)).uniform(0.5, 1.5, tensor.shape)
    return made


def untrained(initializer: Any, seed: int, *first: Any) -> Network:
    model = Network([*first, Dense(8, Relu(), initializer), Dense(1)], inputs=9, dtype="float64")
    model.initialize(np.random.default_rng(seed), rows(100, 9, seed=seed + 1000))
    return model


def rows(count: int = 200, inputs: int = 3, seed: int = 1) -> Array:
    return np.random.default_rng(seed).normal(size=(count, inputs))


def generator() -> np.random.Generator:
    return np.random.default_rng(5)

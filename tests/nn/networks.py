"""Small networks and data for the tests of the trainer."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from steelyard.nn.activations import Activation, Softmax, Tanh
from steelyard.nn.initializers import GlorotUniform, Initializer
from steelyard.nn.layers import Dense, Layer
from steelyard.nn.losses import CategoricalCrossentropy, Loss
from steelyard.nn.network import Network
from steelyard.nn.optimizers import Adam, Optimizer
from steelyard.nn.rng import Streams
from steelyard.nn.training.loop import Epoch, Training

Array = NDArray[Any]
ROWS, FEATURES, CLASSES = 45, 4, 3


def data(seed: int = 0, *, dtype: str = "float64") -> tuple[Array, NDArray[np.int64]]:
    """Three clouds of points `(ROWS, FEATURES)`, and which cloud each is of."""
    generator = np.random.default_rng(seed)
    y = np.arange(ROWS) % CLASSES
    x = generator.normal(size=(ROWS, FEATURES)) + 2 * generator.normal(size=(CLASSES, FEATURES))[y]
    return x.astype(dtype), y.astype(np.int64)


def make_training(
    hidden: Sequence[Layer] = (Dense(6, Tanh()), Dense(5, Tanh())),
    *,
    output: Activation | None = None,
    output_initializer: Initializer = GlorotUniform(),  # noqa: B008 -- frozen
    loss: Loss | None = None,
    optimizer: Optimizer | None = None,
    seed: int = 0,
    dtype: str = "float64",
    **options: Any,
) -> Training:
    """A training on `data`, with its weights drawn."""
    streams = Streams.spawn(seed)
    layers = [*hidden, Dense(CLASSES, output or Softmax(), output_initializer)]
    network = Network(layers, inputs=FEATURES, dtype=dtype)
    network.initialize(streams.initialization)
    x, y = data(dtype=dtype)
    settings = {"epochs": 5, "batch_size": 16} | options
    return Training(network, loss or CategoricalCrossentropy(), optimizer or Adam(), x, y, streams=streams, **settings)


def finish(training: Training) -> list[Epoch]:
    """Run a training to its end; its epochs."""
    return [event for event in training.run() if isinstance(event, Epoch)]

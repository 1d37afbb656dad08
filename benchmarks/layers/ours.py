"""Steelyard's side: the network of each case, and its training."""

import numpy as np
from benchmarks.layers.data import (
    BATCH,
    CATEGORIES,
    CLASSES,
    COLUMNS,
    INPUTS,
    LEARNING_RATE,
    UNITS,
    VECTOR,
    Array,
    make,
)
from threadpoolctl import threadpool_limits

from steelyard.nn.activations import PRelu, Relu, Softmax
from steelyard.nn.constraints import MaxNorm
from steelyard.nn.layers import (
    ActivationLayer,
    BatchNormalization,
    Dense,
    Embedding,
    Layer,
    LayerNormalization,
    Residual,
)
from steelyard.nn.losses import CategoricalCrossentropy
from steelyard.nn.network import Network
from steelyard.nn.one_hot import OneHot
from steelyard.nn.optimizers import Adam
from steelyard.nn.rng import Streams
from steelyard.nn.training.loop import Training


def hidden(case: str) -> list[Layer]:
    """The layers of a case before the output layer."""
    plain: list[Layer] = [Dense(UNITS, Relu()), Dense(UNITS, Relu())]
    places = tuple(range(INPUTS - COLUMNS, INPUTS))
    cases: dict[str, list[Layer]] = {
        "layer_normalization": [Dense(UNITS), LayerNormalization(), ActivationLayer(Relu())] * 2,
        "batch_normalization": [Dense(UNITS), BatchNormalization(), ActivationLayer(Relu())] * 2,
        "residual": [Residual((each,)) for each in plain],
        "embedding": [Embedding(places, (CATEGORIES,) * COLUMNS, units=VECTOR), *plain],
        "prelu": [Dense(UNITS, PRelu()), Dense(UNITS, PRelu())],
        "max_norm": [Dense(UNITS, Relu(), constraint=MaxNorm())] * 2,
    }
    return cases.get(case, plain)


class Contender:
    """One case by Steelyard, on the engine that it takes by itself."""

    def __init__(self, case: str, threads: int) -> None:
        threadpool_limits(1, "blas")  # as in a training process of the service: the threads are the trainer's own
        rows = make(case)
        self._x, self._y, self._threads = _inputs(case, rows.numbers, rows.codes), rows.y, threads
        layers = [*hidden(case), Dense(CLASSES, Softmax())]
        self._network = Network(layers, inputs=self._x.shape[1])
        self._network.initialize(Streams.spawn(0).initialization)
        self._initial = self._network.parameters.copy()
        self.engine = self._make().engine

    def _make(self) -> Training:
        return Training(
            self._network, CategoricalCrossentropy(), Adam(LEARNING_RATE), self._x, self._y, epochs=1,
            batch_size=BATCH, streams=Streams.spawn(0), threads=self._threads,
        )  # fmt: skip

    def reset(self) -> None:
        """Go back to the first weights."""
        self._network.parameters[:] = self._initial

    def train(self) -> None:
        """Train for an epoch."""
        for _ in self._make().run():
            pass


def _inputs(case: str, numbers: Array, codes: Array) -> Array | OneHot:
    if case == "one_hot":
        count = numbers.shape[1]
        return OneHot(numbers, count + codes + CATEGORIES * np.arange(COLUMNS), count + CATEGORIES * COLUMNS)
    return np.concatenate([numbers, codes.astype(np.float32)], axis=1)

"""Keras 3 on JAX, the fastest of its backends here: `fit`, compiled."""

import math

import keras
import numpy as np
from benchmarks.training.contenders.base import Contender
from benchmarks.training.work import BETA_1, BETA_2, EPSILON, LEARNING_RATE, Array, Work


class Keras(Contender):
    """One `fit` over batches that are given in the order that all have."""

    def __init__(self, work: Work, threads: int) -> None:  # noqa: ARG002 -- XLA's are set around the process
        self._work = work
        *hidden, outputs = work.widths[1:]
        layers = [keras.layers.Dense(units, work.activation) for units in hidden]
        self._model = keras.Sequential([keras.Input((work.widths[0],)), *layers, keras.layers.Dense(outputs)])
        loss = keras.losses.BinaryCrossentropy if work.is_binary else keras.losses.SparseCategoricalCrossentropy
        rule = keras.optimizers.Adam(LEARNING_RATE, BETA_1, BETA_2, EPSILON)
        self._model.compile(rule, loss(from_logits=True))
        rule.build(self._model.trainable_variables)
        self._begun = [np.array(variable) for variable in rule.variables]

    def reset(self) -> None:
        self._model.set_weights(self._work.weights)
        for variable, begun in zip(self._model.optimizer.variables, self._begun, strict=True):
            variable.assign(begun)  # compiling again would also recompile the step

    def train(self) -> None:
        epochs = len(self._work.orders)
        history = self._model.fit(Ordered(self._work), epochs=epochs, shuffle=False, verbose=0)
        self.losses = history.history["loss"]

    def weights(self) -> list[Array]:
        found: list[Array] = self._model.get_weights()
        return found


class Ordered(keras.utils.PyDataset):  # type: ignore[misc]
    """The batches of the epochs in turn; rows are ordered once an epoch."""

    def __init__(self, work: Work) -> None:
        super().__init__()
        self._work, self._targets, self._epoch = work, work.targets, 0
        self._order()

    def __len__(self) -> int:
        return math.ceil(len(self._work.x) / self._work.batch)

    def __getitem__(self, index: int) -> tuple[Array, Array]:
        rows = slice(index * self._work.batch, (index + 1) * self._work.batch)
        return self._x[rows], self._y[rows]

    def on_epoch_end(self) -> None:
        self._epoch += 1
        if self._epoch < len(self._work.orders):
            self._order()

    def _order(self) -> None:
        order = self._work.orders[self._epoch]
        self._x, self._y = self._work.x[order], self._targets[order]

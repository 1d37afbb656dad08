"""The yardstick: NumPy as someone writes it who knows it, and no more. Every buffer is made once."""

import math

import numpy as np
from benchmarks.training.contenders.base import Contender
from benchmarks.training.work import BETA_1, BETA_2, EPSILON, LEARNING_RATE, Array, Work


class InPlace(Contender):
    """One vector of weights, one of gradients, two of moments; layers are views into them."""

    def __init__(self, work: Work, threads: int) -> None:  # noqa: ARG002 -- NumPy's are set around the process
        self._work, self._targets, self._binary = work, work.targets, work.is_binary
        self._parameters, self._gradients, self._m, self._v, self._scratch = (
            np.zeros(sum(tensor.size for tensor in work.weights), np.float32) for _ in range(5)
        )
        self._tensors = self._views(self._parameters)
        self._gradient_tensors = self._views(self._gradients)
        self._rows = np.empty((work.batch, work.widths[0]), np.float32)
        self._labels = np.empty((work.batch, *self._targets.shape[1:]), self._targets.dtype)
        self._z = [np.empty((work.batch, units), np.float32) for units in work.widths[1:]]
        self._g = [np.empty_like(z) for z in self._z]
        self._of_row = np.empty((work.batch, 1), np.float32)
        self._ones = np.ones(work.batch, np.float32)
        self._places = np.arange(work.batch)

    def _views(self, vector: Array) -> list[Array]:
        ends = np.cumsum([tensor.size for tensor in self._work.weights])
        parts = zip(np.split(vector, ends[:-1]), self._work.weights, strict=True)
        return [part.reshape(tensor.shape) for part, tensor in parts]

    def reset(self) -> None:
        for mine, initial in zip(self._tensors, self._work.weights, strict=True):
            mine[...] = initial
        self._m[:] = 0
        self._v[:] = 0
        self._step = 0
        self.losses: list[float] = []

    def train(self) -> None:
        for order in self._work.orders:
            total = 0.0
            for start in range(0, len(order), self._work.batch):
                total += self._make_step(order[start : start + self._work.batch])
            self.losses.append(total / len(order))

    def weights(self) -> list[Array]:
        return self._tensors

    def _make_step(self, rows: Array) -> float:
        x, y = self._rows[: len(rows)], self._labels[: len(rows)]
        self._work.x.take(rows, axis=0, out=x, mode="clip")
        self._targets.take(rows, axis=0, out=y, mode="clip")
        outputs = self._forward(x)
        loss = self._logistic(outputs, y) if self._binary else self._softmax(outputs, y)
        self._backward(x)
        self._move()
        return loss

    def _forward(self, x: Array) -> Array:
        for number, (kernel, bias) in enumerate(zip(self._tensors[::2], self._tensors[1::2], strict=True)):
            z = self._z[number][: len(x)]
            np.matmul(x, kernel, out=z)
            z += bias
            if number < len(self._z) - 1:
                if self._work.activation == "tanh":
                    np.tanh(z, out=z)
                else:
                    np.maximum(z, 0, out=z)
            x = z
        return x

    def _softmax(self, z: Array, y: Array) -> float:
        """The sum of the rows' cross-entropies; the gradient of their mean is left in the last buffer."""
        g, of_row, places = self._g[-1][: len(z)], self._of_row[: len(z)], self._places[: len(z)]
        np.maximum.reduce(z, axis=1, keepdims=True, out=of_row)
        z -= of_row
        np.exp(z, out=g)
        np.add.reduce(g, axis=1, keepdims=True, out=of_row)
        g /= of_row
        np.log(of_row, out=of_row)
        loss = float(of_row.sum()) - float(z[places, y].sum())
        g[places, y] -= 1
        g *= 1 / len(z)
        return loss

    def _logistic(self, z: Array, y: Array) -> float:
        g, soft = self._g[-1][: len(z)], self._of_row[: len(z)]
        np.abs(z, out=soft)
        np.negative(soft, out=soft)
        np.exp(soft, out=soft)
        np.log1p(soft, out=soft)
        np.maximum(z, 0, out=g)
        soft += g
        loss = float(soft.sum()) - float(np.vdot(z, y))
        np.negative(z, out=g)
        np.exp(g, out=g)
        g += 1
        np.reciprocal(g, out=g)
        g -= y
        g *= 1 / len(z)
        return loss

    def _backward(self, x: Array) -> None:
        ones = self._ones[: len(x)]
        for number in reversed(range(len(self._z))):
            g = self._g[number][: len(x)]
            inputs = self._z[number - 1][: len(x)] if number else x
            np.matmul(inputs.T, g, out=self._gradient_tensors[2 * number])
            np.matmul(ones, g, out=self._gradient_tensors[2 * number + 1])
            if number:
                before = self._g[number - 1][: len(x)]
                np.matmul(g, self._tensors[2 * number].T, out=before)
                if self._work.activation == "tanh":  # 1 − tanh², from the activated values, which go
                    inputs *= inputs
                    np.subtract(1, inputs, out=inputs)
                    before *= inputs
                else:
                    np.greater(inputs, 0, out=inputs)
                    before *= inputs

    def _move(self) -> None:
        self._step += 1
        g, m, v, scratch = self._gradients, self._m, self._v, self._scratch
        m *= BETA_1
        np.multiply(g, 1 - BETA_1, out=scratch)
        m += scratch
        v *= BETA_2
        np.multiply(g, g, out=scratch)
        scratch *= 1 - BETA_2
        v += scratch
        np.sqrt(v, out=scratch)
        scratch *= 1 / math.sqrt(1 - BETA_2**self._step)
        scratch += EPSILON
        np.divide(m, scratch, out=scratch)
        scratch *= LEARNING_RATE / (1 - BETA_1**self._step)
        self._parameters -= scratch

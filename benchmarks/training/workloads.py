"""The workloads: their data, made or a part of scikit-learn, their layers, and how long they train."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from benchmarks.training.work import SEED, Array, Work
from sklearn.datasets import load_digits, make_moons

from steelyard.nn.layers import Dense
from steelyard.nn.network import Network
from steelyard.nn.rng import Streams

Rows = tuple[Array, Array]


@dataclass(frozen=True)
class Workload:
    """`widths` are features, then the units of each layer; `data` makes `(rows, features)` and classes `(rows,)`."""

    widths: tuple[int, ...]
    activation: str
    batch: int
    epochs: int
    rows: int
    data: Callable[[int, int, int], Rows]

    def __str__(self) -> str:
        widths = "-".join(map(str, self.widths))
        return f"{self.rows:,} rows, {widths} {self.activation}, batch {self.batch}, epochs {self.epochs}"

    def make(self) -> Work:
        """The work: the same at every call, with Steelyard's own order of rows, which the others are given."""
        streams = Streams.spawn(SEED)
        network = Network([Dense(units) for units in self.widths[1:]], inputs=self.widths[0])
        network.initialize(streams.initialization)
        x, y = self.data(self.rows, self.widths[0], self.widths[-1])
        orders = np.stack([streams.shuffling.permutation(self.rows) for _ in range(self.epochs)])
        weights = [tensor.copy() for tensor in network.tensors().values()]
        return Work(x.astype(np.float32), y.astype(np.int64), orders, weights, self.activation, self.batch)


def moons(rows: int, _: int, __: int) -> Rows:
    """Two half circles, one in the other."""
    found: Rows = make_moons(rows, noise=0.2, random_state=SEED)
    return found


def digits(_: int, __: int, ___: int) -> Rows:
    """Handwritten digits of 8 by 8 pixels, scaled to at most 1."""
    x, y = load_digits(return_X_y=True)
    return x / 16, y


def covers(rows: int, features: int, classes: int) -> Rows:
    """Like scikit-learn's forest covers: ten numbers, else flags, most of them off; classes that overlap."""
    generator = np.random.default_rng(SEED)
    x = generator.normal(size=(rows, features)).astype(np.float32)
    x[:, 10:] = x[:, 10:] > 1.5
    return x, _classes(x, classes, generator)


def images(rows: int, features: int, classes: int) -> Rows:
    """Like MNIST: four pixels of five are black, the others up to 1; classes that overlap a little."""
    generator = np.random.default_rng(SEED)
    y = generator.integers(classes, size=rows)
    strokes = generator.random((classes, features), np.float32) * (generator.random((classes, features)) < 0.3)
    x = strokes[y]
    x += 0.5 * generator.standard_normal(x.shape, np.float32)
    x[:, ::5] -= 0.5
    x -= 0.4
    np.clip(x, 0, 1, out=x)
    y[::20] = generator.integers(classes, size=len(y[::20]))  # some are mislabeled: the loss has a floor
    return x, y


def clouds(rows: int, features: int, classes: int) -> Rows:
    """Numbers without structure, and classes that a small network could tell apart but for noise."""
    generator = np.random.default_rng(SEED)
    x = generator.standard_normal((rows, features), np.float32)
    return x, _classes(x, classes, generator)


def _classes(x: Array, classes: int, generator: np.random.Generator) -> Array:
    """What a random network of one hidden layer says, and noise."""
    hidden = np.tanh(x @ generator.normal(0, x.shape[1] ** -0.5, (x.shape[1], 32)).astype(np.float32))
    scores = hidden @ generator.normal(size=(32, classes)) + generator.gumbel(size=(len(x), classes))
    found: Array = scores.argmax(axis=1)
    return found


WORKLOADS = {
    "W1": Workload((2, 16, 16, 1), "tanh", 32, 100, 1_000, moons),
    "W2": Workload((64, 64, 32, 10), "relu", 32, 50, 1_797, digits),
    "W3": Workload((54, 128, 64, 7), "relu", 256, 3, 100_000, covers),
    "W4": Workload((784, 512, 256, 10), "relu", 128, 2, 60_000, images),
}

"""What every contender is given: rows, initial weights, and the order of the rows in every epoch.

Made once, kept as files, and read by each contender's process, which may be another Python's and needs NumPy alone.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
SEED = 0  # of data, initial weights and orders
LEARNING_RATE, BETA_1, BETA_2, EPSILON = 0.001, 0.9, 0.999, 1e-8  # Adam's, for all
EVALUATED_ROWS = 4096


@dataclass(frozen=True)
class Work:
    """One training to be done, by Adam, on float32.

    Args:
        x: `(rows, features)` float32.
        y: class indices `(rows,)`, int64.
        orders: which rows come when, `(epochs, rows)`; batches are cut from it in turn, the last may be smaller.
        weights: kernel `(inputs, units)` and bias `(units,)` of each layer in turn, as they begin.
        activation: of the hidden layers, `relu` or `tanh`. One output is a logit of yes or no, several are classes'.
        batch: rows a step.
    """

    x: Array
    y: Array
    orders: Array
    weights: list[Array]
    activation: str
    batch: int

    @property
    def widths(self) -> list[int]:
        """Features, then the units of each layer."""
        return [len(self.weights[0]), *(len(bias) for bias in self.weights[1::2])]

    @property
    def is_binary(self) -> bool:
        """Whether there is one output, for yes or no."""
        return self.widths[-1] == 1

    @property
    def targets(self) -> Array:
        """Class indices; for one output zeros and ones `(rows, 1)`, float32."""
        return self.y.astype(np.float32)[:, None] if self.is_binary else self.y

    def save(self, folder: Path) -> None:
        """Write it to an empty folder."""
        np.save(folder / "x.npy", self.x)
        np.save(folder / "y.npy", self.y)
        np.save(folder / "orders.npy", self.orders)
        for number, tensor in enumerate(self.weights):
            np.save(folder / f"weights-{number:02}.npy", tensor)
        (folder / "settings").write_text(f"{self.activation} {self.batch}")

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what was saved."""
        activation, batch = (folder / "settings").read_text().split()
        weights = [np.load(file) for file in sorted(folder.glob("weights-*.npy"))]
        x, y, orders = (np.load(folder / f"{name}.npy") for name in ("x", "y", "orders"))
        return cls(x, y, orders, weights, activation, int(batch))

    def loss(self, weights: list[Array]) -> float:
        """The mean loss of all rows with these weights, in float64."""
        starts = range(0, len(self.x), EVALUATED_ROWS)
        return sum(self._loss_of(weights, slice(start, start + EVALUATED_ROWS)) for start in starts) / len(self.x)

    def _loss_of(self, weights: list[Array], rows: slice) -> float:
        z = self.x[rows].astype(np.float64)
        for number, (kernel, bias) in enumerate(zip(weights[::2], weights[1::2], strict=True)):
            if number:
                z = np.tanh(z) if self.activation == "tanh" else np.maximum(z, 0)
            z = z @ kernel.astype(np.float64) + bias
        if self.is_binary:
            return float(np.logaddexp(0, z[:, 0]).sum() - z[:, 0] @ self.y[rows])
        return float((np.logaddexp.reduce(z, axis=1) - z[np.arange(len(z)), self.y[rows]]).sum())

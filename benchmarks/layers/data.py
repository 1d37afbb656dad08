"""The rows that both sides train on, made from the same seed by NumPy alone: peers have nothing else."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
ROWS, INPUTS, UNITS, CLASSES, BATCH = 20_000, 32, 64, 10, 128
CATEGORIES, COLUMNS = 500, 2  # of categories, of the 32 columns, in the cases that have such
VECTOR = 32  # units of an embedding of 500 categories, as the service chooses them
LEARNING_RATE = 0.001
CASES = {
    "dense": "dense, 64-64",
    "layer_normalization": "layer normalization after both",
    "batch_normalization": "batch normalization after both",
    "residual": "residual blocks for both",
    "embedding": "embedding of 2 × 500 categories",
    "one_hot": "one-hot of 2 × 500 categories",
    "prelu": "PReLU instead of ReLU",
    "max_norm": "max norm on both",
}


@dataclass(frozen=True)
class Rows:
    """Numbers `(rows, n)` float32, category numbers `(rows, columns)` int64, and classes `(rows,)` int64."""

    numbers: Array
    codes: Array
    y: Array

    @property
    def one_hot(self) -> Array:
        """Numbers, and a column of zeros and ones for each category."""
        shifted = self.codes + CATEGORIES * np.arange(self.codes.shape[1])
        places = np.zeros((len(self.y), CATEGORIES * self.codes.shape[1]), np.float32)
        np.put_along_axis(places, shifted, 1, axis=1)
        return np.concatenate([self.numbers, places], axis=1)


def make(case: str) -> Rows:
    """The rows of a case; some have two columns of categories in the place of numbers."""
    generator = np.random.default_rng(0)
    columns = COLUMNS if case in ("embedding", "one_hot") else 0
    numbers = generator.standard_normal((ROWS, INPUTS - columns), np.float32)
    codes = generator.integers(CATEGORIES, size=(ROWS, columns))
    return Rows(numbers, codes, generator.integers(CLASSES, size=ROWS))

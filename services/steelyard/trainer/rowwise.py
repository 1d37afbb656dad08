"""Products at inference whose rows do not depend on how many rows come with them.

BLAS chooses its kernel by the shapes, and kernels add in different orders: a row multiplied alone comes out with other
last bits than among a thousand. Within a product of one shape every row is treated alike, so rows are multiplied in
blocks of a fixed number, the last of them filled up. Blocks of many are faster; they are taken where they give the
bits of the small ones.
"""

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
BLOCK = 8  # 784 inputs to 512 units: 0.14 ms, where 16 take 0.20 ms and a single row would take 0.02 ms
LARGE_BLOCK = 256  # 1.03 times the time of 1024 rows at once


def multiply(x: Array, kernel: Array, *, out: Array) -> None:
    """Write `x · kernel` to `out`, each row with the bits that it has in any other call.

    `x` is `(rows, inputs)` and `out` `(rows, units)`, both contiguous.
    """
    done = 0
    if len(x) >= LARGE_BLOCK and _are_alike(*kernel.shape, x.dtype.char):
        done = _multiply(x, kernel, out, LARGE_BLOCK)
    done += _multiply(x[done:], kernel, out[done:], BLOCK)
    if rest := len(x) - done:
        filled = np.zeros((BLOCK, x.shape[1]), x.dtype)
        filled[:rest] = x[done:]
        out[done:] = np.matmul(filled, kernel)[:rest]


def _multiply(x: Array, kernel: Array, out: Array, block: int) -> int:
    """The products of as many whole blocks as there are, in a loop of NumPy's own; their number of rows."""
    rows = len(x) // block * block
    if rows:
        np.matmul(x[:rows].reshape(-1, block, x.shape[1]), kernel, out=out[:rows].reshape(-1, block, out.shape[1]))
    return rows


@lru_cache(maxsize=1024)
def _are_alike(inputs: int, units: int, dtype: str) -> bool:
    """Whether large blocks give the bits of small ones, on numbers that would tell if they were added in other orders.

    Which kernel BLAS takes depends on the shapes alone.
    """
    generator = np.random.default_rng(0)
    x = generator.standard_normal((LARGE_BLOCK, inputs)).astype(dtype)
    kernel = generator.standard_normal((inputs, units)).astype(dtype)
    small, large = np.empty((2, LARGE_BLOCK, units), dtype)
    _multiply(x, kernel, small, BLOCK)
    _multiply(x, kernel, large, LARGE_BLOCK)
    return np.array_equal(small, large)

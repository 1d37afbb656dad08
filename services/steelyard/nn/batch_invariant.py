"""Products at inference whose rows do not depend on how many rows come with them.

BLAS chooses its kernel by the shapes, and kernels add in different orders: a row multiplied alone comes out with other
last bits than among a thousand. Within a product of one shape every row is treated alike, so rows are multiplied in
blocks of a fixed number, the last of them filled up. There are two shapes of blocks, one for a few rows and one for
many, which give the same bits: it is tried out, once for each shape of kernel. Where OpenBLAS has a way of its own with
small matrices, that is those of at most `SMALL` multiplications, all of which are added in one order.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
SMALL = 1_000_000
FEW_ROWS = 2  # 784 inputs to 512 units: 0.03 ms as for a single row; 8 rows in one product take 0.14 ms
TILE_ROWS = (16, 8, 4, 2)
TILE_UNITS = 64  # in blocks of 16 rows as fast as 1024 rows at once
LARGE_ROWS = 256  # 1.03 times the time of 1024 rows at once
SAFE_ROWS = 8


@dataclass(frozen=True)
class Block:
    """So many rows by so many units of the kernel are one product."""

    rows: int
    units: int


class Product:
    """`x · kernel` for a fixed number of rows, each with the bits that it has among any other number of them.

    Everything that can be is made once, because for a single row the steps cost more than the multiplications.
    """

    def __init__(self, kernel: Array, out: Array) -> None:
        """`kernel` is `(inputs, units)`, and `out`, which takes the products, `(rows, units)`; both are contiguous."""
        few, many = _blocks(*kernel.shape, out.dtype.char)
        in_many = len(out) // many.rows * many.rows
        in_blocks = in_many + (len(out) - in_many) // few.rows * few.rows
        self._steps = [*_steps(kernel, out[:in_many], many), *_steps(kernel, out[in_many:in_blocks], few, in_many)]
        self._rest = len(out) - in_blocks
        self._last = out[in_blocks:]
        rows = few.rows if self._rest else 0
        self._filled, self._found = np.zeros((rows, len(kernel)), out.dtype), np.empty((rows, out.shape[1]), out.dtype)
        self._filled_steps = _steps(kernel, self._found, few)

    def __call__(self, x: Array) -> None:
        """Write the products of `x`, `(rows, inputs)` and contiguous, to `out`."""
        for step in self._steps:
            step.take(x)
        if self._rest:
            self._filled[: self._rest] = x[-self._rest :]
            for step in self._filled_steps:
                step.take(self._filled)
            self._last[...] = self._found[: self._rest]


@dataclass(frozen=True)
class Step:
    """Some rows, as blocks, by each tile of the kernel."""

    rows: slice
    shape: tuple[int, ...]
    tiles: list[tuple[Array, Array]]

    def take(self, x: Array) -> None:
        """Multiply those rows of `x`."""
        blocks = x[self.rows].reshape(self.shape)
        for kernel, products in self.tiles:
            np.matmul(blocks, kernel, out=products)


def _steps(kernel: Array, out: Array, block: Block, first_row: int = 0) -> list[Step]:
    """The steps to the rows of `out`, a whole number of blocks, of which the first is the row `first_row` of `x`."""
    inputs, units = kernel.shape
    tiles = [slice(unit, unit + block.units) for unit in range(0, units, block.units)]
    steps = []
    for first in range(0, len(out), LARGE_ROWS):  # so many stay in the cache while all units are gone through
        some = out[first : first + LARGE_ROWS]
        shape = (len(some) // block.rows, block.rows)
        products = some.reshape(*shape, units)
        rows = slice(first_row + first, first_row + first + len(some))
        steps.append(Step(rows, (*shape, inputs), [(kernel[:, tile], products[..., tile]) for tile in tiles]))
    return steps


@lru_cache(maxsize=1024)
def _blocks(inputs: int, units: int, dtype: str) -> tuple[Block, Block]:
    """The blocks for a few rows and for many: the first pair that gives the same bits, on numbers that would tell.

    Which kernel BLAS takes depends on the shapes alone.
    """
    generator = np.random.default_rng(0)
    x = generator.standard_normal((LARGE_ROWS, inputs)).astype(dtype)
    kernel = generator.standard_normal((inputs, units)).astype(dtype)

    def bits(block: Block, rows: Array) -> Array:
        products = np.empty((len(rows), units), dtype)
        for step in _steps(kernel, products, block):
            step.take(rows)
        return products

    for few, candidates in _candidates(inputs, units):
        expected = bits(few, x)
        if np.array_equal(np.roll(expected, 1, axis=0), bits(few, np.roll(x, 1, axis=0))):  # wherever a row stands
            for many in candidates:
                if np.array_equal(expected, bits(many, x)):
                    return few, many
    safe = Block(SAFE_ROWS, units)
    return safe, safe


def _candidates(inputs: int, units: int) -> Iterator[tuple[Block, list[Block]]]:
    """Blocks for a few rows, each with those for many that are tried beside it, the fastest first."""
    large, safe = Block(LARGE_ROWS, units), Block(SAFE_ROWS, units)
    tile = SMALL // (FEW_ROWS * inputs) // TILE_UNITS * TILE_UNITS  # what is left over would be added otherwise
    if tile or units * FEW_ROWS * inputs <= SMALL:
        fits = [Block(rows, TILE_UNITS) for rows in TILE_ROWS if rows * TILE_UNITS * inputs <= SMALL]
        yield Block(FEW_ROWS, min(tile or units, units)), [large, *fits[:1]]
    yield safe, [large, safe]

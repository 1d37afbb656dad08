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


def multiply(x: Array, kernel: Array, *, out: Array) -> None:
    """Write `x · kernel` to `out`, each row with the bits that it has in any other call.

    `x` is `(rows, inputs)` and `out` `(rows, units)`, both contiguous.
    """
    few, many = _blocks(*kernel.shape, x.dtype.char)
    done = _multiply(x, kernel, out, many)
    done += _multiply(x[done:], kernel, out[done:], few)
    if rest := len(x) - done:
        filled, found = np.zeros((few.rows, x.shape[1]), x.dtype), np.empty((few.rows, out.shape[1]), out.dtype)
        filled[:rest] = x[done:]
        _multiply(filled, kernel, found, few)
        out[done:] = found[:rest]


def _multiply(x: Array, kernel: Array, out: Array, block: Block) -> int:
    """The products of as many whole blocks as there are; their number of rows."""
    rows, (inputs, units) = len(x) // block.rows * block.rows, kernel.shape
    for first in range(0, rows, LARGE_ROWS):  # so many stay in the processor's cache while all units are gone through
        some = slice(first, min(first + LARGE_ROWS, rows))
        blocks, products = x[some].reshape(-1, block.rows, inputs), out[some].reshape(-1, block.rows, units)
        for unit in range(0, units, block.units):
            tile = slice(unit, unit + block.units)
            np.matmul(blocks, kernel[:, tile], out=products[..., tile])
    return rows


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
        _multiply(rows, kernel, products, block)
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

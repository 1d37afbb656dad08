"""Matrix products by BLAS, in tiles where that is faster.

OpenBLAS multiplies small matrices on processors with AVX-512 in a way of its own, without copying them first. In tiles
that are small enough it gives 106 to 115 GFLOP/s where a product at once gives 76 to 100 (one core of an EPYC of 2023,
float32). Elsewhere tiles are slower than the whole, and so they are everywhere once matrices are large. Tiles change
the order of sums, so whether to take them depends on the BLAS kernel and the shapes alone; the former is in the
fingerprint of a run.
"""

from functools import cache
from typing import Any

import numpy as np
from numba import njit
from numba.extending import get_cython_function_address
from threadpoolctl import threadpool_info

from steelyard.nn.engines.compiled.machine import gemm, view

ROUTINES = {np.dtype("float32"): "sgemm", np.dtype("float64"): "dgemm"}
SMALL = 1_000_000  # multiplications of a product that OpenBLAS takes for small
LARGE, LARGE_ROWS = 64_000_000, 128  # multiplications and rows of a product that is large
TILE = 64  # rows and columns of a tile
COPIED_DEEP = 128  # of a tile that is copied first; so it fits into the nearest cache
COPIED = TILE * COPIED_DEEP  # values of such a tile
FAR_APART = 2_048  # bytes from row to row of a kernel
FAR_AWAY = 1 << 21  # bytes of a kernel that no near cache holds
FEWEST_FOR_COPY = 16  # rows that meet a tile
STRETCH = 512  # values of a kernel's row that are multiplied at once, where the other operand is turned
STRETCHES = 16  # of them that are multiplied together, at least
FEWEST_UNITS = 128  # of a kernel that is taken in stretches
MOST_ROWS = 256  # that meet such a kernel
FEWEST_ROWS = 32  # of a tile whose other operand is whole, and of one that is worth turning the other for
NEAREST_CACHE = 1 << 15  # bytes
LINE = 16  # values
KERNELS = ("SkylakeX", "Cooperlake", "SapphireRapids")


def routine(dtype: np.dtype[Any]) -> int:
    """The address of BLAS's matrix product, as SciPy has it."""
    return int(get_cython_function_address("scipy.linalg.cython_blas", ROUTINES[dtype]))


@cache
def largest_tile() -> int:
    """How many multiplications a tile may have on this processor; 0 where products are best made at once."""
    import scipy.linalg.cython_blas  # noqa: F401, PLC0415 -- so that its BLAS is there to be asked

    pools = [pool for pool in threadpool_info() if pool["user_api"] == "blas" and "scipy" in pool["filepath"]]
    return SMALL if any(pool.get("architecture") in KERNELS for pool in pools) else 0


def is_large(rows: int, inputs: int, units: int) -> bool:
    """Whether products of a kernel with so many rows are best made at once."""
    return rows >= LARGE_ROWS and min(inputs, units) > TILE and rows * inputs * units >= LARGE


def pays_to_copy(inputs: int, row_bytes: int, *, rows: int) -> bool:
    """Whether tiles of a kernel are best copied before they meet `rows` rows.

    What lies far apart falls into the same few places of the cache, each row on a page of its own.
    """
    return rows >= FEWEST_FOR_COPY and (row_bytes > FAR_APART or inputs * row_bytes > FAR_AWAY)


def pays_to_turn(size: int, *, rows: int) -> bool:
    """Whether `g · Kᵀ` of so many rows is faster by a turned copy of K, which has `size` bytes.

    Not copied first, small matrices are multiplied at 60 to 95 GFLOP/s if one of them is turned, else at 105 to 115.
    """
    return largest_tile() > 0 and size <= NEAREST_CACHE and rows >= FEWEST_ROWS


def pays_to_take_stretches(units: int, *, rows: int) -> bool:
    """Whether `g · Kᵀ` of so many rows is faster by a turned copy of g, and stretches of K's rows: see `weigh_back`.

    At once, K is copied and turned by BLAS for the sake of few rows: 64 rows by 1,024 units make 68 GFLOP/s, this 106.
    """
    return largest_tile() > 0 and units >= FEWEST_UNITS and rows <= min(MOST_ROWS, units // 2)


@njit(error_model="numpy")
def multiply(given: Any, turned: Any, sizes: Any, a: Any, b: Any, c: Any, copy: Any, size: Any, dtype: Any) -> None:
    """`C = A · B` as `machine.gemm` has it, by the routine `given[0]`, in tiles of `given[1]` multiplications.

    With a `copy`, the address of so many values as `COPIED`, tiles of A, which is not turned, are copied there first.
    """
    m, n, k, lead_a, lead_b, lead_c = sizes
    address, largest = given[0], given[1]
    if largest == 0 or m * n * k <= largest:
        gemm(address, turned, sizes, a, b, c, False, dtype)
        return
    high, wide = min(m, TILE), min(n, TILE)
    parts = -(-k * high * wide // largest)
    deep = COPIED_DEEP if copy else -(-k // parts)
    row_a, row_b = (lead_a if turned[0] else 1), (lead_b if turned[1] else 1)
    step_a, step_b = (1 if turned[0] else lead_a), (1 if turned[1] else lead_b)
    for row in range(0, m, high):
        for start in range(0, k, deep):
            tall, depth = min(high, m - row), min(deep, k - start)
            at_a, lead = a + size * (row * row_a + start * step_a), lead_a
            if copy:
                _copy(at_a, lead, tall, depth, copy, size, dtype)
                at_a, lead = copy, tall
            for column in range(0, n, wide):
                part = (tall, min(wide, n - column), depth, lead, lead_b, lead_c)
                at_b = b + size * (start * row_b + column * step_b)
                gemm(address, turned, part, at_a, at_b, c + size * (row + column * lead_c), start > 0, dtype)


@njit(error_model="numpy")
def multiply_stretches(
    given: Any, sizes: Any, kernel: Any, g: Any, gradient: Any, turned: Any, size: Any, dtype: Any
) -> None:
    """`g · Kᵀ`, `(rows, inputs)`, of `g`, `(rows, units)`, and K, `(inputs, units)`, by stretches of K's rows.

    `sizes` are rows, inputs, units, and the distance between rows of the product; `turned` is room for `g`'s values.
    """
    rows, inputs, units, lead = sizes
    _turn(g, turned, rows, units, size, dtype)
    deep = -(-units // -(-units // STRETCH))
    some = STRETCHES * max(1, STRETCH // deep)
    for row in range(0, rows, TILE):
        for place in range(0, inputs, some):
            at_gradient = gradient + (row * lead + place) * size
            for start in range(0, units, deep):
                part = min(some, inputs - place), min(TILE, rows - row), min(deep, units - start), units, rows, lead
                at_kernel, at_g = kernel + (place * units + start) * size, turned + (start * rows + row) * size
                gemm(given[0], (True, True), part, at_kernel, at_g, at_gradient, start > 0, dtype)


@njit(error_model="numpy")
def _turn(a: Any, to: Any, rows: Any, width: Any, size: Any, dtype: Any) -> None:
    """Write `(rows, width)` values as `(width, rows)`, a cache line of each row at a time."""
    values, turned = view(a, rows * width, dtype), view(to, rows * width, dtype)
    for start in range(0, width, LINE):
        for row in range(rows):
            for place in range(start, min(start + LINE, width)):
                turned[place * rows + row] = values[row * width + place]


@njit(error_model="numpy")
def _copy(a: Any, lead: Any, tall: Any, depth: Any, to: Any, size: Any, dtype: Any) -> None:
    """Copy `depth` stretches of `tall` values, which begin `lead` values apart, one right behind the other."""
    for place in range(depth):
        given = view(a + size * place * lead, tall, dtype)
        taken = view(to + size * place * tall, tall, dtype)
        for each in range(tall):
            taken[each] = given[each]


@njit(error_model="numpy")
def rows_of_tile(rows: Any, multiplications: Any, largest: Any) -> Any:
    """The rows of each tile of a product, of so many multiplications a row; all, if tiles had too few."""
    some = min(TILE, largest // multiplications // 16 * 16)
    return some if some >= FEWEST_ROWS else max(rows, 1)

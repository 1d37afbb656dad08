"""The floor: the matrix products of all steps and nothing else, each by the call to BLAS that is fastest for it.

    python -m benchmarks.training.floor FOLDER THREADS

prints seconds. A product is tried with every operand stored by rows or by columns, whole and in blocks, and many at
once where the call itself would cost as much as the product. With several threads it is tried with BLAS's own, and as
one thread's share of the batch, which is what rows that are split between threads cost.
"""

import itertools
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from benchmarks.training.process import ROOT, bind, environment
from benchmarks.training.work import Array, Work
from threadpoolctl import threadpool_limits

Shape = tuple[int, int, int]
Call = tuple[Array, Array, Array]  # what is multiplied with what, and where it goes
BLOCK = 1_000_000  # multiplications of a block; OpenBLAS is faster at these than at somewhat larger products
SMALL = 200_000  # multiplications below which many products are made by one call
STACKED = 64
BLOCK_ROWS = (16, 32, 64, 128)
TRIED_SECONDS = 0.004
REPEATS = 3


def measure(folder: Path, threads: int) -> float:
    """Seconds, measured in a fresh process bound to so many cores."""
    command = [sys.executable, "-m", "benchmarks.training.floor", str(folder), str(threads)]
    return float(subprocess.check_output(command, cwd=ROOT, env=environment(threads), text=True))


def main() -> None:
    """Print the seconds of all products of the work."""
    folder, threads = Path(sys.argv[1]), int(sys.argv[2])
    bind(threads)
    work = Work.load(folder)
    print(work.orders.size / work.batch * step(work.widths, work.batch, threads))


def step(widths: list[int], rows: int, threads: int) -> float:
    """The least seconds of the products of one step."""
    alone = sum(fastest(shape, 1) for shape in products(widths, -(-rows // threads)))
    if threads == 1:
        return alone
    return min(alone, sum(fastest(shape, threads) for shape in products(widths, rows)))


def products(widths: list[int], rows: int) -> Iterator[Shape]:
    """`(m, k, n)` of each product of `(m, k)` by `(k, n)`: forwards, of the kernel's gradient, of the inputs'."""
    for number, (inputs, units) in enumerate(itertools.pairwise(widths)):
        yield rows, inputs, units
        yield inputs, rows, units
        if number:
            yield rows, units, inputs


def fastest(shape: Shape, threads: int) -> float:
    """The seconds of the fastest way to make one product."""
    with threadpool_limits(threads, "blas"):
        return min(_seconds(calls) / count for calls, count in ways(shape))


def ways(shape: Shape) -> Iterator[tuple[list[Call], int]]:
    """Calls to make, and how many products they are together."""
    m, k, n = shape
    for order in itertools.product("CF", repeat=3):
        a, b, out = (_filled(size, kind) for size, kind in zip([(m, k), (k, n), (m, n)], order, strict=True))
        yield [(a, b, out)], 1
        if m * k * n <= SMALL:
            yield [_stacked(a, b, order[2])], STACKED
        for rows in BLOCK_ROWS:
            columns = BLOCK // (k * rows) // 16 * 16
            if columns and (rows < m or columns < n):
                yield list(_blocks(a, b, out, rows, columns)), 1


def _stacked(a: Array, b: Array, order: str) -> Call:
    """The same product many times, so that the call costs nothing beside them."""
    m, n = len(a), b.shape[1]
    out = _empty((STACKED, m, n)) if order == "C" else _empty((STACKED, n, m)).swapaxes(1, 2)
    return np.broadcast_to(a, (STACKED, *a.shape)), np.broadcast_to(b, (STACKED, *b.shape)), out


def _blocks(a: Array, b: Array, out: Array, rows: int, columns: int) -> Iterator[Call]:
    for i, j in itertools.product(range(0, len(a), rows), range(0, b.shape[1], columns)):
        yield a[i : i + rows], b[:, j : j + columns], out[i : i + rows, j : j + columns]


def _filled(shape: tuple[int, int], order: str) -> Array:
    values = np.random.default_rng(0).standard_normal(shape, np.float32)
    return values if order == "C" else np.asfortranarray(values)


def _empty(shape: tuple[int, ...]) -> Array:
    return np.empty(shape, np.float32)


def _seconds(calls: Sequence[Call]) -> float:
    """The least of a few tries, each of as many repetitions as fill the time."""
    count, took = 1, _timed(calls, 1)
    while took < TRIED_SECONDS / 2:
        count *= 2
        took = _timed(calls, count)
    return min(_timed(calls, count) for _ in range(REPEATS)) / count


def _timed(calls: Sequence[Call], count: int) -> float:
    began = time.perf_counter()
    for _ in range(count):
        for a, b, out in calls:
            np.matmul(a, b, out=out)
    return time.perf_counter() - began


if __name__ == "__main__":
    main()

"""The compiled loop over batches: it goes through a program's calls, step after step, in as many threads as there are.

Every thread does a fixed part of each batch's rows, forward and backward; then it moves a fixed part of the weights,
piece by piece. Of their gradient, either every thread has a vector by its own rows, which are added up in the order of
the threads, or each takes its part over all rows: whichever asks less of the others (`shared.Shared.own_gradients`).
So the bits depend on nothing but the shapes and how many threads there are.
"""

import ctypes
import math
from typing import Any

from numba import njit

from steelyard.nn.engines.compiled.build import kept
from steelyard.nn.engines.compiled.kernels import BATCH, BATCH_ROWS, CHUNK_ROW, LOSS, PENALTY, WEIGHT
from steelyard.nn.engines.compiled.machine import add_for_all, call, treat_tiny_numbers_as

ARRIVED, ROUND, GATE_WORDS = 0, 8, 16  # each on a cache line of its own
LOOKS_BEFORE_YIELD = 20_000
# A thread that waits longer than a moment lets others run: there may be fewer cores than threads.
YIELD = ctypes.cast(ctypes.CDLL(None).sched_yield, ctypes.c_void_p).value or 0
FLUSH = -1
MEET = 0  # in the place of a kernel's address: all threads come here before any goes on


@njit(error_model="numpy")
def _meet(gate: int, threads: int, let_others_run: int) -> None:
    """Go on when all threads have come here."""
    if threads == 1:
        return
    round_before = add_for_all(gate + 8 * ROUND, 0)
    if add_for_all(gate + 8 * ARRIVED, 1) == threads - 1:
        add_for_all(gate + 8 * ARRIVED, -threads)
        add_for_all(gate + 8 * ROUND, 1)
        return
    looks = 0
    while add_for_all(gate + 8 * ROUND, 0) == round_before:
        looks += 1
        if looks > LOOKS_BEFORE_YIELD:
            call(let_others_run, 0, 0, 0)


@njit(error_model="numpy")
def _make_calls(calls: Any, first: int, rows: int, gate: int, threads: int, let_others_run: int) -> None:
    """Calls that name no count of their own are for these rows."""
    for place in range(len(calls)):
        kernel, count = calls[place, 0], calls[place, 2]
        if kernel == MEET:
            _meet(gate, threads, let_others_run)
        else:
            call(kernel, first, rows if count < 0 else count, calls[place, 1])


@njit(error_model="numpy")
def _begin(step: int, first: int, batch_size: int, rows: int, cursor: Any, statistics: Any) -> int:
    """Point the kernels at the batch of a step of the chunk; the number of its rows."""
    start = (first + step) * batch_size
    batch = min(batch_size, rows - start)
    cursor[BATCH], cursor[BATCH_ROWS], cursor[CHUNK_ROW] = start, batch, step * batch_size
    statistics[PENALTY] = 0.0
    return batch


@njit(error_model="numpy")
def _share(rows: int, thread: int, threads: int) -> tuple[int, int]:
    """The first of a thread's rows, and how many it has."""
    first = rows * thread // threads
    return first, rows * (thread + 1) // threads - first


@njit(error_model="numpy")
def _add_up(total: float, of_threads: Any, which: int) -> float:
    """A total, and then a statistic of every thread, in their order."""
    for each in range(len(of_threads)):
        total += of_threads[each, which]
    return total


def _make_steps(
    thread: int,
    threads: int,
    first: int,
    done: int,
    count: int,
    rows: int,
    batch_size: int,
    calls: Any,
    cursor: Any,
    statistics: Any,
    shared: Any,
    gate: int,
    let_others_run: int,
    coefficients: Any,
    current: Any,
    sums: Any,
) -> int:
    """Make `count` steps of a chunk; how many were made before a loss that is not finite.

    Args:
        thread: which thread this is, from 0.
        threads: how many there are.
        first: the number of the first batch of the chunk.
        done: how many steps of the chunk were made by earlier calls.
        count: of batches.
        rows: of the data.
        batch_size: rows of a batch; the last may have fewer.
        calls: what a step does: over this thread's rows; over its share of the weights. Each `(calls, 3)`.
        cursor: see `kernels`; this thread's.
        statistics: see `kernels`; this thread's.
        shared: `(2, threads, 3)`: the statistics of all threads, of this step and of the one before.
        gate: where threads meet.
        let_others_run: the address of what a thread calls that has waited for long.
        coefficients: of the optimizer's rule, `(count, n)`.
        current: those of this step, this thread's copy, where the kernels look for them.
        sums: the first of them is the sum of the losses so far, each with its weight; added to by thread 0.
    """
    before = treat_tiny_numbers_as(FLUSH)
    made = 0
    for step in range(count):
        batch = _begin(done + step, first, batch_size, rows, cursor, statistics)
        mine, own = _share(batch, thread, threads)
        _make_calls(calls[0], mine, own, gate, threads, let_others_run)
        here = shared[step % 2]
        here[thread, LOSS], here[thread, WEIGHT] = statistics[LOSS], statistics[WEIGHT]
        _meet(gate, threads, let_others_run)
        loss, weight = _add_up(0.0, here, LOSS), _add_up(0.0, here, WEIGHT)
        if not math.isfinite(loss):
            break
        for place in range(len(current)):
            current[place] = coefficients[step, place]
        _make_calls(calls[1], 0, batch, gate, threads, let_others_run)
        here[thread, PENALTY] = statistics[PENALTY]
        _meet(gate, threads, let_others_run)
        if thread == 0:
            sums[0] += weight * _add_up(loss, here, PENALTY)
        made += 1
    treat_tiny_numbers_as(before)
    return made


make_steps = kept(_make_steps)

"""What arrays look like, in one or two passes over each: for the recordings of trainings.

Sums are made in a fixed order, of float64 unless a docstring names another type. Arrays have to be contiguous.
"""

import math
from typing import Any

import numpy as np
from numba import njit

from steelyard.nn.engines.compiled.build import kept

SUMS = ("moved", "moved²", "initial²", "distance²", "update²", "gradient²", "min", "max")


def _sum_up(weights: Any, initial: Any, before: Any, gradient: Any, starts: Any, sums: Any) -> None:
    """Write the `SUMS` of each tensor to `sums`, `(tensors, 8)`, float64; a NaN among the weights is both extremes.

    Args:
        weights: tensors, one behind the other; so are the other three.
        initial: before the first step; `distance²` is from them.
        before: before the last step; empty if that is not known, and `update²` is NaN.
        gradient: of the loss.
        starts: where the tensors begin, and where the last ends, `(tensors + 1,)`.
        sums: `moved` is by the tensor's first weight, so that no digits cancel.
    """
    is_known = len(before) > 0
    for tensor in range(len(starts) - 1):
        first = np.float64(weights[starts[tensor]])
        moved = moved_2 = initial_2 = distance_2 = update_2 = gradient_2 = 0.0
        low = high = first
        for place in range(starts[tensor], starts[tensor + 1]):
            weight, began = np.float64(weights[place]), np.float64(initial[place])
            slope = np.float64(gradient[place])
            by_first, distance = weight - first, weight - began
            moved += by_first
            moved_2 += by_first * by_first
            initial_2 += began * began
            distance_2 += distance * distance
            gradient_2 += slope * slope
            if is_known:
                update = weight - np.float64(before[place])
                update_2 += update * update
            if weight < low or math.isnan(weight):
                low = weight
            if weight > high or math.isnan(weight):
                high = weight
        row = sums[tensor]
        row[0], row[1], row[2], row[3] = moved, moved_2, initial_2, distance_2
        row[4], row[5], row[6], row[7] = update_2 if is_known else math.nan, gradient_2, low, high


def _order(weights: Any, spans: Any, ranks: Any, edges: Any, values: Any, bins: Any, zeros: Any, room: Any) -> None:
    """Sort each tensor; look up values by their ranks, and how many lie between the edges.

    NumPy's sort takes two to six times as long on AMD's processors with AVX-512, the longer the vector.

    Args:
        weights: tensors, one behind the other.
        spans: `(tensors, 3)`: where each begins and ends, and every how many-th of its weights counts.
        ranks: `(tensors, n)`: which values are wanted, from 0 for the smallest. What is not a number comes last.
        edges: ascending, of the dtype of the weights.
        values: `(tensors, n)`, of that dtype, is filled.
        bins: `(tensors, edges + 1)`, is filled: how many are below the first edge, from it to the second, …
        zeros: `(tensors,)`, is filled: the share of weights that are zero.
        room: `(2, most)`, unsigned integers as long as a weight, for as many as count of the largest tensor.
    """
    bits, limits, found = weights.view(room.dtype), edges.view(room.dtype), values.view(room.dtype)
    one = room.dtype.type(1)
    sign = one << room.dtype.type(8 * room.itemsize - 1)
    for tensor in range(len(spans)):
        start, stop, step = spans[tensor]
        size = (stop - start + step - 1) // step
        keys, spare = room[0, :size], room[1, :size]
        for place in range(size):
            here = start + place * step
            keys[place] = ~(sign ^ sign) if math.isnan(weights[here]) else _to_key(bits[here], sign)
        _sort(keys, spare)
        for place in range(ranks.shape[1]):
            key = keys[ranks[tensor, place]]
            found[tensor, place] = key ^ sign if key & sign else ~key
        below = 0
        for place in range(len(limits)):
            smaller = _count_smaller(keys, _to_key(limits[place], sign))
            bins[tensor, place], below = smaller - below, smaller
        bins[tensor, len(limits)] = size - below
        zeros[tensor] = (_count_smaller(keys, sign + one) - _count_smaller(keys, sign)) / size


@njit(error_model="numpy")
def _to_key(bits: Any, sign: Any) -> Any:
    """An integer for a number of these bits: the larger the number, the larger; both zeros are the same."""
    if bits == sign:
        return bits
    return ~bits if bits & sign else bits | sign


@njit(error_model="numpy")
def _sort(keys: Any, spare: Any) -> None:
    """Sort integers of four or eight bytes, byte by byte from the lowest; `spare` is as long."""
    size = keys.itemsize
    counts = np.zeros((size, 256), np.int64)
    byte = keys.dtype.type(255)
    for first in range(0, size, 4):
        for key in keys:
            for digit in range(first, first + 4):  # so many that the compiler writes them out
                counts[digit, (key >> keys.dtype.type(8 * digit)) & byte] += 1
    for digit in range(size):
        shift = keys.dtype.type(8 * digit)
        place = 0
        for value in range(256):
            counts[digit, value], place = place, place + counts[digit, value]
        for key in keys:
            value = (key >> shift) & byte
            spare[counts[digit, value]] = key
            counts[digit, value] += 1
        keys, spare = spare, keys


@njit(error_model="numpy")
def _count_smaller(keys: Any, limit: Any) -> int:
    """How many of the ascending keys are smaller than the limit."""
    low, high = 0, len(keys)
    while low < high:
        middle = (low + high) // 2
        if keys[middle] < limit:
            low = middle + 1
        else:
            high = middle
    return low


@njit(error_model="numpy")
def _total(sums: Any) -> float:
    total = 0.0
    for each in sums:
        total += each
    return total


def _mean_and_std(values: Any) -> tuple[float, float]:
    """The mean and the standard deviation of `(rows, units)`; each unit's sums have the dtype of the values."""
    rows, units = values.shape
    sums = np.zeros(units, values.dtype)
    for row in range(rows):
        for unit in range(units):
            sums[unit] += values[row, unit]
    mean = _total(sums) / values.size
    center = values.dtype.type(mean)
    sums[:] = 0
    for row in range(rows):
        for unit in range(units):
            apart = values[row, unit] - center
            sums[unit] += apart * apart
    return mean, math.sqrt(_total(sums) / values.size)


def _take_directions(values: Any, directions: Any) -> None:
    """Write the units of `(rows, units)` with a length of one to `directions`; one that is always zero stays so."""
    rows, units = values.shape
    lengths = np.zeros(units, values.dtype)
    for row in range(rows):
        for unit in range(units):
            lengths[unit] += values[row, unit] * values[row, unit]
    for unit in range(units):
        lengths[unit] = math.sqrt(lengths[unit]) if lengths[unit] != 0 else math.inf
    for row in range(rows):
        for unit in range(units):
            directions[row, unit] = values[row, unit] / lengths[unit]


def _count_alike(cosines: Any, limit: float) -> int:
    """How many units have a cosine, `(units, units)`, with another one whose size is above the limit."""
    is_alike = np.zeros(len(cosines), np.bool_)
    for unit in range(len(cosines)):
        for other in range(unit):
            if abs(cosines[unit, other]) > limit:
                is_alike[unit] = is_alike[other] = True
    return int(is_alike.sum())


sum_up, order, mean_and_std = kept(_sum_up), kept(_order), kept(_mean_and_std)
take_directions, count_alike = kept(_take_directions), kept(_count_alike)


def load(dtype: Any) -> None:
    """Bring the functions for a dtype into memory: from disk, or made there first."""
    vector, matrix = np.ones(1, dtype), np.ones((1, 1), dtype)
    sum_up(vector, vector, vector, vector, np.array([0, 1]), np.empty((1, len(SUMS))))
    spans, ranks, room = np.array([[0, 1, 1]]), np.zeros((1, 1), np.int64), np.empty((2, 1), f"u{vector.itemsize}")
    order(vector, spans, ranks, vector, matrix, np.empty((1, 2), np.uint32), np.empty(1), room)
    mean_and_std(matrix)
    take_directions(matrix, matrix)
    count_alike(matrix, 1.0)

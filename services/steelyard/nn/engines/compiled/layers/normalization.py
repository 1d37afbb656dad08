"""Layer and batch normalization, compiled. Formulas as in `steelyard.nn.layers.normalization`.

The sums over the rows of a batch are taken by every thread for its own rows, and added up by each in the same order.
"""

import math
from typing import Any

import numpy as np
from numba import types

from steelyard.nn.engines.compiled.kernels import BATCH_ROWS, CURSOR_WORDS, DTYPE, SIZE
from steelyard.nn.engines.compiled.layers.base import Form, form_of
from steelyard.nn.engines.compiled.machine import address_of, dot, numbers_at, rows_at, view
from steelyard.nn.layers import BatchNormalization, LayerNormalization


def normalize_rows(first: int, rows: int, given: Any) -> None:
    """`y = gamma · x̂ + beta`, `x̂ = (x − mean) / σ` over each row; `x̂` and `1 / σ` are kept."""
    width, ones, (epsilon,) = given[6], given[7], numbers_at(given[8], DTYPE, 1)
    x, roots = rows_at(given[0], first, rows, width, SIZE, DTYPE), rows_at(given[2], first, rows, 1, SIZE, DTYPE)
    at_x, at_normal = given[0] + first * width * SIZE, given[1] + first * width * SIZE
    normal, y = rows_at(given[1], first, rows, width, SIZE, DTYPE), rows_at(given[3], first, rows, width, SIZE, DTYPE)
    gamma, beta = view(given[4], width, DTYPE), view(given[5], width, DTYPE)
    for row in range(rows):
        start = row * width
        mean = dot(at_x + start * SIZE, ones, width, DTYPE) / DTYPE(width)
        for unit in range(width):
            normal[start + unit] = x[start + unit] - mean
        at_row = at_normal + start * SIZE
        variance = dot(at_row, at_row, width, DTYPE) / DTYPE(width)
        root = DTYPE(1) / DTYPE(math.sqrt(variance + epsilon))
        roots[row] = root
        for unit in range(width):
            normal[start + unit] *= root
        for unit in range(width):
            y[start + unit] = normal[start + unit] * gamma[unit] + beta[unit]


def normalize_rows_back(first: int, rows: int, given: Any) -> None:
    """`g ← (h − mean h − x̂ · mean (h · x̂)) / σ`, `h = gamma · g`."""
    width, ones = given[4], given[5]
    roots = rows_at(given[2], first, rows, 1, SIZE, DTYPE)
    at_g, at_normal = given[0] + first * width * SIZE, given[1] + first * width * SIZE
    g, normal = rows_at(given[0], first, rows, width, SIZE, DTYPE), rows_at(given[1], first, rows, width, SIZE, DTYPE)
    gamma = view(given[3], width, DTYPE)
    for row in range(rows):
        start = row * width
        for unit in range(width):
            g[start + unit] *= gamma[unit]
        at_row = at_g + start * SIZE
        mean = dot(at_row, ones, width, DTYPE) / DTYPE(width)
        along = dot(at_row, at_normal + start * SIZE, width, DTYPE) / DTYPE(width)
        root = roots[row]
        for unit in range(width):
            g[start + unit] = (g[start + unit] - mean - normal[start + unit] * along) * root


def sum_columns(first: int, rows: int, given: Any) -> None:
    """Of these rows, `Σ x` for each unit."""
    units = given[2]
    x, sums = rows_at(given[0], first, rows, units, SIZE, DTYPE), view(given[1], units, DTYPE)
    sums[:] = 0
    for row in range(rows):
        for unit in range(units):
            sums[unit] += x[row * units + unit]


def center_columns(first: int, rows: int, given: Any) -> None:
    """`x − mean` over the batch, and `Σ (x − mean)²` of these rows for each unit; `mean` from all threads' sums."""
    cursor, units, threads = view(given[0], CURSOR_WORDS, types.int64), given[5], given[6]
    x, centered = rows_at(given[1], first, rows, units, SIZE, DTYPE), rows_at(given[2], first, rows, units, SIZE, DTYPE)
    mean, squares = view(given[3], units, DTYPE), view(given[4], units, DTYPE)
    mean[:] = 0
    for thread in range(threads):
        sums = view(given[7 + thread], units, DTYPE)
        for unit in range(units):
            mean[unit] += sums[unit]
    share = DTYPE(1) / DTYPE(cursor[BATCH_ROWS])
    for unit in range(units):
        mean[unit] *= share
    squares[:] = 0
    for row in range(rows):
        for unit in range(units):
            value = x[row * units + unit] - mean[unit]
            centered[row * units + unit] = value
            squares[unit] += value * value


def scale_columns(first: int, rows: int, given: Any) -> None:
    """`y = gamma · x̂ + beta`, with `x̂` from `x − mean`, in its place; variance and `1 / σ` are kept."""
    cursor, units, threads = view(given[0], CURSOR_WORDS, types.int64), given[7], given[8]
    normal, y = rows_at(given[1], first, rows, units, SIZE, DTYPE), rows_at(given[2], first, rows, units, SIZE, DTYPE)
    variance, roots = view(given[3], units, DTYPE), view(given[4], units, DTYPE)
    gamma, beta = view(given[5], units, DTYPE), view(given[6], units, DTYPE)
    (epsilon,) = numbers_at(given[9], DTYPE, 1)
    variance[:] = 0
    for thread in range(threads):
        squares = view(given[10 + thread], units, DTYPE)
        for unit in range(units):
            variance[unit] += squares[unit]
    share = DTYPE(1) / DTYPE(cursor[BATCH_ROWS])
    for unit in range(units):
        variance[unit] *= share
        roots[unit] = DTYPE(1) / DTYPE(math.sqrt(variance[unit] + epsilon))
    for row in range(rows):
        for unit in range(units):
            value = normal[row * units + unit] * roots[unit]
            normal[row * units + unit] = value
            y[row * units + unit] = value * gamma[unit] + beta[unit]


def move_averages(_: int, units: int, given: Any) -> None:
    """`moving ← momentum · moving + (1 − momentum) · value`, of mean and variance."""
    mean, variance = view(given[0], units, DTYPE), view(given[1], units, DTYPE)
    moving_mean, moving_variance = view(given[2], units, DTYPE), view(given[3], units, DTYPE)
    momentum, rest = numbers_at(given[4], DTYPE, 2)
    for unit in range(units):
        moving_mean[unit] = moving_mean[unit] * momentum + mean[unit] * rest
        moving_variance[unit] = moving_variance[unit] * momentum + variance[unit] * rest


def sum_products(first: int, rows: int, given: Any) -> None:
    """Of these rows, `∂L/∂gamma = Σ g · x̂` and `∂L/∂beta = Σ g` for each unit."""
    units = given[4]
    g, normal = rows_at(given[0], first, rows, units, SIZE, DTYPE), rows_at(given[1], first, rows, units, SIZE, DTYPE)
    by_gamma, by_beta = view(given[2], units, DTYPE), view(given[3], units, DTYPE)
    by_gamma[:] = 0
    by_beta[:] = 0
    for row in range(rows):
        for unit in range(units):
            by_gamma[unit] += g[row * units + unit] * normal[row * units + unit]
            by_beta[unit] += g[row * units + unit]


def normalize_columns_back(first: int, rows: int, given: Any) -> None:
    """`g ← gamma / σ · (g − mean g − x̂ · mean (g · x̂))`, the means from all threads' sums."""
    cursor, units, threads = view(given[0], CURSOR_WORDS, types.int64), given[7], given[8]
    g, normal = rows_at(given[1], first, rows, units, SIZE, DTYPE), rows_at(given[2], first, rows, units, SIZE, DTYPE)
    roots, gamma = view(given[3], units, DTYPE), view(given[4], units, DTYPE)
    along, mean = view(given[5], units, DTYPE), view(given[6], units, DTYPE)
    along[:] = 0
    mean[:] = 0
    for thread in range(threads):
        by_gamma, by_beta = view(given[9 + 2 * thread], units, DTYPE), view(given[10 + 2 * thread], units, DTYPE)
        for unit in range(units):
            along[unit] += by_gamma[unit]
            mean[unit] += by_beta[unit]
    share = DTYPE(1) / DTYPE(cursor[BATCH_ROWS])
    for unit in range(units):
        along[unit] *= share
        mean[unit] *= share
    for row in range(rows):
        for unit in range(units):
            place = row * units + unit
            g[place] = (g[place] - mean[unit] - normal[place] * along[unit]) * (gamma[unit] * roots[unit])


def scale_by_averages(first: int, rows: int, given: Any) -> None:
    """`y = gamma · (x − moving mean) / √(moving variance + epsilon) + beta`; the factors are kept."""
    units, (epsilon,) = given[7], numbers_at(given[8], DTYPE, 1)
    x, y = rows_at(given[0], first, rows, units, SIZE, DTYPE), rows_at(given[1], first, rows, units, SIZE, DTYPE)
    scale, gamma, beta = view(given[2], units, DTYPE), view(given[3], units, DTYPE), view(given[4], units, DTYPE)
    mean, variance = view(given[5], units, DTYPE), view(given[6], units, DTYPE)
    for unit in range(units):
        scale[unit] = gamma[unit] / DTYPE(math.sqrt(variance[unit] + epsilon))
    for row in range(rows):
        for unit in range(units):
            place = row * units + unit
            y[place] = (x[place] - mean[unit]) * scale[unit] + beta[unit]


def scale_back(first: int, rows: int, given: Any) -> None:
    """`g ← g · scale`."""
    units = given[2]
    g, scale = rows_at(given[0], first, rows, units, SIZE, DTYPE), view(given[1], units, DTYPE)
    for row in range(rows):
        for unit in range(units):
            g[row * units + unit] *= scale[unit]


@form_of(LayerNormalization)
class LayerNormalizationForm(Form[LayerNormalization]):
    """Each row over its units."""

    def forward(self, x: int) -> int:
        lane, width = self.lane, self.inputs
        self._normal, self._roots, y = self.buffer("normal", width), self.buffer("roots", 1), self.buffer("y", width)
        self._ones = lane.keep(np.ones(width, lane.dtype))
        given = (x, self._normal, self._roots, y, self.weights("gamma"), self.weights("beta"), width, self._ones)
        lane.call(lane.over_rows, normalize_rows, *given, lane.numbers([self.layer.epsilon]))
        return y

    def backward(self, g: int, *, wanted: bool, first: int = 0) -> int:
        lane, width = self.lane, self.inputs
        if self.layer.trainable:
            given = (g, self._normal, self.part("gamma"), self.part("beta"), width)
            lane.call(lane.over_rows, sum_products, *given)
        if wanted:
            given = (g, self._normal, self._roots, self.weights("gamma"), width)
            lane.call(lane.over_rows, normalize_rows_back, *given, self._ones)
        return g


@form_of(BatchNormalization)
class BatchNormalizationForm(Form[BatchNormalization]):
    """Each unit over the batch; over its running averages if the layer is frozen."""

    def forward(self, x: int) -> int:
        y = self.buffer("y", self.units)
        if self.layer.trainable:
            self._over_batch(x, y)
        else:
            self._by_averages(x, y)
        return y

    def _over_batch(self, x: int, y: int) -> None:
        lane, units, cursor = self.lane, self.units, address_of(self.lane.cursor)
        self._normal = self.buffer("normal", units)
        mean, variance, self._roots = (lane.vector(units) for _ in range(3))
        sums, squares = (lane.shared.vectors(self.prefix + name, units) for name in ("sums", "squares"))
        lane.call(lane.over_rows, sum_columns, x, sums[lane.thread], units)
        lane.meet(lane.over_rows)
        given = (cursor, x, self._normal, mean, squares[lane.thread], units, lane.threads, *sums)
        lane.call(lane.over_rows, center_columns, *given)
        lane.meet(lane.over_rows)
        weights = self.weights("gamma"), self.weights("beta")
        given = (cursor, self._normal, y, variance, self._roots, *weights, units, lane.threads)
        lane.call(lane.over_rows, scale_columns, *given, lane.numbers([self.layer.epsilon]), *squares)
        if lane.thread == 0:
            momentum = lane.numbers([self.layer.momentum, 1 - self.layer.momentum])
            moving = self.weights("moving_mean"), self.weights("moving_variance")
            lane.call(lane.over_rows, move_averages, mean, variance, *moving, momentum, count=units)

    def _by_averages(self, x: int, y: int) -> None:
        lane, names = self.lane, ("gamma", "beta", "moving_mean", "moving_variance")
        self._scale = lane.vector(self.units)
        given = (x, y, self._scale, *map(self.weights, names), self.units, lane.numbers([self.layer.epsilon]))
        lane.call(lane.over_rows, scale_by_averages, *given)

    def backward(self, g: int, *, wanted: bool, first: int = 0) -> int:
        lane, units = self.lane, self.units
        if not self.layer.trainable:
            lane.call(lane.over_rows, scale_back, g, self._scale, units)
            return g
        lane.call(lane.over_rows, sum_products, g, self._normal, self.part("gamma"), self.part("beta"), units)
        if wanted:
            lane.meet(lane.over_rows)
            sums = [each for pair in zip(self.parts("gamma"), self.parts("beta"), strict=True) for each in pair]
            means = lane.vector(units), lane.vector(units)
            given = (address_of(lane.cursor), g, self._normal, self._roots, self.weights("gamma"), *means)
            lane.call(lane.over_rows, normalize_columns_back, *given, units, lane.threads, *sums)
        return g

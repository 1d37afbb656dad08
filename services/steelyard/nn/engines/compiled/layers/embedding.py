"""The embedding, compiled: rows of tables are read by number, and their gradients added up by number."""

from collections.abc import Iterator, Sequence
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np
from numba import types

from steelyard.nn.engines.compiled.kernels import DTYPE, SIZE
from steelyard.nn.engines.compiled.lane import Calls
from steelyard.nn.engines.compiled.layers.base import Block, Form, form_of
from steelyard.nn.engines.compiled.machine import address_of, rows_at, view
from steelyard.nn.layers import Embedding

CODE_BYTES = 8
TABLE_WORDS = 3  # of a column: which it is, its categories, its table


def embed(first: int, rows: int, given: Any) -> None:
    """`y = [other columns, table_c[x_c] for each column c]`; the numbers `x_c`, in range, are kept."""
    inputs, outputs, units, columns, others, runs = given[3], given[4], given[5], given[6], given[7], given[8]
    x, y = rows_at(given[0], first, rows, inputs, SIZE, DTYPE), rows_at(given[1], first, rows, outputs, SIZE, DTYPE)
    codes = rows_at(given[2], first, rows, columns, CODE_BYTES, types.int64)
    passed = view(given[9], 2 * runs, types.int64)
    tables = view(given[10], columns * TABLE_WORDS, types.int64)
    for row in range(rows):
        start = row * outputs
        for run in range(runs):
            source, count = row * inputs + passed[2 * run], passed[2 * run + 1]
            for place in range(count):
                y[start + place] = x[source + place]
            start += count
        for column in range(columns):
            number, last = x[row * inputs + tables[TABLE_WORDS * column]], tables[TABLE_WORDS * column + 1] - 1
            code = types.int64(0)
            if number > 0:  # what is not a number is not
                code = last if number >= last else types.int64(np.rint(number))
            codes[row * columns + column] = code
            vector = rows_at(tables[TABLE_WORDS * column + 2], code, 1, units, SIZE, DTYPE)
            start = row * outputs + others + column * units
            for unit in range(units):
                y[start + unit] = vector[unit]


def add_by_code(first: int, rows: int, given: Any) -> None:
    """The gradient of `count` of a table's vectors from number `start` on: the sum over rows with their number."""
    gradient, start, count, units, outputs, offset = given[0], given[1], given[2], given[3], given[4], given[5]
    columns, column = given[8], given[9]
    g = rows_at(given[6], first, rows, outputs, SIZE, DTYPE)
    codes = rows_at(given[7], first, rows, columns, CODE_BYTES, types.int64)
    sums = view(gradient, count * units, DTYPE)
    sums[:] = 0
    for row in range(rows):
        code = codes[row * columns + column] - start
        if 0 <= code < count:
            for unit in range(units):
                sums[code * units + unit] += g[row * outputs + offset + unit]


def spread_out(first: int, rows: int, given: Any) -> None:
    """The gradient by the inputs: that of the columns passed on, and zeros, since a number has none."""
    inputs, outputs, runs = given[2], given[3], given[4]
    g, by_x = rows_at(given[0], first, rows, outputs, SIZE, DTYPE), rows_at(given[1], first, rows, inputs, SIZE, DTYPE)
    passed = view(given[5], 2 * runs, types.int64)
    by_x[:] = 0
    for row in range(rows):
        source = row * outputs
        for run in range(runs):
            start, count = row * inputs + passed[2 * run], passed[2 * run + 1]
            for place in range(count):
                by_x[start + place] = g[source + place]
            source += count


def _runs_between(columns: Sequence[int], inputs: int) -> Iterator[tuple[int, int]]:
    """The other columns, in runs: the first of each, and how many."""
    ends = [-1, *sorted(columns), inputs]
    for before, after in pairwise(ends):
        if after - before > 1:
            yield before + 1, after - before - 1


@form_of(Embedding)
class EmbeddingForm(Form[Embedding]):
    """A table for each column of numbers."""

    def forward(self, x: int) -> int:
        lane, columns = self.lane, self.layer.columns
        self._others, runs = self.inputs - len(columns), list(_runs_between(columns, self.inputs))
        self._runs = len(runs), lane.keep(np.array([*runs, (0, 0)], np.int64))
        tables = [
            word
            for column, count in zip(columns, self.layer.categories, strict=True)
            for word in (column, count, self.weights(f"table_{column}"))
        ]
        y = self.buffer("y", self.units)
        self._codes = lane.buffer(f"{self.prefix}codes", len(columns), np.int64)
        sizes = self.inputs, self.units, self.layer.units, len(columns), self._others
        words = lane.keep(np.array([*tables, 0], np.int64))
        lane.call(lane.over_rows, embed, x, y, self._codes, *sizes, *self._runs, words)
        return y

    def backward(self, g: int, *, wanted: bool) -> int:
        self._g, lane = g, self.lane
        if lane.own_gradients is not None and self.layer.trainable:
            for place, count in enumerate(self.layer.categories):
                self._add_by_code(lane.over_rows, lane.own_gradients, place, 0, count)
        if not wanted:
            return g
        by_inputs = self.buffer("by_inputs", self.inputs)
        given = (g, by_inputs, self.inputs, self.units, *self._runs)
        lane.call(lane.over_rows, spread_out, *given)
        return by_inputs

    def blocks(self) -> Iterator[Block]:
        for place, spec in enumerate(self.place.tensors):
            if spec.trainable:
                yield from self.in_rows(spec.name, partial(self._take, place), self.rows_of_piece(*spec.shape))

    def _take(self, place: int, calls: Calls, first: int, count: int) -> None:
        self._add_by_code(calls, self.lane.gradients, place, first, count)

    def _add_by_code(self, calls: Calls, gradients: Any, place: int, first: int, count: int) -> None:
        units = self.layer.units
        gradient = gradients[f"{self.prefix}table_{self.layer.columns[place]}"]
        given = (address_of(gradient[first:]), first, count, units, self.units, self._others + place * units)
        self.lane.call(calls, add_by_code, *given, self._g, self._codes, len(self.layer.columns), place)

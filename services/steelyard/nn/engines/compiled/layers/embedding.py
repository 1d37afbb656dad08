"""The embedding, compiled: rows of tables are read by number, and their gradients added up by number."""

from collections.abc import Iterator, Sequence
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np
from numba import types

from steelyard.nn.engines.compiled import kernels
from steelyard.nn.engines.compiled.kernels import CODE_BYTES, DTYPE, SIZE
from steelyard.nn.engines.compiled.lane import Calls
from steelyard.nn.engines.compiled.layers.base import Block, Form, form_of
from steelyard.nn.engines.compiled.machine import address_of, copy_to, rows_at, view
from steelyard.nn.layers import Embedding

TABLE_WORDS = 3  # of a column: which it is, its categories, its table


def embed(first: int, rows: int, given: Any) -> None:
    """`y = [other columns, table_c[x_c] for each column c]`; the numbers `x_c`, in range, are kept."""
    inputs, outputs, units, columns, runs = given[3], given[4], given[5], given[6], given[7]
    x, y = rows_at(given[0], first, rows, inputs, SIZE, DTYPE), given[1] + first * outputs * SIZE
    codes = rows_at(given[2], first, rows, columns, CODE_BYTES, types.int32)
    passed = view(given[8], 2 * runs, types.int64)
    tables = view(given[9], columns * TABLE_WORDS, types.int64)
    for row in range(rows):
        at_x, at_y = given[0] + (first + row) * inputs * SIZE, y + row * outputs * SIZE
        for run in range(runs):
            count = passed[2 * run + 1]
            copy_to(at_y, at_x + passed[2 * run] * SIZE, count, DTYPE)
            at_y += count * SIZE
        for column in range(columns):
            number, last = x[row * inputs + tables[TABLE_WORDS * column]], tables[TABLE_WORDS * column + 1] - 1
            code = types.int64(0)
            if number > 0:  # what is not a number is not
                code = last if number >= last else types.int64(np.rint(number))
            codes[row * columns + column] = types.int32(code)
            copy_to(at_y, tables[TABLE_WORDS * column + 2] + code * units * SIZE, units, DTYPE)
            at_y += units * SIZE


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
        self._codes = lane.buffer(f"{self.prefix}codes", len(columns), np.int32)
        sizes = self.inputs, self.units, self.layer.units, len(columns)
        words = lane.keep(np.array([*tables, 0], np.int64))
        lane.call(lane.over_rows, embed, x, y, self._codes, *sizes, *self._runs, words)
        return y

    def backward(self, g: int, *, wanted: bool, first: int = 0) -> int:
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

    def first_needed(self, *, wanted: bool) -> int:
        return 0 if wanted else self._others

    def blocks(self) -> Iterator[Block]:
        for place, spec in enumerate(self.place.tensors):
            if spec.trainable:
                firsts = range(0, spec.shape[0], self.rows_of_piece(*spec.shape))
                yield from self.in_rows(spec.name, partial(self._take, place), firsts)

    def _take(self, place: int, calls: Calls, first: int, count: int) -> None:
        self._add_by_code(calls, self.lane.gradients, place, first, count)

    def _add_by_code(self, calls: Calls, gradients: Any, place: int, first: int, count: int) -> None:
        units = self.layer.units
        gradient = gradients[f"{self.prefix}table_{self.layer.columns[place]}"]
        given = (address_of(gradient[first:]), first, count, units, self.units, self._others + place * units)
        codes = self._codes, len(self.layer.columns), place, place + 1
        self.lane.call(calls, kernels.add_by_code, *given, self._g, *codes)

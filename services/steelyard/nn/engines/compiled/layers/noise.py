"""Dropout and Gaussian noise, compiled. Their random numbers are drawn by NumPy, for a chunk of batches at once."""

from typing import Any

from numba import types

from steelyard.nn.engines.compiled.kernels import CHUNK_ROW, CURSOR_WORDS, DTYPE, SIZE
from steelyard.nn.engines.compiled.layers.base import Form, form_of
from steelyard.nn.engines.compiled.machine import address_of, numbers_at, rows_at, view
from steelyard.nn.layers import Dropout, GaussianNoise


def drop(first: int, rows: int, given: Any) -> None:
    """`y = x · m`, `m` zero where what was drawn is below the rate, else one over what is left."""
    cursor, width = view(given[0], CURSOR_WORDS, types.int64), given[5]
    drawn = rows_at(given[1], cursor[CHUNK_ROW] + first, rows, width, SIZE, DTYPE)
    x = rows_at(given[2], first, rows, width, SIZE, DTYPE)
    mask = rows_at(given[3], first, rows, width, SIZE, DTYPE)
    y = rows_at(given[4], first, rows, width, SIZE, DTYPE)
    rate, scale = numbers_at(given[6], DTYPE, 2)
    for place in range(rows * width):
        mask[place] = scale if drawn[place] >= rate else DTYPE(0)
        y[place] = x[place] * mask[place]


def drop_back(first: int, rows: int, given: Any) -> None:
    """`g ← g · m`."""
    g = rows_at(given[0], first, rows, given[2], SIZE, DTYPE)
    mask = rows_at(given[1], first, rows, given[2], SIZE, DTYPE)
    for place in range(rows * given[2]):
        g[place] *= mask[place]


def add_noise(first: int, rows: int, given: Any) -> None:
    """`y = x + stddev · n`, `n` drawn before."""
    cursor, width, (stddev,) = view(given[0], CURSOR_WORDS, types.int64), given[4], numbers_at(given[5], DTYPE, 1)
    drawn = rows_at(given[1], cursor[CHUNK_ROW] + first, rows, width, SIZE, DTYPE)
    x = rows_at(given[2], first, rows, width, SIZE, DTYPE)
    y = rows_at(given[3], first, rows, width, SIZE, DTYPE)
    for place in range(rows * width):
        y[place] = x[place] + stddev * drawn[place]


@form_of(Dropout)
class DropoutForm(Form[Dropout]):
    """A new mask for every batch."""

    def forward(self, x: int) -> int:
        lane, rate = self.lane, self.layer.rate
        if rate == 0:
            return x
        self._mask, y = self.buffer("mask", self.inputs), self.buffer("y", self.inputs)
        drawn = lane.drawn(self.prefix, self.inputs, normal=False)
        given = (address_of(lane.cursor), drawn, x, self._mask, y, self.inputs, lane.numbers([rate, 1 / (1 - rate)]))
        lane.call(lane.over_rows, drop, *given)
        return y

    def backward(self, g: int, *, wanted: bool, first: int = 0) -> int:
        if self.layer.rate:
            self.lane.call(self.lane.over_rows, drop_back, g, self._mask, self.inputs)
        return g


@form_of(GaussianNoise)
class GaussianNoiseForm(Form[GaussianNoise]):
    """New noise for every batch."""

    def forward(self, x: int) -> int:
        lane = self.lane
        if self.layer.stddev == 0:
            return x
        y, drawn = self.buffer("y", self.inputs), lane.drawn(self.prefix, self.inputs, normal=True)
        given = (address_of(lane.cursor), drawn, x, y, self.inputs, lane.numbers([self.layer.stddev]))
        lane.call(lane.over_rows, add_noise, *given)
        return y

    def backward(self, g: int, *, wanted: bool, first: int = 0) -> int:
        return g

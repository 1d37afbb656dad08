"""The residual block, compiled: its layers in their own forms, and what goes past them."""

from collections.abc import Iterator
from typing import Any

from steelyard.nn.engines.compiled.kernels import DTYPE, SIZE
from steelyard.nn.engines.compiled.lane import Lane
from steelyard.nn.engines.compiled.layers.base import Block, Form, Passage, form_of
from steelyard.nn.engines.compiled.layers.dense import Product
from steelyard.nn.engines.compiled.machine import rows_at
from steelyard.nn.layers import Residual
from steelyard.nn.layers.base import Place
from steelyard.nn.layers.residual import PROJECTION

KERNEL = f"{PROJECTION}.kernel"


def add(first: int, rows: int, given: Any) -> None:
    """`out = a + b`."""
    units = given[3]
    a, b = rows_at(given[0], first, rows, units, SIZE, DTYPE), rows_at(given[1], first, rows, units, SIZE, DTYPE)
    out = rows_at(given[2], first, rows, units, SIZE, DTYPE)
    for place in range(rows * units):
        out[place] = a[place] + b[place]


def copy(first: int, rows: int, given: Any) -> None:
    """`out = a`."""
    units = given[2]
    a, out = rows_at(given[0], first, rows, units, SIZE, DTYPE), rows_at(given[1], first, rows, units, SIZE, DTYPE)
    for place in range(rows * units):
        out[place] = a[place]


@form_of(Residual)
class ResidualForm(Form[Residual]):
    """Its layers, and the inputs or their projection added to what they make."""

    def __init__(self, lane: Lane, place: Place, prefix: str) -> None:
        super().__init__(lane, place, prefix)
        inner = self.layer.inner(self.inputs)
        self._inner = Passage(lane, inner, [f"{prefix}{each.name}." for each in inner])
        [*projection] = [spec.trainable for spec in place.tensors if spec.name == KERNEL]
        self._product = Product(self, KERNEL, trainable=projection[0]) if projection else None

    def forward(self, x: int) -> int:
        made, past, y = self._inner.forward(x), x, self.buffer("y", self.units)
        if self._product is not None:
            past = self.buffer("past", self.units)
            self._product.forward(x, past)
        self.lane.call(self.lane.over_rows, add, made, past, y, self.units)
        return y

    def backward(self, g: int, *, wanted: bool, first: int = 0) -> int:
        lane, past = self.lane, g
        if wanted or self._product is not None:  # the layers overwrite what they are given
            past = self.buffer("g", self.units)
            lane.call(lane.over_rows, copy, g, past, self.units)
        through = self._inner.backward(g, wanted=wanted)
        if self._product is not None:
            past = self._product.backward(past, wanted=wanted)
        if wanted:
            lane.call(lane.over_rows, add, through, past, through, self.inputs)
        return through

    def blocks(self) -> Iterator[Block]:
        yield from self._inner.blocks()
        if self._product is not None and self.place.tensors[-1].trainable:
            yield from self._product.blocks()

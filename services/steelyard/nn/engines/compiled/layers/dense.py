"""The dense layer, compiled: three matrix products, a bias, and its activation."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, ClassVar

from numba import types

from steelyard.nn.engines.compiled import kernels
from steelyard.nn.engines.compiled.kernels import CODE_BYTES, DTYPE, SIZE
from steelyard.nn.engines.compiled.lane import Calls
from steelyard.nn.engines.compiled.layers.activation import Activated
from steelyard.nn.engines.compiled.layers.base import Block, Form, Places, form_of
from steelyard.nn.engines.compiled.machine import add_to, address_of, gemm, rows_at, view
from steelyard.nn.engines.compiled.products import (
    is_large,
    largest_tile,
    multiply,
    multiply_stretches,
    pays_to_copy,
    pays_to_take_stretches,
    pays_to_turn,
    rows_of_tile,
)
from steelyard.nn.layers import Dense

FEWEST_INPUTS = 64  # of a piece of a kernel: a product of fewer is slow
PIECES = 2  # for each thread, of a kernel whose products are made at once: more take longer, fewer are uneven


def weigh(first: int, rows: int, given: Any) -> None:
    """`z = x · K`, `(rows, units)`."""
    kernel, inputs, units = given[3], given[5], given[6]
    x, z = given[2] + first * inputs * SIZE, given[4] + first * units * SIZE
    multiply(given, (False, False), (units, rows, inputs, units, inputs, units), kernel, x, z, given[7], SIZE, DTYPE)


def weigh_kernel(first: int, rows: int, given: Any) -> None:
    """`∂L/∂K = xᵀ · g`, `(some inputs, units)`: of `some` inputs of all."""
    gradient, some, inputs, units = given[4], given[5], given[6], given[7]
    x, g = given[2] + first * inputs * SIZE, given[3] + first * units * SIZE
    multiply(given, (False, True), (units, some, rows, units, inputs, units), g, x, gradient, 0, SIZE, DTYPE)


def weigh_back(first: int, rows: int, given: Any) -> None:
    """`∂L/∂x = g · Kᵀ`, `(rows, inputs)`; at once, or in tiles of rows, which are slower where a kernel is turned.

    The gradient's rows begin `lead` values apart: it may be of some inputs alone.
    """
    kernel, inputs, units, lead = given[3], given[5], given[6], given[7]
    g, gradient = given[2] + first * units * SIZE, given[4] + first * lead * SIZE
    some = rows_of_tile(rows, inputs * units, given[1])
    for start in range(0, rows, some):
        sizes = inputs, min(some, rows - start), units, units, units, lead
        at_g, at_gradient = g + start * units * SIZE, gradient + start * lead * SIZE
        gemm(given[0], (True, False), sizes, kernel, at_g, at_gradient, False, DTYPE)


def weigh_back_by_copy(first: int, rows: int, given: Any) -> None:
    """The same with the kernel turned first, into memory of this thread's own: BLAS takes it faster that way."""
    inputs, units, lead, turned = given[5], given[6], given[7], given[8]
    kernel, copy = view(given[3], inputs * units, DTYPE), view(turned, inputs * units, DTYPE)
    for unit in range(units):
        for place in range(inputs):
            copy[unit * inputs + place] = kernel[place * units + unit]
    g, gradient = given[2] + first * units * SIZE, given[4] + first * lead * SIZE
    multiply(given, (False, False), (inputs, rows, units, inputs, units, lead), turned, g, gradient, 0, SIZE, DTYPE)


def weigh_back_in_stretches(first: int, rows: int, given: Any) -> None:
    """The same with `g` turned first, into memory of this thread's own: the kernel is taken as it lies in memory."""
    kernel, inputs, units, lead, turned = given[3], given[5], given[6], given[7], given[8]
    g, gradient = given[2] + first * units * SIZE, given[4] + first * lead * SIZE
    multiply_stretches(given, (rows, inputs, units, lead), kernel, g, gradient, turned, SIZE, DTYPE)


def add_bias(first: int, rows: int, given: Any) -> None:
    """`z ← z + b` for each row."""
    units = given[2]
    z, bias = rows_at(given[0], first, rows, units, SIZE, DTYPE), view(given[1], units, DTYPE)
    for row in range(rows):
        for unit in range(units):
            z[row * units + unit] += bias[unit]


def add_places(first: int, rows: int, given: Any) -> None:
    """`z ← z + Σ Kₚ` over the inputs `p` of each row that are one; from zero where there are no others."""
    units, columns, others = given[3], given[4], given[5]
    places = given[2] + first * columns * CODE_BYTES
    for row in range(rows):
        at_z = given[0] + (first + row) * units * SIZE
        if others == 0:
            view(at_z, units, DTYPE)[:] = 0
        for column in range(columns):
            place = types.int64(view(places + (row * columns + column) * CODE_BYTES, 1, types.int32)[0])
            add_to(at_z, given[1] + place * units * SIZE, units, DTYPE)


class Product:
    """`x · K` at work: the weighted sums, and both gradients. `tensor` is the kernel, `(inputs, units)`.

    Of inputs that are one-hot, only the numbers before them are multiplied.
    """

    def __init__(self, form: Form[Any], tensor: str, *, trainable: bool) -> None:
        self._form, self._tensor, self._trainable = form, tensor, trainable
        self._lane, self._units, self._one_hot = form.lane, form.units, form.one_hot
        self._inputs = form.inputs if form.one_hot is None else form.one_hot.numbers
        self._x = self._g = 0

    def forward(self, x: int, z: int) -> None:
        """Write the sums to `z`."""
        self._x, lane, weights = x, self._lane, self._form.weights(self._tensor)
        if self._inputs:
            # Products at once go through BLAS's own memory, which wanders between threads: 1.3 times slower.
            tile = self._tile if lane.threads == 1 else largest_tile()
            copies = pays_to_copy(self._inputs, self._units * lane.dtype.itemsize, rows=lane.rows)
            copy = lane.copied if copies else 0
            given = (lane.routine, tile, x, weights, z, self._inputs, self._units, copy)
            lane.call(lane.over_rows, weigh, *given)
        if self._one_hot is not None:
            places, columns = self._one_hot.places, self._one_hot.columns
            lane.call(lane.over_rows, add_places, z, weights, places, self._units, columns, self._inputs)

    def backward(self, g: int, *, wanted: bool, first: int = 0) -> int:
        """From `g`, which must stay as it is until the step is made, to the gradient by the inputs, from `first` on."""
        self._g, lane, inputs, units = g, self._lane, self._inputs, self._units
        if lane.own_gradients is not None and self._trainable:
            for start, stop, take in self._parts(lane.own_gradients):
                take(lane.over_rows, start, stop - start)
        if not wanted:
            return g
        by_inputs = self._form.buffer(f"{self._tensor}/by_inputs", inputs)
        weights = address_of(lane.weights[self._form.prefix + self._tensor][first:])
        given = (g, weights, by_inputs + first * lane.dtype.itemsize, inputs - first, units, inputs)
        if pays_to_turn((inputs - first) * units * lane.dtype.itemsize, rows=lane.rows):
            turned = lane.vector((inputs - first) * units)
            lane.call(lane.over_rows, weigh_back_by_copy, lane.routine, self._tile, *given, turned)
            return by_inputs
        if pays_to_take_stretches(units, rows=lane.most_rows):
            turned = lane.vector(lane.most_rows * units)
            lane.call(lane.over_rows, weigh_back_in_stretches, lane.routine, self._tile, *given, turned)
            return by_inputs
        tile = self._tile if lane.threads > 1 else 0  # in tiles, what is turned is slower on one thread
        lane.call(lane.over_rows, weigh_back, lane.routine, tile, *given)
        return by_inputs

    def blocks(self) -> Iterator[Block]:
        """The kernel in pieces: some inputs' weights after the other."""
        for first, stop, take in self._parts(self._lane.gradients):
            some = self._form.rows_of_piece(stop - first, self._units, fewest=FEWEST_INPUTS)
            if first == 0 and self._is_large:
                some = max(some, -(-self._inputs // (PIECES * self._lane.threads)))
            yield from self._form.in_rows(self._tensor, take, range(first, stop, some))

    @property
    def _is_large(self) -> bool:
        return is_large(self._lane.rows, self._inputs, self._units)

    @property
    def _tile(self) -> int:
        """How many multiplications a tile of the products may have; 0 where they are made at once."""
        return 0 if self._is_large else largest_tile()

    def _parts(self, gradients: Any) -> Iterator[tuple[int, int, Callable[[Calls, int, int], None]]]:
        """Where the inputs of each kind begin and end, and what adds the calls for the gradient of some of them."""
        gradient = gradients[self._form.prefix + self._tensor]
        if self._inputs:
            yield 0, self._inputs, partial(self._multiply, gradient)
        if self._one_hot is not None:
            yield self._inputs, self._form.inputs, partial(self._add_up, gradient, self._one_hot)

    def _multiply(self, gradient: Any, calls: Calls, first: int, count: int) -> None:
        """The gradient of the weights of `count` numbers from `first` on."""
        x = self._x + first * self._lane.dtype.itemsize
        given = (x, self._g, address_of(gradient[first:]), count, self._inputs, self._units)
        self._lane.call(calls, weigh_kernel, self._lane.routine, self._tile, *given)

    def _add_up(self, gradient: Any, one_hot: Places, calls: Calls, first: int, count: int) -> None:
        """That of `count` inputs that are one-hot."""
        given = (address_of(gradient[first:]), first, count, self._units, self._units, 0, self._g)
        codes = one_hot.places, one_hot.columns, 0, one_hot.columns
        self._lane.call(calls, kernels.add_by_code, *given, *codes)


@form_of(Dense)
class DenseForm(Form[Dense]):
    """The weighted sums, then the activation."""

    takes_one_hot: ClassVar = True

    def forward(self, x: int) -> int:
        layer, z = self.layer, self.buffer("z", self.units)
        self._product = Product(self, "kernel", trainable=layer.trainable)
        self._product.forward(x, z)
        if layer.use_bias:
            self.lane.call(self.lane.over_rows, add_bias, z, self.weights("bias"), self.units)
        self._activated = Activated(self, layer.activation, trainable=layer.trainable)
        return self._activated.forward(z)

    def backward(self, g: int, *, wanted: bool, first: int = 0) -> int:
        self._activated.backward(g)
        if self.layer.use_bias and self.layer.trainable:
            self.lane.call(self.lane.over_rows, kernels.sum_rows, g, self.part("bias"), self.units)
        return self._product.backward(g, wanted=wanted, first=first)

    def blocks(self) -> Iterator[Block]:
        for spec in self.place.tensors:
            if spec.trainable and spec.name == "kernel":
                yield from self._product.blocks()
            elif spec.trainable:
                yield self.summed(spec.name)

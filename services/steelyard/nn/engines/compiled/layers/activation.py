"""Compiled activations: as a separate layer, and as the last operation of a dense layer."""

from collections.abc import Callable
from typing import Any

from steelyard.nn.activations import Activation, Learned, Linear
from steelyard.nn.engines.compiled.kernels import COUNT, DTYPE, SIZE, slope, value
from steelyard.nn.engines.compiled.layers.base import Form, form_of
from steelyard.nn.engines.compiled.machine import load_each, numbers_at, rows_at, view, words_at
from steelyard.nn.layers import ActivationLayer


def activate(first: int, rows: int, given: Any) -> None:
    """`a = f(z)`."""
    units = given[3]
    z = rows_at(given[0], first, rows, units, SIZE, DTYPE)
    a = rows_at(given[1], first, rows, units, SIZE, DTYPE)
    parameters = numbers_at(given[2], DTYPE, COUNT)
    for place in range(rows * units):
        a[place] = value(z[place], *parameters)


def activate_back(first: int, rows: int, given: Any) -> None:
    """`g ← g · f'(z)`."""
    units = given[4]
    z = rows_at(given[0], first, rows, units, SIZE, DTYPE)
    a = rows_at(given[1], first, rows, units, SIZE, DTYPE)
    g = rows_at(given[2], first, rows, units, SIZE, DTYPE)
    parameters = numbers_at(given[3], DTYPE, COUNT)
    for place in range(rows * units):
        g[place] *= slope(z[place], a[place], *parameters)


def activate_learned(first: int, rows: int, given: Any) -> None:
    """`a = f(z)`, with the `COUNT` weights of each unit."""
    units, weights = given[2], words_at(given, 3, COUNT)
    z = rows_at(given[0], first, rows, units, SIZE, DTYPE)
    a = rows_at(given[1], first, rows, units, SIZE, DTYPE)
    for row in range(rows):
        for unit in range(units):
            a[row * units + unit] = value(z[row * units + unit], *load_each(weights, unit, DTYPE))


def learn(first: int, rows: int, given: Any) -> None:
    """`∂L/∂w = Σ g · ∂a/∂w` of these rows, for one of each unit's weights; `slope` is `∂a/∂w`."""
    units, weights = given[4], words_at(given, 5, COUNT)
    z = rows_at(given[0], first, rows, units, SIZE, DTYPE)
    a = rows_at(given[1], first, rows, units, SIZE, DTYPE)
    g = rows_at(given[2], first, rows, units, SIZE, DTYPE)
    sums = view(given[3], units, DTYPE)
    sums[:] = 0
    for row in range(rows):
        for unit in range(units):
            place = row * units + unit
            sums[unit] += g[place] * slope(z[place], a[place], *load_each(weights, unit, DTYPE))


def activate_learned_back(first: int, rows: int, given: Any) -> None:
    """`g ← g · f'(z)`, with the `COUNT` weights of each unit."""
    units, weights = given[3], words_at(given, 4, COUNT)
    z = rows_at(given[0], first, rows, units, SIZE, DTYPE)
    a = rows_at(given[1], first, rows, units, SIZE, DTYPE)
    g = rows_at(given[2], first, rows, units, SIZE, DTYPE)
    for row in range(rows):
        for unit in range(units):
            place = row * units + unit
            g[place] *= slope(z[place], a[place], *load_each(weights, unit, DTYPE))


class Activated:
    """An activation at work on the sums of a layer."""

    def __init__(self, form: Form[Any], activation: Activation, *, trainable: bool) -> None:
        self._form, self._activation, self._trainable = form, activation, trainable
        self._units = form.units
        self._z = self._a = 0

    def forward(self, z: int) -> int:
        """The outputs for sums `z`, which stay as they are."""
        form, activation = self._form, self._activation
        if type(activation) is Linear:
            return z
        self._z, self._a = z, form.buffer("a", self._units)
        if isinstance(activation, Learned):
            self._call_learned(activate_learned, z, self._a, self._units, value=activation.value)
        else:
            self._call_plain(activate, z, self._a)
        return self._a

    def backward(self, g: int) -> None:
        """Turn the gradient by the outputs into that by the sums, in place."""
        activation, given = self._activation, (self._z, self._a, g)
        if type(activation) is Linear:
            return
        if not isinstance(activation, Learned):
            self._call_plain(activate_back, *given)
            return
        for name, formula in activation.weight_slopes.items() if self._trainable else ():
            self._call_learned(learn, *given, self._form.part(name), self._units, slope=formula)
        self._call_learned(activate_learned_back, *given, self._units, slope=activation.slope)

    def _call_plain(self, template: Callable[..., None], *given: int) -> None:
        lane, curve = self._form.lane, self._activation.curve
        assert curve is not None
        formulas = {"value": curve.value, "slope": curve.slope, "COUNT": len(curve.parameters)}
        given = (*given, lane.numbers(curve.parameters), self._units)
        lane.call_part(lane.over_rows, template, self._activation, formulas, *given)

    def _call_learned(self, template: Callable[..., None], *given: int, **formula: Callable[..., Any]) -> None:
        lane, activation = self._form.lane, self._activation
        weights = [self._form.weights(name) for name in activation.weights()]
        lane.call_part(lane.over_rows, template, activation, {**formula, "COUNT": len(weights)}, *given, *weights)


@form_of(ActivationLayer)
class ActivationForm(Form[ActivationLayer]):
    """An activation of the inputs."""

    def forward(self, x: int) -> int:
        self._activated = Activated(self, self.layer.activation, trainable=True)
        return self._activated.forward(x)

    def backward(self, g: int, *, wanted: bool, first: int = 0) -> int:
        self._activated.backward(g)
        return g

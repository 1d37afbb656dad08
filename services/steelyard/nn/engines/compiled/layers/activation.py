"""Activations, compiled: as a layer of their own, and behind a dense layer's sums."""

from typing import Any

from steelyard.nn.activations import Activation, Linear
from steelyard.nn.engines.compiled.kernels import COUNT, DTYPE, SIZE, slope, value
from steelyard.nn.engines.compiled.layers.base import Form, form_of
from steelyard.nn.engines.compiled.machine import numbers_at, rows_at
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


class Activated:
    """An activation at work on the sums of a layer."""

    def __init__(self, form: Form[Any], activation: Activation, *, trainable: bool) -> None:
        self._form, self._activation = form, activation
        self._z = self._a = 0

    def forward(self, z: int) -> int:
        """The outputs for sums `z`, which stay as they are."""
        if type(self._activation) is Linear:
            return z
        form, curve = self._form, self._activation.curve
        assert curve is not None
        self._z, self._a = z, form.buffer("a", form.units)
        given = (z, self._a, form.lane.numbers(curve.parameters), form.units)
        form.lane.call_part(form.lane.over_rows, activate, self._activation, curve, *given)
        return self._a

    def backward(self, g: int) -> None:
        """Turn the gradient by the outputs into that by the sums, in place."""
        if type(self._activation) is Linear:
            return
        form, curve = self._form, self._activation.curve
        assert curve is not None
        given = (self._z, self._a, g, form.lane.numbers(curve.parameters), form.units)
        form.lane.call_part(form.lane.over_rows, activate_back, self._activation, curve, *given)


@form_of(ActivationLayer)
class ActivationForm(Form[ActivationLayer]):
    """An activation of the inputs."""

    def forward(self, x: int) -> int:
        self._activated = Activated(self, self.layer.activation, trainable=True)
        return self._activated.forward(x)

    def backward(self, g: int, *, wanted: bool) -> int:
        self._activated.backward(g)
        return g

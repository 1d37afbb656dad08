"""The residual block: layers whose inputs are added to their outputs."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from steelyard.errors import InvalidParameter
from steelyard.nn.batch_invariant import Product
from steelyard.nn.initializers import GlorotUniform
from steelyard.nn.layers.base import (
    LAYERS,
    Array,
    Axis,
    Layer,
    Place,
    Stage,
    Surroundings,
    TensorSpec,
    count_of,
    squared_norms,
)
from steelyard.nn.layers.dense import Dense
from steelyard.nn.layers.stack import Stack, places

PROJECTION = "projection"


@LAYERS.add
@dataclass(frozen=True)
class Residual(Layer):
    """Adds its input to the output of its layers (a skip connection).

    If the widths differ, the input goes through a linear projection without bias. Tensors are named by layer,
    `dense_1.kernel`. Blocks cannot be nested.
    """

    name: ClassVar = "residual"
    compiled: ClassVar = True
    formula: ClassVar = "y = f(x) + x, or f(x) + x · projection"
    latex: ClassVar = r"y = f(x) + x \quad \text{or} \quad y = f(x) + x P"
    gradient: ClassVar = "∂L/∂x = ∂L/∂y · ∂f/∂x + ∂L/∂y, or … + ∂L/∂y · projectionᵀ; ∂L/∂projection = xᵀ · ∂L/∂y"
    gradient_latex: ClassVar = (
        r"\frac{\partial L}{\partial x} = \frac{\partial L}{\partial y} \frac{\partial f}{\partial x} + "
        r"\frac{\partial L}{\partial y} \quad \text{or} \quad \ldots + \frac{\partial L}{\partial y} P^\top, \quad "
        r"\frac{\partial L}{\partial P} = x^\top \frac{\partial L}{\partial y}"
    )
    source: ClassVar = "He et al. 2016, Identity mappings in deep residual networks, arXiv:1603.05027"

    layers: tuple[Layer, ...]

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.layers or any(isinstance(layer, Residual) for layer in self.layers):
            raise InvalidParameter("layers", "must have at least one layer and no nested residual block")

    def outputs(self, inputs: int) -> int:
        return places(self.layers, inputs)[-1].outputs

    def tensors(self, inputs: int) -> list[TensorSpec]:
        inner = [
            replace(tensor, name=f"{place.name}.{tensor.name}")
            for place in places(self.layers, inputs)
            for tensor in place.tensors
        ]
        units = self.outputs(inputs)
        if units == inputs:
            return inner
        trainable = any(tensor.trainable for tensor in inner)
        return [*inner, TensorSpec(f"{PROJECTION}.kernel", (inputs, units), GlorotUniform(), trainable=trainable)]

    def axes(self, inputs: Axis, outputs: Axis | None = None) -> tuple[dict[str, tuple[Axis, ...]], Axis]:
        count, inner = count_of(inputs), places(self.layers, count_of(inputs))
        last = max((index for index, place in enumerate(inner) if isinstance(place.layer, Dense)), default=None)
        projects = self.outputs(count) != count
        found: dict[str, tuple[Axis, ...]] = {}
        axis = inputs
        for index, place in enumerate(inner):
            # Without a projection the outputs are added to the inputs, one by one.
            named, axis = place.layer.axes(axis, inputs if index == last and not projects else None)
            found |= {f"{place.name}.{name}": axes for name, axes in named.items()}
        if projects:
            return found | {f"{PROJECTION}.kernel": (inputs, self.outputs(count))}, self.outputs(count)
        if axis != inputs:
            return {spec.name: spec.shape for spec in self.tensors(count)}, count
        return found, inputs

    def stages(self, around: Surroundings) -> list[Stage]:
        return [ResidualStage(self, around)]

    def buffer_widths(self, inputs: int) -> int:
        inner = sum(place.layer.buffer_widths(place.inputs) for place in places(self.layers, inputs))
        return inner + 2 * self.outputs(inputs) + 2 * inputs

    def without_noise(self) -> Layer:
        return replace(self, layers=tuple(layer.without_noise() for layer in self.layers))

    def inner(self, inputs: int) -> list[Place]:
        return places(self.layers, inputs)

    def drawn(self, inputs: int) -> int:
        return sum(place.layer.drawn(place.inputs) for place in self.inner(inputs))

    def first_that_varies(self) -> str | None:
        return next(filter(None, (layer.first_that_varies() for layer in self.layers)), None)


class ResidualStage(Stage):
    """A residual block at work: `∂L/∂x = ∂L/∂f · ∂f/∂x + g`, or `… + g · projectionᵀ`."""

    def __init__(self, layer: Residual, around: Surroundings) -> None:
        found = places(layer.layers, around.inputs)
        weights, gradients = _by_place(found, around.weights), _by_place(found, around.gradients)
        self._inner = Stack(found, around, weights, gradients)
        units = found[-1].outputs
        self._projection = around.weights.get(f"{PROJECTION}.kernel")
        self._projection_gradient = around.gradients.get(f"{PROJECTION}.kernel")
        self._needs_input_gradient = around.needs_input_gradient
        self._x = self._y = around.buffer(units)
        self._product: Product | None = None
        if self._projection is not None and around.streams is None:
            self._product = Product(self._projection, self._y)
        self._grad = around.buffer(units)
        self._x_gradient, self._way_past = around.buffer(around.inputs), around.buffer(around.inputs)

    @property
    def inner(self) -> Stack:
        return self._inner

    def forward(self, x: Array) -> Array:
        return self._add(x, self._inner.forward(x))

    def calibrate(self, x: Array) -> Array:
        return self._add(x, self._inner.calibrate(x))

    def _add(self, x: Array, made: Array) -> Array:
        self._x = x
        if self._projection is None:
            return np.add(made, x, out=self._y)
        if self._product is None:
            np.matmul(x, self._projection, out=self._y)
        else:
            self._product(x)
        self._y += made
        return self._y

    def row_norms(self, grad: Array) -> dict[str, Array]:
        if self._projection is None or self._projection_gradient is None:
            return {}
        return {f"{PROJECTION}.kernel": squared_norms(self._x) * squared_norms(grad)}

    def backward(self, grad: Array) -> Array:
        np.copyto(self._grad, grad)  # the layers overwrite what they are given
        if self._projection is not None and self._projection_gradient is not None:
            np.matmul(self._x.T, self._grad, out=self._projection_gradient)
        through = self._inner.backward(grad)
        if not self._needs_input_gradient:
            return grad
        if self._projection is None:
            return np.add(through, self._grad, out=self._x_gradient)
        np.matmul(self._grad, self._projection.T, out=self._way_past)
        return np.add(through, self._way_past, out=self._x_gradient)


def _by_place(found: list[Place], tensors: Mapping[str, Array]) -> dict[str, dict[str, Array]]:
    return {place.name: {spec.name: tensors[f"{place.name}.{spec.name}"] for spec in place.tensors} for place in found}

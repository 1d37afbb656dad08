"""The densely connected layer."""

from dataclasses import dataclass, field
from typing import Annotated, ClassVar

import numpy as np
from annotated_types import Ge, Le

from steelyard.nn.activations import Activation, Linear
from steelyard.nn.batch_invariant import Product
from steelyard.nn.constraints import Constraint
from steelyard.nn.initializers import GlorotUniform, Initializer, Zeros
from steelyard.nn.layers.activation import ActivationStage
from steelyard.nn.layers.base import (
    LAYERS,
    Array,
    Axis,
    Layer,
    Stage,
    Surroundings,
    TensorSpec,
    activation_tensors,
    count_of,
    squared_norms,
)
from steelyard.nn.regularizers import Regularizer

CALIBRATIONS = 10  # the paper's bound; one is enough where the bias is zero
CALIBRATED_TO = 1e-6


@LAYERS.add
@dataclass(frozen=True)
class Dense(Layer):
    """A fully connected layer. The kernel is `(inputs, units)`, the bias `(units,)`."""

    name: ClassVar = "dense"
    compiled: ClassVar = True
    formula: ClassVar = "y = f(x · kernel + bias)"
    latex: ClassVar = r"z = x W + b, \quad y = f(z)"
    gradient: ClassVar = (
        "∂L/∂z = ∂L/∂y · f′(z); ∂L/∂kernel = xᵀ · ∂L/∂z; ∂L/∂bias = Σ over rows of ∂L/∂z; ∂L/∂x = ∂L/∂z · kernelᵀ"
    )
    gradient_latex: ClassVar = (
        r"\frac{\partial L}{\partial z} = \frac{\partial L}{\partial y} \odot f'(z), \quad \frac{\partial "
        r"L}{\partial W} = x^\top \frac{\partial L}{\partial z}, \quad \frac{\partial L}{\partial b} = \sum_r "
        r"\frac{\partial L}{\partial z_r}, \quad \frac{\partial L}{\partial x} = \frac{\partial L}{\partial z} "
        r"W^\top"
    )
    source: ClassVar = "Keras 3, keras.layers.Dense"

    units: Annotated[int, Ge(1), Le(65_536)]
    activation: Activation = field(default=Linear())
    initializer: Initializer = field(default=GlorotUniform())
    bias_initializer: Initializer = field(default=Zeros())
    use_bias: bool = True
    regularizer: Regularizer | None = None
    constraint: Constraint | None = None
    trainable: bool = True

    def outputs(self, inputs: int) -> int:
        return self.units

    def tensors(self, inputs: int) -> list[TensorSpec]:
        shape = (inputs, self.units)
        kernel = TensorSpec("kernel", shape, self.initializer, self.regularizer, self.constraint, self.trainable)
        begun = self.bias_initializer.for_bias(inputs, self.units)
        bias = TensorSpec("bias", (self.units,), begun, trainable=self.trainable)
        learned = activation_tensors(self.activation, self.units, trainable=self.trainable)
        return [kernel, bias, *learned] if self.use_bias else [kernel, *learned]

    def axes(self, inputs: Axis, outputs: Axis | None = None) -> tuple[dict[str, tuple[Axis, ...]], Axis]:
        units = self.units if outputs is None else outputs
        specs = self.tensors(count_of(inputs))
        return {spec.name: (inputs, units) if spec.name == "kernel" else (units,) for spec in specs}, units

    def stages(self, around: Surroundings) -> list[Stage]:
        weighing: Stage = DenseStage(self, around)
        if isinstance(self.activation, Linear):
            return [weighing]
        return [weighing, ActivationStage(self.activation, around, self.units)]

    def buffer_widths(self, inputs: int) -> int:
        return 3 * self.units + inputs


class DenseStage(Stage):
    """The weighted sums at work.

    With `z = x · K + b` and the loss's gradient `g = ∂L/∂z`: `∂L/∂K = xᵀ · g`, `∂L/∂b = Σ rows of g`, `∂L/∂x = g · Kᵀ`.
    """

    def __init__(self, layer: Dense, around: Surroundings) -> None:
        self._kernel = around.weights["kernel"]
        self._kernel_transposed = self._kernel.T
        self._bias = around.weights.get("bias")
        self._z = around.buffer(layer.units)
        self._x = self._z
        self._unit_variance = layer.initializer.unit_variance
        self._trains = around.streams is not None and layer.trainable
        self._product = Product(self._kernel, self._z) if around.streams is None else None
        if self._trains:
            self._kernel_gradient = around.gradients["kernel"]
            self._bias_gradient = around.gradients.get("bias")
        # A product with ones sums the rows about three times as fast as np.sum over the first axis.
        self._ones = np.ones(around.rows, around.dtype)
        self._x_gradient = None
        if around.needs_input_gradient:
            self._x_gradient = around.buffer(around.inputs)

    def forward(self, x: Array) -> Array:
        self._x = x
        if self._product is None:
            np.matmul(x, self._kernel, out=self._z)
        else:
            self._product(x)
        if self._bias is not None:
            np.add(self._z, self._bias, out=self._z)
        return self._z

    def backward(self, grad: Array) -> Array:
        if self._trains:
            np.matmul(self._x.T, grad, out=self._kernel_gradient)
            if self._bias_gradient is not None:
                np.matmul(self._ones, grad, out=self._bias_gradient)
        if self._x_gradient is None:
            return grad  # nothing before this layer learns
        np.matmul(grad, self._kernel_transposed, out=self._x_gradient)
        return self._x_gradient

    def row_norms(self, grad: Array) -> dict[str, Array]:
        if not self._trains:
            return {}
        norms = squared_norms(grad)
        found = {"kernel": squared_norms(self._x) * norms}
        return found if self._bias is None else found | {"bias": norms}

    def calibrate(self, x: Array) -> Array:
        for _ in range(CALIBRATIONS if self._unit_variance else 0):
            spread = float(self.forward(x).std(dtype=np.float64))
            if not spread > 0 or abs(spread - 1) < CALIBRATED_TO:
                break
            self._kernel /= spread
        return self.forward(x)

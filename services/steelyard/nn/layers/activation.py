"""An activation: as a layer of its own, and as the second stage of a dense layer."""

from dataclasses import dataclass, field
from typing import ClassVar

from steelyard.nn.activations import Activation, Relu
from steelyard.nn.activations.base import LearnedKernels
from steelyard.nn.layers.base import (
    LAYERS,
    Array,
    Layer,
    Stage,
    Surroundings,
    TensorSpec,
    activation_tensors,
    squared_norms,
)


@LAYERS.add
@dataclass(frozen=True)
class ActivationLayer(Layer):
    """Applies an activation to its inputs."""

    name: ClassVar = "activation"
    compiled: ClassVar = True
    formula: ClassVar = "y = f(x)"
    latex: ClassVar = r"y = f(x)"
    gradient: ClassVar = "∂L/∂x = ∂L/∂y · f′(x)"
    gradient_latex: ClassVar = r"\frac{\partial L}{\partial x} = \frac{\partial L}{\partial y} \odot f'(x)"
    source: ClassVar = "Keras 3, keras.layers.Activation"

    activation: Activation = field(default=Relu())

    def tensors(self, inputs: int) -> list[TensorSpec]:
        return activation_tensors(self.activation, inputs, trainable=True)

    def stages(self, around: Surroundings) -> list[Stage]:
        return [ActivationStage(self.activation, around, around.inputs)]

    def buffer_widths(self, inputs: int) -> int:
        return 2 * inputs


class ActivationStage(Stage):
    """An activation at work. Its input must stay as it is until `backward`."""

    def __init__(self, activation: Activation, around: Surroundings, units: int) -> None:
        kernels = activation.learning(around.weights, around.gradients)
        self._learned = kernels if isinstance(kernels, LearnedKernels) and around.gradients else None
        self._forward = kernels.forward
        self._backward = kernels.backward
        self._a = around.buffer(units)
        self._scratch = around.buffer(units)
        self._z = self._a

    def forward(self, x: Array) -> Array:
        self._z = x
        self._forward(x, self._a, self._scratch)
        return self._a

    def row_norms(self, grad: Array) -> dict[str, Array]:
        if self._learned is None:
            return {}
        return {name: squared_norms(grad * slope) for name, slope in self._learned.slopes(self._z, self._a).items()}

    def backward(self, grad: Array) -> Array:
        self._backward(self._z, self._a, grad, self._scratch)
        return grad

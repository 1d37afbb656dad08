"""Activations made of straight pieces."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np
from annotated_types import Ge, Le

from steelyard.nn.activations.base import ACTIVATIONS, Activation, Array, Kernels, Pointwise
from steelyard.nn.elementwise import maximum, minimum, where


@ACTIVATIONS.add
@dataclass(frozen=True)
class Linear(Pointwise):
    """The identity function."""

    name: ClassVar = "linear"
    formula: ClassVar = "f(z) = z"
    source: ClassVar = "Keras 3, keras.activations.linear"

    @staticmethod
    def value(z: Any) -> Any:
        return z

    @staticmethod
    def slope(z: Any, a: Any) -> Any:
        return 1.0


@ACTIVATIONS.add
@dataclass(frozen=True)
class Relu(Pointwise):
    """The rectified linear unit."""

    name: ClassVar = "relu"
    formula: ClassVar = "f(z) = max(0, z)"
    source: ClassVar = "Nair and Hinton 2010, Rectified linear units improve restricted Boltzmann machines"

    @staticmethod
    def value(z: Any) -> Any:
        return maximum(z, 0.0)

    @staticmethod
    def slope(z: Any, a: Any) -> Any:
        return where(z > 0.0, 1.0, 0.0)


@ACTIVATIONS.add
@dataclass(frozen=True)
class Relu6(Pointwise):
    """A rectified linear unit with a maximum of six."""

    name: ClassVar = "relu6"
    formula: ClassVar = "f(z) = min(max(0, z), 6)"
    source: ClassVar = "Krizhevsky 2010, Convolutional deep belief networks on CIFAR-10; Keras 3, relu6"

    @staticmethod
    def value(z: Any) -> Any:
        return minimum(maximum(z, 0.0), 6.0)

    @staticmethod
    def slope(z: Any, a: Any) -> Any:
        return where((z > 0.0) & (z < 6.0), 1.0, 0.0)


@ACTIVATIONS.add
@dataclass(frozen=True)
class LeakyRelu(Pointwise):
    """A rectified linear unit with a small slope below zero. PyTorch's default slope is 0.01, Keras's 0.2."""

    name: ClassVar = "leaky_relu"
    formula: ClassVar = "f(z) = z if z > 0 else negative_slope · z"
    source: ClassVar = "Maas, Hannun and Ng 2013; PyTorch, torch.nn.LeakyReLU"

    negative_slope: Annotated[float, Ge(0), Le(1)] = 0.01

    @staticmethod
    def value(z: Any, negative_slope: Any) -> Any:
        return maximum(z, negative_slope * z)  # right for slopes up to one

    @staticmethod
    def slope(z: Any, a: Any, negative_slope: Any) -> Any:
        return where(z > 0.0, 1.0, negative_slope)


@ACTIVATIONS.add
@dataclass(frozen=True)
class PRelu(Activation):
    """A leaky rectified linear unit with a learned slope per unit; `alpha` is the initial slope.

    Like PyTorch's with one parameter per unit. In Keras it is a layer, and its slopes start at zero.
    """

    name: ClassVar = "prelu"
    formula: ClassVar = "f(z) = z if z > 0 else α · z, α learned"
    source: ClassVar = "He et al. 2015, arXiv:1502.01852; PyTorch, torch.nn.PReLU"

    alpha: Annotated[float, Ge(0), Le(1)] = 0.25

    def forward(self, z: Array, out: Array, scratch: Array) -> None:
        LeakyRelu(self.alpha).forward(z, out, scratch)

    def backward(self, z: Array, a: Array, grad: Array, scratch: Array) -> None:
        LeakyRelu(self.alpha).backward(z, a, grad, scratch)

    def weights(self) -> dict[str, float]:
        return {"alpha": self.alpha}

    def learning(self, weights: Mapping[str, Array], gradients: Mapping[str, Array]) -> Kernels:
        return LearnedSlope(weights["alpha"], gradients["alpha"])


class LearnedSlope:
    """A rectifier with slopes `(units,)` below zero, and their gradient."""

    def __init__(self, slope: Array, gradient: Array) -> None:
        self._slope, self._gradient = slope, gradient

    def forward(self, z: Array, out: Array, scratch: Array) -> None:
        """Write `max(z, 0) + slope · min(z, 0)` to `out`."""
        np.minimum(z, 0, out=scratch)
        scratch *= self._slope
        np.maximum(z, 0, out=out)
        out += scratch

    def backward(self, z: Array, a: Array, grad: Array, scratch: Array) -> None:
        """`∂L/∂slope = Σ rows of g · min(z, 0)`; `g` is multiplied with the slope where `z` is not positive."""
        np.minimum(z, 0, out=scratch)
        scratch *= grad
        np.add.reduce(scratch, axis=0, out=self._gradient)
        np.greater(z, 0, out=scratch)
        np.subtract(1, scratch, out=a)
        a *= self._slope
        a += scratch
        grad *= a


@ACTIVATIONS.add
@dataclass(frozen=True)
class HardSigmoid(Pointwise):
    """A piecewise linear approximation of the sigmoid. Older versions of Keras use a slope of 0.2."""

    name: ClassVar = "hard_sigmoid"
    formula: ClassVar = "f(z) = min(max(0, z / 6 + 1 / 2), 1)"
    source: ClassVar = "Courbariaux, Bengio and David 2015; PyTorch, torch.nn.Hardsigmoid"

    @staticmethod
    def value(z: Any) -> Any:
        return minimum(maximum(z + 3.0, 0.0), 6.0) / 6.0

    @staticmethod
    def slope(z: Any, a: Any) -> Any:
        return where((z > -3.0) & (z < 3.0), 1.0 / 6.0, 0.0)


@ACTIVATIONS.add
@dataclass(frozen=True)
class HardTanh(Pointwise):
    """A piecewise linear approximation of tanh."""

    name: ClassVar = "hard_tanh"
    formula: ClassVar = "f(z) = min(max(−1, z), 1)"
    source: ClassVar = "Collobert 2004; PyTorch, torch.nn.Hardtanh"

    @staticmethod
    def value(z: Any) -> Any:
        return minimum(maximum(z, -1.0), 1.0)

    @staticmethod
    def slope(z: Any, a: Any) -> Any:
        return where((z > -1.0) & (z < 1.0), 1.0, 0.0)

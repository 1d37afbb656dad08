"""Activations that are straight in pieces: the rectifiers, and sigmoid and tanh with corners."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
from annotated_types import Ge, Le

from steelyard.trainer.activations.base import ACTIVATIONS, Activation, Array, Kernels


@ACTIVATIONS.add
@dataclass(frozen=True)
class Linear(Activation):
    """Passes its input on."""

    name: ClassVar = "linear"
    formula: ClassVar = "f(z) = z"
    source: ClassVar = "Keras 3, keras.activations.linear"

    def forward(self, z: Array, out: Array, scratch: Array) -> None:
        np.copyto(out, z)

    def backward(self, z: Array, a: Array, grad: Array, scratch: Array) -> None:
        pass  # the derivative is one


@ACTIVATIONS.add
@dataclass(frozen=True)
class Relu(Activation):
    """The rectified linear unit."""

    name: ClassVar = "relu"
    formula: ClassVar = "f(z) = max(0, z)"
    source: ClassVar = "Nair and Hinton 2010, Rectified linear units improve restricted Boltzmann machines"

    def forward(self, z: Array, out: Array, scratch: Array) -> None:
        np.maximum(z, 0, out=out)

    def backward(self, z: Array, a: Array, grad: Array, scratch: Array) -> None:
        np.greater(z, 0, out=scratch)
        grad *= scratch


@ACTIVATIONS.add
@dataclass(frozen=True)
class Relu6(Activation):
    """A rectifier that ends at six."""

    name: ClassVar = "relu6"
    formula: ClassVar = "f(z) = min(max(0, z), 6)"
    source: ClassVar = "Krizhevsky 2010, Convolutional deep belief networks on CIFAR-10; Keras 3, relu6"

    def forward(self, z: Array, out: Array, scratch: Array) -> None:
        np.clip(z, 0, 6, out=out)

    def backward(self, z: Array, a: Array, grad: Array, scratch: Array) -> None:
        _stop_outside(z, 0, 6, grad, scratch)


@ACTIVATIONS.add
@dataclass(frozen=True)
class LeakyRelu(Activation):
    """A rectifier that lets a little through below zero. PyTorch's slope is 0.01, Keras's 0.2."""

    name: ClassVar = "leaky_relu"
    formula: ClassVar = "f(z) = z if z > 0 else negative_slope · z"
    source: ClassVar = "Maas, Hannun and Ng 2013; PyTorch, torch.nn.LeakyReLU"

    negative_slope: Annotated[float, Ge(0), Le(1)] = 0.01

    def forward(self, z: Array, out: Array, scratch: Array) -> None:
        np.multiply(z, self.negative_slope, out=out)
        np.maximum(out, z, out=out)  # right for slopes up to one

    def backward(self, z: Array, a: Array, grad: Array, scratch: Array) -> None:
        np.greater(z, 0, out=scratch)
        scratch *= 1 - self.negative_slope
        scratch += self.negative_slope
        grad *= scratch


@ACTIVATIONS.add
@dataclass(frozen=True)
class PRelu(Activation):
    """A leaky rectifier whose slope below zero is learned, one a unit; `alpha` is what the slopes begin with.

    As PyTorch's with one parameter a unit. Keras's is a layer of its own, and its slopes begin at zero.
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
class HardSigmoid(Activation):
    """A sigmoid of three straight lines. Keras's and PyTorch's since 2020; older Kerases have a slope of 0.2."""

    name: ClassVar = "hard_sigmoid"
    formula: ClassVar = "f(z) = min(max(0, z / 6 + 1 / 2), 1)"
    source: ClassVar = "Courbariaux, Bengio and David 2015; PyTorch, torch.nn.Hardsigmoid"

    def forward(self, z: Array, out: Array, scratch: Array) -> None:
        np.add(z, 3, out=out)
        np.clip(out, 0, 6, out=out)
        out /= 6

    def backward(self, z: Array, a: Array, grad: Array, scratch: Array) -> None:
        _stop_outside(z, -3, 3, grad, scratch)
        grad /= 6


@ACTIVATIONS.add
@dataclass(frozen=True)
class HardTanh(Activation):
    """A hyperbolic tangent of three straight lines."""

    name: ClassVar = "hard_tanh"
    formula: ClassVar = "f(z) = min(max(−1, z), 1)"
    source: ClassVar = "Collobert 2004; PyTorch, torch.nn.Hardtanh"

    def forward(self, z: Array, out: Array, scratch: Array) -> None:
        np.clip(z, -1, 1, out=out)

    def backward(self, z: Array, a: Array, grad: Array, scratch: Array) -> None:
        _stop_outside(z, -1, 1, grad, scratch)


def _stop_outside(z: Array, low: float, high: float, grad: Array, scratch: Array) -> None:
    np.greater(z, low, out=scratch)
    grad *= scratch
    np.less(z, high, out=scratch)
    grad *= scratch

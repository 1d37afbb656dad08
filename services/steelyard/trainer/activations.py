"""Activations: what a layer makes of its weighted sums `z`, element by element (softmax: row by row).

Kernels write to buffers that they are handed and allocate nothing that grows with the batch. `backward` turns the
loss's gradient by the activation `a` into that by `z`, in place.
"""

from abc import abstractmethod
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np
from annotated_types import Ge, Gt, Le
from numpy.typing import NDArray
from scipy.special import erf

from steelyard.trainer.parts import Part, Registry

Array = NDArray[Any]

SELU_ALPHA = 1.6732632423543772
SELU_SCALE = 1.0507009873554805


@dataclass(frozen=True)
class Activation(Part):
    """A function of a layer's weighted sums. All arrays are `(batch, units)` and of the network's dtype."""

    @abstractmethod
    def forward(self, z: Array, out: Array) -> None:
        """Write `a = f(z)` to `out`."""

    @abstractmethod
    def backward(self, z: Array, a: Array, grad: Array, scratch: Array) -> None:
        """Multiply `grad`, the gradient by `a`, with `f'(z)` in place. `scratch` may be overwritten."""


ACTIVATIONS = Registry[Activation]("activation")


@ACTIVATIONS.add
@dataclass(frozen=True)
class Linear(Activation):
    """Passes its input on."""

    name: ClassVar = "linear"
    formula: ClassVar = "f(z) = z"
    source: ClassVar = "Keras 3, keras.activations.linear"

    def forward(self, z: Array, out: Array) -> None:
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

    def forward(self, z: Array, out: Array) -> None:
        np.maximum(z, 0, out=out)

    def backward(self, z: Array, a: Array, grad: Array, scratch: Array) -> None:
        np.greater(z, 0, out=scratch)
        grad *= scratch


@ACTIVATIONS.add
@dataclass(frozen=True)
class LeakyRelu(Activation):
    """A rectifier that lets a part of negative values through. Keras's default slope is 0.3, PyTorch's 0.01."""

    name: ClassVar = "leaky_relu"
    formula: ClassVar = "f(z) = z if z > 0 else negative_slope · z"
    source: ClassVar = "Maas, Hannun and Ng 2013, Rectifier nonlinearities improve neural network acoustic models"

    negative_slope: Annotated[float, Ge(0), Le(1)] = 0.01

    def forward(self, z: Array, out: Array) -> None:
        np.multiply(z, self.negative_slope, out=out)
        np.maximum(out, z, out=out)  # right for slopes up to one

    def backward(self, z: Array, a: Array, grad: Array, scratch: Array) -> None:
        np.greater(z, 0, out=scratch)
        scratch *= 1 - self.negative_slope
        scratch += self.negative_slope
        grad *= scratch


@ACTIVATIONS.add
@dataclass(frozen=True)
class Elu(Activation):
    """The exponential linear unit."""

    name: ClassVar = "elu"
    formula: ClassVar = "f(z) = z if z > 0 else alpha · (exp(z) − 1)"
    source: ClassVar = "Clevert, Unterthiner and Hochreiter 2016, arXiv:1511.07289"

    alpha: Annotated[float, Gt(0)] = 1.0

    def forward(self, z: Array, out: Array) -> None:
        np.minimum(z, 0, out=out)
        np.expm1(out, out=out)
        out *= self.alpha
        np.copyto(out, z, where=z > 0)

    def backward(self, z: Array, a: Array, grad: Array, scratch: Array) -> None:
        np.add(a, self.alpha, out=scratch)  # alpha · exp(z) where z is negative
        np.copyto(scratch, 1, where=z > 0)
        grad *= scratch


@ACTIVATIONS.add
@dataclass(frozen=True)
class Selu(Activation):
    """The scaled exponential linear unit, under which activations keep mean 0 and variance 1 (with lecun_normal)."""

    name: ClassVar = "selu"
    formula: ClassVar = "f(z) = λ · (z if z > 0 else α · (exp(z) − 1)), λ = 1.0507…, α = 1.6733…"
    source: ClassVar = "Klambauer et al. 2017, Self-normalizing neural networks, arXiv:1706.02515"

    def forward(self, z: Array, out: Array) -> None:
        np.minimum(z, 0, out=out)
        np.expm1(out, out=out)
        out *= SELU_ALPHA
        np.copyto(out, z, where=z > 0)
        out *= SELU_SCALE

    def backward(self, z: Array, a: Array, grad: Array, scratch: Array) -> None:
        np.add(a, SELU_SCALE * SELU_ALPHA, out=scratch)
        np.copyto(scratch, SELU_SCALE, where=z > 0)
        grad *= scratch


@ACTIVATIONS.add
@dataclass(frozen=True)
class Gelu(Activation):
    """The Gaussian error linear unit, exact, or by its tanh form with `approximate`."""

    name: ClassVar = "gelu"
    formula: ClassVar = "f(z) = z · Φ(z); approximate: z/2 · (1 + tanh(√(2/π) · (z + 0.044715 z³)))"
    source: ClassVar = "Hendrycks and Gimpel 2016, arXiv:1606.08415"

    approximate: bool = False

    def _gate(self, z: Array, out: Array) -> None:
        """Φ(z), or its approximation."""
        if self.approximate:
            np.multiply(z, z, out=out)
            out *= 0.044715
            out += 1
            out *= z
            out *= np.sqrt(2 / np.pi).astype(z.dtype)
            np.tanh(out, out=out)
        else:
            np.multiply(z, np.sqrt(0.5).astype(z.dtype), out=out)
            erf(out, out=out)
        out += 1
        out *= 0.5

    def forward(self, z: Array, out: Array) -> None:
        self._gate(z, out)
        out *= z

    def backward(self, z: Array, a: Array, grad: Array, scratch: Array) -> None:
        # a is z · gate and not asked for again, so it serves as a second buffer.
        self._gate(z, scratch)
        if self.approximate:  # gate' = 2 · gate · (1 − gate) · u'(z)
            np.multiply(z, z, out=a)
            a *= 3 * 0.044715
            a += 1
            a *= 2 * np.sqrt(2 / np.pi).astype(z.dtype)
            a *= scratch
            a *= z
            a -= a * scratch
        else:  # gate' = φ(z)
            np.multiply(z, z, out=a)
            a *= -0.5
            np.exp(a, out=a)
            a *= z
            a *= np.sqrt(0.5 / np.pi).astype(z.dtype)
        scratch += a
        grad *= scratch


@ACTIVATIONS.add
@dataclass(frozen=True)
class Silu(Activation):
    """The sigmoid linear unit."""

    name: ClassVar = "silu"
    aliases: ClassVar = ("swish",)
    formula: ClassVar = "f(z) = z · σ(z)"
    source: ClassVar = "Elfwing, Uchibe and Doya 2017, arXiv:1702.03118"

    def forward(self, z: Array, out: Array) -> None:
        sigmoid(z, out)
        out *= z

    def backward(self, z: Array, a: Array, grad: Array, scratch: Array) -> None:
        sigmoid(z, scratch)  # f' = σ + a · (1 − σ) = a + σ · (1 − a)
        grad *= a + scratch * (1 - a)


@ACTIVATIONS.add
@dataclass(frozen=True)
class Sigmoid(Activation):
    """The logistic function."""

    name: ClassVar = "sigmoid"
    formula: ClassVar = "f(z) = 1 / (1 + exp(−z))"
    source: ClassVar = "Keras 3, keras.activations.sigmoid"

    def forward(self, z: Array, out: Array) -> None:
        sigmoid(z, out)

    def backward(self, z: Array, a: Array, grad: Array, scratch: Array) -> None:
        np.subtract(1, a, out=scratch)
        scratch *= a
        grad *= scratch


@ACTIVATIONS.add
@dataclass(frozen=True)
class Tanh(Activation):
    """The hyperbolic tangent."""

    name: ClassVar = "tanh"
    formula: ClassVar = "f(z) = tanh(z)"
    source: ClassVar = "Keras 3, keras.activations.tanh"

    def forward(self, z: Array, out: Array) -> None:
        np.tanh(z, out=out)

    def backward(self, z: Array, a: Array, grad: Array, scratch: Array) -> None:
        np.multiply(a, a, out=scratch)
        np.subtract(1, scratch, out=scratch)
        grad *= scratch


@ACTIVATIONS.add
@dataclass(frozen=True)
class Softplus(Activation):
    """A smooth rectifier."""

    name: ClassVar = "softplus"
    formula: ClassVar = "f(z) = log(1 + exp(z))"
    source: ClassVar = "Dugas et al. 2001, Incorporating second-order functional knowledge"

    def forward(self, z: Array, out: Array) -> None:
        np.logaddexp(z, 0, out=out)

    def backward(self, z: Array, a: Array, grad: Array, scratch: Array) -> None:
        sigmoid(z, scratch)
        grad *= scratch


@ACTIVATIONS.add
@dataclass(frozen=True)
class Softmax(Activation):
    """Positive values that sum to one over the units of a row."""

    name: ClassVar = "softmax"
    formula: ClassVar = "f(z)ᵢ = exp(zᵢ) / Σⱼ exp(zⱼ)"
    source: ClassVar = "Bridle 1990; Keras 3, keras.activations.softmax"

    def forward(self, z: Array, out: Array) -> None:
        softmax(z, out)

    def backward(self, z: Array, a: Array, grad: Array, scratch: Array) -> None:
        np.multiply(grad, a, out=scratch)  # the Jacobian's product: a · (grad − Σ grad · a)
        grad -= scratch.sum(axis=1, keepdims=True)
        grad *= a


def sigmoid(z: Array, out: Array) -> None:
    """Write `1 / (1 + exp(−z))` to `out`; by way of tanh, which cannot overflow."""
    np.multiply(z, 0.5, out=out)
    np.tanh(out, out=out)
    out += 1
    out *= 0.5


def softmax(z: Array, out: Array) -> None:
    """Write the softmax of each row of `z` to `out`; the rows' maxima go first, so nothing overflows."""
    np.subtract(z, z.max(axis=1, keepdims=True), out=out)
    np.exp(out, out=out)
    out /= out.sum(axis=1, keepdims=True)

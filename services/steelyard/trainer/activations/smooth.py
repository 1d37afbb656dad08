"""Activations without corners: exponential below zero, gated by a sigmoid, or bounded."""

import math
from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
from annotated_types import Gt
from scipy.special import erf

from steelyard.trainer.activations.base import ACTIVATIONS, Activation, Array

SELU_ALPHA = 1.6732632423543772
SELU_SCALE = 1.0507009873554805


@ACTIVATIONS.add
@dataclass(frozen=True)
class Elu(Activation):
    """Linear above zero, exponential below."""

    name: ClassVar = "elu"
    formula: ClassVar = "f(z) = z if z > 0 else alpha · (exp(z) − 1)"
    source: ClassVar = "Clevert, Unterthiner and Hochreiter 2015, arXiv:1511.07289"

    alpha: Annotated[float, Gt(0)] = 1.0

    def forward(self, z: Array, out: Array, scratch: Array) -> None:
        scaled_elu(z, self.alpha, out, scratch)

    def backward(self, z: Array, a: Array, grad: Array, scratch: Array) -> None:
        scaled_elu_backward(z, a, self.alpha, 1.0, grad, scratch)


@ACTIVATIONS.add
@dataclass(frozen=True)
class Selu(Activation):
    """A scaled elu that keeps zero mean and unit variance through layers drawn by lecun_normal."""

    name: ClassVar = "selu"
    formula: ClassVar = "f(z) = λ · (z if z > 0 else α · (exp(z) − 1)), λ = 1.0507…, α = 1.6733…"
    source: ClassVar = "Klambauer et al. 2017, Self-normalizing neural networks, arXiv:1706.02515"

    def forward(self, z: Array, out: Array, scratch: Array) -> None:
        scaled_elu(z, SELU_ALPHA, out, scratch)
        out *= SELU_SCALE

    def backward(self, z: Array, a: Array, grad: Array, scratch: Array) -> None:
        scaled_elu_backward(z, a, SELU_SCALE * SELU_ALPHA, SELU_SCALE, grad, scratch)


@ACTIVATIONS.add
@dataclass(frozen=True)
class Celu(Activation):
    """An elu without a corner for any `alpha`."""

    name: ClassVar = "celu"
    formula: ClassVar = "f(z) = z if z > 0 else alpha · (exp(z / alpha) − 1)"
    source: ClassVar = "Barron 2017, arXiv:1704.07483; PyTorch, torch.nn.CELU"

    alpha: Annotated[float, Gt(0)] = 1.0

    def forward(self, z: Array, out: Array, scratch: Array) -> None:
        np.minimum(z, 0, out=out)
        out /= self.alpha
        np.expm1(out, out=out)
        out *= self.alpha
        np.maximum(z, 0, out=scratch)
        out += scratch

    def backward(self, z: Array, a: Array, grad: Array, scratch: Array) -> None:
        np.minimum(z, 0, out=scratch)  # exp(min(z, 0) / alpha), which is one above zero
        scratch /= self.alpha
        np.exp(scratch, out=scratch)
        grad *= scratch


@ACTIVATIONS.add
@dataclass(frozen=True)
class Gelu(Activation):
    """Weighs its input by the share of a normal distribution below it.

    `approximate` takes a tanh for the error function, as Keras and PyTorch do if asked.
    """

    name: ClassVar = "gelu"
    formula: ClassVar = "f(z) = z · Φ(z); approximate: z/2 · (1 + tanh(√(2/π) · (z + 0.044715 z³)))"
    source: ClassVar = "Hendrycks and Gimpel 2016, arXiv:1606.08415"

    approximate: bool = False

    def _gate(self, z: Array, out: Array) -> None:
        """Write `Φ(z)`, or what stands for it, to `out`."""
        if self.approximate:
            np.multiply(z, z, out=out)
            out *= 0.044715
            out += 1
            out *= z
            out *= math.sqrt(2 / math.pi)
            np.tanh(out, out=out)
        else:
            np.multiply(z, math.sqrt(0.5), out=out)
            erf(out, out=out)
        out += 1
        out *= 0.5

    def forward(self, z: Array, out: Array, scratch: Array) -> None:
        self._gate(z, out)
        out *= z

    def backward(self, z: Array, a: Array, grad: Array, scratch: Array) -> None:
        self._gate(z, scratch)  # f' = gate + z · gate'
        np.multiply(z, z, out=a)
        if self.approximate:  # gate' = 2 · gate · (1 − gate) · u'(z)
            a *= 3 * 0.044715
            a += 1
            a *= 2 * math.sqrt(2 / math.pi)
            a *= z
            a *= scratch
            np.subtract(1, scratch, out=scratch)
            a *= scratch
            np.subtract(1, scratch, out=scratch)
        else:  # gate' = φ(z)
            a *= -0.5
            np.exp(a, out=a)
            a *= math.sqrt(0.5 / math.pi)
            a *= z
        scratch += a
        grad *= scratch


@ACTIVATIONS.add
@dataclass(frozen=True)
class Silu(Activation):
    """Weighs its input by its sigmoid."""

    name: ClassVar = "silu"
    aliases: ClassVar = ("swish",)
    formula: ClassVar = "f(z) = z · σ(z)"
    source: ClassVar = "Elfwing, Uchibe and Doya 2017, arXiv:1702.03118"

    def forward(self, z: Array, out: Array, scratch: Array) -> None:
        sigmoid(z, out)
        out *= z

    def backward(self, z: Array, a: Array, grad: Array, scratch: Array) -> None:
        sigmoid(z, scratch)  # f' = σ + a · (1 − σ)
        np.subtract(1, scratch, out=scratch)
        a *= scratch
        np.subtract(1, scratch, out=scratch)
        scratch += a
        grad *= scratch


@ACTIVATIONS.add
@dataclass(frozen=True)
class Mish(Activation):
    """Weighs its input by the tanh of its softplus."""

    name: ClassVar = "mish"
    formula: ClassVar = "f(z) = z · tanh(log(1 + exp(z)))"
    source: ClassVar = "Misra 2019, arXiv:1908.08681"

    def forward(self, z: Array, out: Array, scratch: Array) -> None:
        softplus(z, out, scratch)
        np.tanh(out, out=out)
        out *= z

    def backward(self, z: Array, a: Array, grad: Array, scratch: Array) -> None:
        softplus(z, a, scratch)
        np.tanh(a, out=a)  # f' = t + z · σ(z) · (1 − t²)
        sigmoid(z, scratch)
        scratch *= z
        scratch *= grad
        grad *= a
        np.multiply(a, a, out=a)
        np.subtract(1, a, out=a)
        scratch *= a
        grad += scratch


@ACTIVATIONS.add
@dataclass(frozen=True)
class Softplus(Activation):
    """A smooth rectifier."""

    name: ClassVar = "softplus"
    formula: ClassVar = "f(z) = log(1 + exp(z))"
    source: ClassVar = "Dugas et al. 2001, Incorporating second-order functional knowledge"

    def forward(self, z: Array, out: Array, scratch: Array) -> None:
        softplus(z, out, scratch)

    def backward(self, z: Array, a: Array, grad: Array, scratch: Array) -> None:
        sigmoid(z, scratch)
        grad *= scratch


@ACTIVATIONS.add
@dataclass(frozen=True)
class Softsign(Activation):
    """Squeezes its input between minus one and one, more slowly than tanh."""

    name: ClassVar = "softsign"
    formula: ClassVar = "f(z) = z / (1 + |z|)"
    source: ClassVar = "Bergstra et al. 2009; Keras 3, keras.activations.softsign"

    def forward(self, z: Array, out: Array, scratch: Array) -> None:
        np.abs(z, out=scratch)
        scratch += 1
        np.divide(z, scratch, out=out)

    def backward(self, z: Array, a: Array, grad: Array, scratch: Array) -> None:
        np.abs(z, out=scratch)  # f' = 1 / (1 + |z|)²
        scratch += 1
        grad /= scratch
        grad /= scratch


@ACTIVATIONS.add
@dataclass(frozen=True)
class Sigmoid(Activation):
    """Squeezes its input between zero and one."""

    name: ClassVar = "sigmoid"
    formula: ClassVar = "f(z) = 1 / (1 + exp(−z))"
    source: ClassVar = "Keras 3, keras.activations.sigmoid"

    def forward(self, z: Array, out: Array, scratch: Array) -> None:
        sigmoid(z, out)

    def backward(self, z: Array, a: Array, grad: Array, scratch: Array) -> None:
        grad *= a  # f' = a · (1 − a) = a − a²
        np.multiply(grad, a, out=scratch)
        grad -= scratch


@ACTIVATIONS.add
@dataclass(frozen=True)
class LogSigmoid(Activation):
    """The logarithm of the sigmoid."""

    name: ClassVar = "log_sigmoid"
    formula: ClassVar = "f(z) = −log(1 + exp(−z))"
    source: ClassVar = "Keras 3, keras.activations.log_sigmoid"

    def forward(self, z: Array, out: Array, scratch: Array) -> None:
        np.abs(z, out=scratch)  # min(z, 0) − log(1 + exp(−|z|))
        np.negative(scratch, out=scratch)
        np.exp(scratch, out=scratch)
        np.log1p(scratch, out=scratch)
        np.minimum(z, 0, out=out)
        out -= scratch

    def backward(self, z: Array, a: Array, grad: Array, scratch: Array) -> None:
        np.negative(z, out=a)  # f' = σ(−z)
        sigmoid(a, scratch)
        grad *= scratch


@ACTIVATIONS.add
@dataclass(frozen=True)
class Tanh(Activation):
    """The hyperbolic tangent: squeezes its input between minus one and one."""

    name: ClassVar = "tanh"
    formula: ClassVar = "f(z) = tanh(z)"
    source: ClassVar = "Keras 3, keras.activations.tanh"

    def forward(self, z: Array, out: Array, scratch: Array) -> None:
        np.tanh(z, out=out)

    def backward(self, z: Array, a: Array, grad: Array, scratch: Array) -> None:
        np.multiply(a, a, out=scratch)  # f' = 1 − a²
        scratch *= grad
        grad -= scratch


@ACTIVATIONS.add
@dataclass(frozen=True)
class Exponential(Activation):
    """The exponential function: positive outputs, as counts and rates are."""

    name: ClassVar = "exponential"
    formula: ClassVar = "f(z) = exp(z)"
    source: ClassVar = "Keras 3, keras.activations.exponential"

    def forward(self, z: Array, out: Array, scratch: Array) -> None:
        np.exp(z, out=out)

    def backward(self, z: Array, a: Array, grad: Array, scratch: Array) -> None:
        grad *= a


def sigmoid(z: Array, out: Array) -> None:
    """Write `1 / (1 + exp(−z))` to `out`, as a tanh, which cannot overflow."""
    np.multiply(z, 0.5, out=out)
    np.tanh(out, out=out)
    out += 1
    out *= 0.5


def softplus(z: Array, out: Array, scratch: Array) -> None:
    """Write `log(1 + exp(z))` to `out`, as `max(z, 0) + log(1 + exp(−|z|))`: much faster than np.logaddexp."""
    np.abs(z, out=scratch)
    np.negative(scratch, out=scratch)
    np.exp(scratch, out=scratch)
    np.log1p(scratch, out=scratch)
    np.maximum(z, 0, out=out)
    out += scratch


def scaled_elu(z: Array, alpha: float, out: Array, scratch: Array) -> None:
    """Write `z` where it is positive and `alpha · (exp(z) − 1)` elsewhere to `out`."""
    np.minimum(z, 0, out=out)
    np.expm1(out, out=out)
    out *= alpha
    np.maximum(z, 0, out=scratch)
    out += scratch


def scaled_elu_backward(z: Array, a: Array, scale: float, slope: float, grad: Array, scratch: Array) -> None:
    """Multiply `grad` with `slope` where `z` is positive and with `scale · exp(z)`, which is `a + scale`, elsewhere."""
    np.minimum(a, 0, out=a)
    a += scale
    np.greater(z, 0, out=scratch)
    scratch *= slope - scale
    a += scratch
    grad *= a

"""Activations that look at a whole row: its values add up to one."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from steelyard.nn.activations.base import ACTIVATIONS, Activation, Array


@ACTIVATIONS.add
@dataclass(frozen=True)
class Softmax(Activation):
    """Turns each row into probabilities that sum to one."""

    name: ClassVar = "softmax"
    formula: ClassVar = "f(z)ᵢ = exp(zᵢ) / Σⱼ exp(zⱼ)"
    latex: ClassVar = r"f(z)_i = \frac{e^{z_i}}{\sum_j e^{z_j}}"
    gradient: ClassVar = "∂L/∂zᵢ = fᵢ · (gᵢ − Σⱼ gⱼ fⱼ), g = ∂L/∂f"
    gradient_latex: ClassVar = (
        r"\frac{\partial L}{\partial z_i} = f_i \left(g_i - \sum_j g_j f_j\right), \quad g = \frac{\partial "
        r"L}{\partial f}"
    )
    source: ClassVar = "Bridle 1990; Keras 3, keras.activations.softmax"

    def forward(self, z: Array, out: Array, scratch: Array) -> None:
        of_row = scratch[:, :1]
        np.maximum.reduce(z, axis=1, keepdims=True, out=of_row)  # the maxima go first, so that nothing overflows
        np.subtract(z, of_row, out=out)
        np.exp(out, out=out)
        np.add.reduce(out, axis=1, keepdims=True, out=of_row)
        out /= of_row

    def backward(self, z: Array, a: Array, grad: Array, scratch: Array) -> None:
        np.multiply(grad, a, out=scratch)  # the Jacobian's product: a · grad − a · Σ (a · grad)
        of_row = grad[:, :1]
        np.add.reduce(scratch, axis=1, keepdims=True, out=of_row)
        a *= of_row
        np.subtract(scratch, a, out=grad)


@ACTIVATIONS.add
@dataclass(frozen=True)
class LogSoftmax(Activation):
    """The logarithm of softmax."""

    name: ClassVar = "log_softmax"
    formula: ClassVar = "f(z)ᵢ = zᵢ − log Σⱼ exp(zⱼ)"
    latex: ClassVar = r"f(z)_i = z_i - \log \sum_j e^{z_j}"
    gradient: ClassVar = "∂L/∂zᵢ = gᵢ − exp(fᵢ) · Σⱼ gⱼ, g = ∂L/∂f"
    gradient_latex: ClassVar = (
        r"\frac{\partial L}{\partial z_i} = g_i - e^{f_i} \sum_j g_j, \quad g = \frac{\partial L}{\partial f}"
    )
    source: ClassVar = "Keras 3, keras.activations.log_softmax"

    def forward(self, z: Array, out: Array, scratch: Array) -> None:
        of_row = scratch[:, :1]
        np.maximum.reduce(z, axis=1, keepdims=True, out=of_row)
        np.subtract(z, of_row, out=out)
        np.exp(out, out=scratch)
        np.add.reduce(scratch, axis=1, keepdims=True, out=of_row)
        np.log(of_row, out=of_row)
        out -= of_row

    def backward(self, z: Array, a: Array, grad: Array, scratch: Array) -> None:
        np.exp(a, out=a)  # the Jacobian's product: grad − softmax · Σ grad
        of_row = scratch[:, :1]
        np.add.reduce(grad, axis=1, keepdims=True, out=of_row)
        a *= of_row
        grad -= a

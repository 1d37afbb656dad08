"""Layers that disturb what they pass on, while the network trains: dropout and Gaussian noise."""

from dataclasses import dataclass, replace
from typing import Annotated, ClassVar

import numpy as np
from annotated_types import Ge, Lt

from steelyard.nn.layers.base import LAYERS, Array, Layer, Stage, Surroundings


@LAYERS.add
@dataclass(frozen=True)
class Dropout(Layer):
    """Sets a random fraction of its inputs to zero during training, and scales up the others."""

    name: ClassVar = "dropout"
    compiled: ClassVar = True
    repeats: ClassVar = False
    formula: ClassVar = "y = x · m / (1 − rate), m ~ Bernoulli(1 − rate); y = x at inference"
    latex: ClassVar = r"y = \frac{x \odot m}{1 - \text{rate}}, \quad m \sim \text{Bernoulli}(1 - \text{rate})"
    gradient: ClassVar = "∂L/∂x = ∂L/∂y · m / (1 − rate)"
    gradient_latex: ClassVar = (
        r"\frac{\partial L}{\partial x} = \frac{\partial L}{\partial y} \odot \frac{m}{1 - \text{rate}}"
    )
    source: ClassVar = "Srivastava et al. 2014; Keras 3, keras.layers.Dropout"

    rate: Annotated[float, Ge(0), Lt(1)] = 0.5

    def stages(self, around: Surroundings) -> list[Stage]:
        return [] if around.streams is None or self.rate == 0 else [DropoutStage(self, around)]

    def without_noise(self) -> Layer:
        return replace(self, rate=0)

    def drawn(self, inputs: int) -> int:
        return inputs

    def buffer_widths(self, inputs: int) -> int:
        return 2 * inputs


class DropoutStage(Stage):
    """Dropout at work: a new mask for every batch."""

    def __init__(self, layer: Dropout, around: Surroundings) -> None:
        assert around.streams is not None
        self._generator = around.streams.dropout
        self._rate = layer.rate
        self._mask = around.buffer(around.inputs)
        self._y = around.buffer(around.inputs)

    def forward(self, x: Array) -> Array:
        mask = self._mask
        self._generator.random(out=mask, dtype=mask.dtype)
        np.greater_equal(mask, self._rate, out=mask)
        mask *= 1 / (1 - self._rate)
        np.multiply(x, mask, out=self._y)
        return self._y

    def intermediates(self, x: Array) -> dict[str, Array]:
        return {"mask": self._mask}

    def backward(self, grad: Array) -> Array:
        grad *= self._mask
        return grad


@LAYERS.add
@dataclass(frozen=True)
class GaussianNoise(Layer):
    """Adds Gaussian noise to its inputs during training."""

    name: ClassVar = "gaussian_noise"
    compiled: ClassVar = True
    repeats: ClassVar = False
    formula: ClassVar = "y = x + n, n ~ N(0, stddev²); y = x at inference"
    latex: ClassVar = r"y = x + n, \quad n \sim \mathcal{N}(0, \text{stddev}^2)"
    gradient: ClassVar = "∂L/∂x = ∂L/∂y"
    gradient_latex: ClassVar = r"\frac{\partial L}{\partial x} = \frac{\partial L}{\partial y}"
    source: ClassVar = "Keras 3, GaussianNoise; Bishop 1995, Training with noise is Tikhonov regularization"

    stddev: Annotated[float, Ge(0)] = 0.1

    def stages(self, around: Surroundings) -> list[Stage]:
        return [] if around.streams is None or self.stddev == 0 else [GaussianNoiseStage(self, around)]

    def without_noise(self) -> Layer:
        return replace(self, stddev=0)

    def drawn(self, inputs: int) -> int:
        return inputs

    def buffer_widths(self, inputs: int) -> int:
        return inputs


class GaussianNoiseStage(Stage):
    """Gaussian noise in a forward pass: new noise for every batch."""

    def __init__(self, layer: GaussianNoise, around: Surroundings) -> None:
        assert around.streams is not None
        self._generator = around.streams.noise
        self._stddev = layer.stddev
        self._y = around.buffer(around.inputs)

    def forward(self, x: Array) -> Array:
        self._generator.standard_normal(out=self._y, dtype=self._y.dtype)
        self._y *= self._stddev
        self._y += x
        return self._y

    def intermediates(self, x: Array) -> dict[str, Array]:
        return {"noise": self._y - x}

    def backward(self, grad: Array) -> Array:
        return grad

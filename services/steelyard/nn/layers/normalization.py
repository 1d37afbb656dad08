"""Layers that bring what they pass on to zero mean and unit variance, and scale and shift it by what is learned."""

from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
from annotated_types import Ge, Gt, Le

from steelyard.nn.initializers import Ones, Zeros
from steelyard.nn.layers.base import LAYERS, Array, Layer, Stage, Surroundings, TensorSpec, squared_norms


@LAYERS.add
@dataclass(frozen=True)
class BatchNormalization(Layer):
    """Normalizes each unit over the batch during training, and by moving averages at inference.

    Names and defaults are Keras's; PyTorch's `momentum` is one minus this one, its epsilon 1e-5, and its running
    variance is that of a sample, `rows / (rows − 1)` times as large. With `trainable: false` the averages are used and
    not updated, as in Keras.
    """

    name: ClassVar = "batch_normalization"
    compiled: ClassVar = True
    repeats: ClassVar = False
    formula: ClassVar = "y = gamma · (x − mean) / √(variance + epsilon) + beta, over the batch"
    latex: ClassVar = (
        r"\hat{x} = \frac{x - \mu}{\sqrt{\sigma^2 + \epsilon}}, \quad y = \gamma \odot \hat{x} + \beta, \quad \mu, "
        r"\sigma^2 \text{ over the batch}"
    )
    gradient: ClassVar = (
        "∂L/∂gamma = Σ over rows of g · x̂; ∂L/∂beta = Σ over rows of g; ∂L/∂x = gamma / σ · (g − mean g − x̂ · "
        "mean (g · x̂)), g = ∂L/∂y"
    )
    gradient_latex: ClassVar = (
        r"\frac{\partial L}{\partial \gamma} = \sum_r g_r \odot \hat{x}_r, \quad \frac{\partial L}{\partial \beta} "
        r"= \sum_r g_r, \quad \frac{\partial L}{\partial x} = \frac{\gamma}{\sqrt{\sigma^2 + \epsilon}} \left( g - "
        r"\overline{g} - \hat{x}\, \overline{g \odot \hat{x}} \right), \quad g = \frac{\partial L}{\partial y}"
    )
    source: ClassVar = "Ioffe and Szegedy 2015, arXiv:1502.03167; Keras 3, keras.layers.BatchNormalization"

    momentum: Annotated[float, Ge(0), Le(1)] = 0.99
    epsilon: Annotated[float, Gt(0)] = 1e-3
    trainable: bool = True

    def tensors(self, inputs: int) -> list[TensorSpec]:
        return [
            TensorSpec("gamma", (inputs,), Ones(), trainable=self.trainable),
            TensorSpec("beta", (inputs,), Zeros(), trainable=self.trainable),
            TensorSpec("moving_mean", (inputs,), Zeros(), trainable=False),
            TensorSpec("moving_variance", (inputs,), Ones(), trainable=False),
        ]

    def stages(self, around: Surroundings) -> list[Stage]:
        if around.streams is not None and self.trainable:
            return [BatchNormalizationStage(self, around)]
        return [MovingNormalizationStage(self, around)]

    def buffer_widths(self, inputs: int) -> int:
        return 2 * inputs


class BatchNormalizationStage(Stage):
    """Normalization over the batch.

    With `x̂` normalized, `σ` its root and `g = ∂L/∂y`: `∂L/∂x = gamma / σ · (g − mean g − x̂ · mean (g · x̂))`, means
    over the rows.
    """

    def __init__(self, layer: BatchNormalization, around: Surroundings) -> None:
        self._weights, self._gradients = around.weights, around.gradients
        self._momentum, self._epsilon = layer.momentum, layer.epsilon
        self._normal = around.buffer(around.inputs)
        self._y = around.buffer(around.inputs)
        # Means over rows as a product: about three times as fast as np.mean over the first axis.
        self._share = np.full(around.rows, 1 / around.rows, around.dtype)
        self._mean, self._root, self._scratch = np.empty((3, around.inputs), around.dtype)

    def forward(self, x: Array) -> Array:
        normal, mean, root = self._normal, self._mean, self._root
        np.matmul(self._share, x, out=mean)
        np.subtract(x, mean, out=normal)
        np.multiply(normal, normal, out=self._y)
        np.matmul(self._share, self._y, out=root)  # the variance, until its root is drawn below
        self._average("moving_mean", mean)
        self._average("moving_variance", root)
        root += self._epsilon
        np.sqrt(root, out=root)
        normal /= root
        np.multiply(normal, self._weights["gamma"], out=self._y)
        self._y += self._weights["beta"]
        return self._y

    def intermediates(self, x: Array) -> dict[str, Array]:
        return {"mean": self._mean, "standard_deviation": self._root, "normalized": self._normal}

    def _average(self, name: str, value: Array) -> None:
        moving = self._weights[name]
        moving *= self._momentum
        np.multiply(value, 1 - self._momentum, out=self._scratch)
        moving += self._scratch

    def row_norms(self, grad: Array) -> dict[str, Array]:
        return {"gamma": squared_norms(grad * self._normal), "beta": squared_norms(grad)}

    def backward(self, grad: Array) -> Array:
        rows = len(grad)
        gamma, beta = self._gradients["gamma"], self._gradients["beta"]
        np.multiply(grad, self._normal, out=self._y)
        np.matmul(self._share, self._y, out=gamma)
        np.matmul(self._share, grad, out=beta)
        grad -= beta
        np.multiply(self._normal, gamma, out=self._y)
        grad -= self._y
        np.divide(self._weights["gamma"], self._root, out=self._scratch)
        grad *= self._scratch
        gamma *= rows  # from means to sums
        beta *= rows
        return grad


class MovingNormalizationStage(Stage):
    """Normalization by the running averages: a scale and a shift a unit. Of a frozen layer, or at inference."""

    def __init__(self, layer: BatchNormalization, around: Surroundings) -> None:
        self._weights, self._epsilon = around.weights, layer.epsilon
        self._y = around.buffer(around.inputs)
        self._scale = np.empty(around.inputs, around.dtype)

    def forward(self, x: Array) -> Array:
        np.add(self._weights["moving_variance"], self._epsilon, out=self._scale)
        np.sqrt(self._scale, out=self._scale)
        np.divide(self._weights["gamma"], self._scale, out=self._scale)
        np.subtract(x, self._weights["moving_mean"], out=self._y)
        self._y *= self._scale
        self._y += self._weights["beta"]
        return self._y

    def backward(self, grad: Array) -> Array:
        grad *= self._scale
        return grad


@LAYERS.add
@dataclass(frozen=True)
class LayerNormalization(Layer):
    """Normalizes each row over its units, the same way in training and at inference. PyTorch's epsilon is 1e-5."""

    name: ClassVar = "layer_normalization"
    compiled: ClassVar = True
    formula: ClassVar = "y = gamma · (x − mean) / √(variance + epsilon) + beta, over the row"
    latex: ClassVar = (
        r"\hat{x} = \frac{x - \mu}{\sqrt{\sigma^2 + \epsilon}}, \quad y = \gamma \odot \hat{x} + \beta, \quad \mu, "
        r"\sigma^2 \text{ over the row}"
    )
    gradient: ClassVar = (
        "∂L/∂gamma = Σ over rows of g · x̂; ∂L/∂beta = Σ over rows of g; ∂L/∂x = (h − mean h − x̂ · mean (h · "
        "x̂)) / σ, g = ∂L/∂y, h = gamma · g"
    )
    gradient_latex: ClassVar = (
        r"\frac{\partial L}{\partial \gamma} = \sum_r g_r \odot \hat{x}_r, \quad \frac{\partial L}{\partial \beta} "
        r"= \sum_r g_r, \quad \frac{\partial L}{\partial x} = \frac{h - \overline{h} - \hat{x}\, \overline{h \odot "
        r"\hat{x}}}{\sqrt{\sigma^2 + \epsilon}}, \quad g = \frac{\partial L}{\partial y}, \quad h = \gamma \odot g"
    )
    source: ClassVar = "Ba, Kiros and Hinton 2016, arXiv:1607.06450; Keras 3, keras.layers.LayerNormalization"

    epsilon: Annotated[float, Gt(0)] = 1e-3
    trainable: bool = True

    def tensors(self, inputs: int) -> list[TensorSpec]:
        return [
            TensorSpec("gamma", (inputs,), Ones(), trainable=self.trainable),
            TensorSpec("beta", (inputs,), Zeros(), trainable=self.trainable),
        ]

    def stages(self, around: Surroundings) -> list[Stage]:
        return [LayerNormalizationStage(self, around)]

    def buffer_widths(self, inputs: int) -> int:
        return 2 * inputs


class LayerNormalizationStage(Stage):
    """Normalization over the row.

    With `x̂` normalized, `σ` its root and `h = gamma · ∂L/∂y`: `∂L/∂x = (h − mean h − x̂ · mean (h · x̂)) / σ`, means
    over the units.
    """

    def __init__(self, layer: LayerNormalization, around: Surroundings) -> None:
        self._weights, self._gradients = around.weights, around.gradients
        self._epsilon = layer.epsilon
        self._normal = around.buffer(around.inputs)
        self._y = around.buffer(around.inputs)
        self._mean, self._root = around.buffer(1), around.buffer(1)
        self._ones = np.ones(around.rows, around.dtype)

    def forward(self, x: Array) -> Array:
        normal, root = self._normal, self._root
        np.mean(x, axis=1, keepdims=True, out=self._mean)
        np.subtract(x, self._mean, out=normal)
        np.multiply(normal, normal, out=self._y)
        np.mean(self._y, axis=1, keepdims=True, out=root)
        root += self._epsilon
        np.sqrt(root, out=root)
        normal /= root
        np.multiply(normal, self._weights["gamma"], out=self._y)
        self._y += self._weights["beta"]
        return self._y

    def row_norms(self, grad: Array) -> dict[str, Array]:
        return {"gamma": squared_norms(grad * self._normal), "beta": squared_norms(grad)}

    def intermediates(self, x: Array) -> dict[str, Array]:
        return {"standard_deviation": self._root, "normalized": self._normal}

    def backward(self, grad: Array) -> Array:
        np.multiply(grad, self._normal, out=self._y)
        np.matmul(self._ones, self._y, out=self._gradients["gamma"])
        np.matmul(self._ones, grad, out=self._gradients["beta"])
        grad *= self._weights["gamma"]
        np.multiply(grad, self._normal, out=self._y)
        np.mean(self._y, axis=1, keepdims=True, out=self._mean)
        np.multiply(self._normal, self._mean, out=self._y)
        np.mean(grad, axis=1, keepdims=True, out=self._mean)
        grad -= self._mean
        grad -= self._y
        grad /= self._root
        return grad

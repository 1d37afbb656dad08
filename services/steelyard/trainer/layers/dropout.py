"""Dropout."""

from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
from annotated_types import Ge, Lt

from steelyard.trainer.layers.base import LAYERS, Array, Layer, Stage, Surroundings


@LAYERS.add
@dataclass(frozen=True)
class Dropout(Layer):
    """Sets a share of its inputs to zero while training, and scales the others up to make good for it."""

    name: ClassVar = "dropout"
    formula: ClassVar = "y = x · m / (1 − rate), m ~ Bernoulli(1 − rate); y = x at inference"
    source: ClassVar = "Srivastava et al. 2014; Keras 3, keras.layers.Dropout"

    rate: Annotated[float, Ge(0), Lt(1)] = 0.5

    def stages(self, around: Surroundings) -> list[Stage]:
        return [] if around.streams is None or self.rate == 0 else [DropoutStage(self, around)]

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

    def backward(self, grad: Array) -> Array:
        grad *= self._mask
        return grad

"""Gradient clipping: gradients that are too large are cut before the step."""

import math
from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np
from annotated_types import Gt
from numpy.typing import NDArray

from steelyard.nn.component import Part, Registry

Array = NDArray[Any]
TINY = 1e-6  # PyTorch's, against a norm of zero


@dataclass(frozen=True)
class GradientClip(Part):
    """A bound for gradients: of every value, of every tensor's length, or of all together."""

    latex: ClassVar[str]  # the formula

    limit: Annotated[float, Gt(0)]

    @abstractmethod
    def clip(self, gradients: Sequence[Array]) -> None:
        """Cut the gradients of a network's tensors, each as a vector, in place."""


GRADIENT_CLIPS = Registry[GradientClip]("gradient clip")


def _length(gradient: Array) -> float:
    return math.sqrt(float(np.vdot(gradient, gradient)))


@GRADIENT_CLIPS.add
@dataclass(frozen=True)
class ByValue(GradientClip):
    """Clips every gradient value to ±`limit`."""

    name: ClassVar = "value"
    compiled: ClassVar = True
    formula: ClassVar = "g ← min(max(g, −limit), limit)"
    latex: ClassVar = r"g \leftarrow \min(\max(g, -\text{limit}), \text{limit})"
    source: ClassVar = "PyTorch, clip_grad_value_; Keras 3, clipvalue"

    def clip(self, gradients: Sequence[Array]) -> None:
        for gradient in gradients:
            np.clip(gradient, -self.limit, self.limit, out=gradient)


@GRADIENT_CLIPS.add
@dataclass(frozen=True)
class ByNorm(GradientClip):
    """Scales each tensor's gradient to a norm of at most `limit`."""

    name: ClassVar = "norm"
    compiled: ClassVar = True
    formula: ClassVar = "g ← g · min(1, limit / (‖g‖ + 1e-6)) for each tensor"
    latex: ClassVar = (
        r"g \leftarrow g \min\left(1, \frac{\text{limit}}{\lVert g \rVert + 10^{-6}}\right) \quad \text{for each "
        r"tensor}"
    )
    source: ClassVar = "Keras 3, clipnorm"

    def clip(self, gradients: Sequence[Array]) -> None:
        for gradient in gradients:
            if (length := _length(gradient)) > self.limit:
                gradient *= self.limit / (length + TINY)


@GRADIENT_CLIPS.add
@dataclass(frozen=True)
class ByGlobalNorm(GradientClip):
    """Scales all gradients to a global norm of at most `limit`."""

    name: ClassVar = "global_norm"
    compiled: ClassVar = True
    formula: ClassVar = "g ← g · min(1, limit / (‖all g‖ + 1e-6))"
    latex: ClassVar = r"g \leftarrow g \min\left(1, \frac{\text{limit}}{\lVert \text{all } g \rVert + 10^{-6}}\right)"
    source: ClassVar = "Pascanu, Mikolov and Bengio 2013; PyTorch, clip_grad_norm_"

    def clip(self, gradients: Sequence[Array]) -> None:
        length = math.sqrt(sum(float(np.vdot(gradient, gradient)) for gradient in gradients))
        if length > self.limit:
            for gradient in gradients:
                gradient *= self.limit / (length + TINY)

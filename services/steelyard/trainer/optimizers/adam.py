"""Adam, and Adam with decoupled weight decay."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
from annotated_types import Ge, Gt, Lt

from steelyard.trainer.optimizers.base import OPTIMIZERS, Array, LearningRate, Optimizer, add_decay


@OPTIMIZERS.add
@dataclass(frozen=True)
class Adam(Optimizer):
    """Adaptive moments: a running mean of the gradient over the root of a running mean of its square.

    Keras adds its epsilon, 1e-7, before the second moment's bias is corrected; PyTorch, and this, 1e-8 after it.
    `weight_decay` is L2, added to the gradient; for the decoupled kind take `adamw`.
    """

    name: ClassVar = "adam"
    slots: ClassVar = ("exp_avg", "exp_avg_sq")
    formula: ClassVar = (
        "m ← β₁ m + (1 − β₁) g; v ← β₂ v + (1 − β₂) g²; "
        "w ← w − learning_rate / (1 − β₁ᵗ) · m / (√v / √(1 − β₂ᵗ) + epsilon)"
    )
    source: ClassVar = "PyTorch, torch.optim.Adam; Kingma and Ba 2015, arXiv:1412.6980"

    learning_rate: LearningRate = 0.001
    beta_1: Annotated[float, Ge(0), Lt(1)] = 0.9
    beta_2: Annotated[float, Ge(0), Lt(1)] = 0.999
    epsilon: Annotated[float, Gt(0)] = 1e-8
    weight_decay: Annotated[float, Ge(0)] = 0.0

    def update(self, step: int, weights: Array, gradient: Array, slots: Mapping[str, Array], scratch: Array) -> None:
        add_decay(self.weight_decay, weights, gradient, scratch)
        adam_step(self, step, weights, gradient, slots, scratch)


@OPTIMIZERS.add
@dataclass(frozen=True)
class AdamW(Optimizer):
    """Adam with weight decay that shrinks the weights themselves, apart from the gradient.

    Keras's default decay is
    0.004, PyTorch's 0.01.
    """

    name: ClassVar = "adamw"
    slots: ClassVar = ("exp_avg", "exp_avg_sq")
    formula: ClassVar = "w ← w · (1 − learning_rate · weight_decay), then as adam"
    source: ClassVar = "PyTorch, torch.optim.AdamW; Loshchilov and Hutter 2019, arXiv:1711.05101"

    learning_rate: LearningRate = 0.001
    beta_1: Annotated[float, Ge(0), Lt(1)] = 0.9
    beta_2: Annotated[float, Ge(0), Lt(1)] = 0.999
    epsilon: Annotated[float, Gt(0)] = 1e-8
    weight_decay: Annotated[float, Ge(0)] = 0.01

    def update(self, step: int, weights: Array, gradient: Array, slots: Mapping[str, Array], scratch: Array) -> None:
        weights *= 1 - self.learning_rate * self.weight_decay
        adam_step(self, step, weights, gradient, slots, scratch)


def adam_step(
    rule: Adam | AdamW, step: int, weights: Array, gradient: Array, slots: Mapping[str, Array], scratch: Array
) -> None:
    """What Adam and AdamW have in common."""
    mean, square = slots["exp_avg"], slots["exp_avg_sq"]
    np.subtract(gradient, mean, out=scratch)
    scratch *= 1 - rule.beta_1
    mean += scratch
    square *= rule.beta_2
    np.multiply(gradient, gradient, out=scratch)
    scratch *= 1 - rule.beta_2
    square += scratch
    np.sqrt(square, out=scratch)
    scratch /= math.sqrt(1 - rule.beta_2**step)
    scratch += rule.epsilon
    np.divide(mean, scratch, out=scratch)
    scratch *= rule.learning_rate / (1 - rule.beta_1**step)
    weights -= scratch

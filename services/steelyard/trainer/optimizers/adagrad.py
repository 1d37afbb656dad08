"""Adagrad."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
from annotated_types import Ge, Gt

from steelyard.trainer.optimizers.base import OPTIMIZERS, Array, LearningRate, Optimizer, add_decay


@OPTIMIZERS.add
@dataclass(frozen=True)
class Adagrad(Optimizer):
    """Divides each gradient by the root of the sum of all its squares so far.

    PyTorch's sums begin at 0, Keras's at
    0.1.
    """

    name: ClassVar = "adagrad"
    slots: ClassVar = ("sum",)
    formula: ClassVar = "s ← s + g²; w ← w − learning_rate · g / (√s + epsilon)"
    source: ClassVar = "PyTorch, torch.optim.Adagrad; Duchi, Hazan and Singer 2011"

    learning_rate: LearningRate = 0.01
    epsilon: Annotated[float, Gt(0)] = 1e-10
    weight_decay: Annotated[float, Ge(0)] = 0.0

    def update(self, step: int, weights: Array, gradient: Array, slots: Mapping[str, Array], scratch: Array) -> None:
        add_decay(self.weight_decay, weights, gradient, scratch)
        total = slots["sum"]
        np.multiply(gradient, gradient, out=scratch)
        total += scratch
        np.sqrt(total, out=scratch)
        scratch += self.epsilon
        gradient /= scratch
        gradient *= self.learning_rate
        weights -= gradient

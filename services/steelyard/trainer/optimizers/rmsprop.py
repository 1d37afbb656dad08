"""RMSprop."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
from annotated_types import Ge, Gt, Lt

from steelyard.trainer.optimizers.base import OPTIMIZERS, Array, LearningRate, Optimizer, add_decay


@OPTIMIZERS.add
@dataclass(frozen=True)
class RMSprop(Optimizer):
    """Divides each gradient by a running root mean square of its own.

    PyTorch calls `rho` alpha and takes 0.99 where
    Keras takes 0.9; Keras adds epsilon inside the root.
    """

    name: ClassVar = "rmsprop"
    slots: ClassVar = ("square_average", "gradient_average", "momentum_buffer")
    formula: ClassVar = "s ← rho · s + (1 − rho) · g²; w ← w − learning_rate · g / (√s + epsilon)"
    source: ClassVar = "PyTorch, torch.optim.RMSprop; Tieleman and Hinton 2012; centred: Graves 2013, arXiv:1308.0850"

    learning_rate: LearningRate = 0.001
    rho: Annotated[float, Ge(0), Lt(1)] = 0.99
    epsilon: Annotated[float, Gt(0)] = 1e-8
    momentum: Annotated[float, Ge(0), Lt(1)] = 0.0
    centered: bool = False
    weight_decay: Annotated[float, Ge(0)] = 0.0

    def update(self, step: int, weights: Array, gradient: Array, slots: Mapping[str, Array], scratch: Array) -> None:
        add_decay(self.weight_decay, weights, gradient, scratch)
        average = slots["square_average"]
        average *= self.rho
        np.multiply(gradient, gradient, out=scratch)
        scratch *= 1 - self.rho
        average += scratch
        if self.centered:
            mean = slots["gradient_average"]
            np.subtract(gradient, mean, out=scratch)
            scratch *= 1 - self.rho
            mean += scratch
            np.multiply(mean, mean, out=scratch)
            np.subtract(average, scratch, out=scratch)
            np.maximum(scratch, 0, out=scratch)  # rounding can leave a variance below zero
            np.sqrt(scratch, out=scratch)
        else:
            np.sqrt(average, out=scratch)
        scratch += self.epsilon
        np.divide(gradient, scratch, out=scratch)
        if self.momentum:
            velocity = slots["momentum_buffer"]
            velocity *= self.momentum
            velocity += scratch
            np.multiply(velocity, self.learning_rate, out=scratch)
        else:
            scratch *= self.learning_rate
        weights -= scratch

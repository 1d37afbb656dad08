"""RMSprop."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
from annotated_types import Ge, Gt, Lt

from steelyard.trainer.optimizers.base import (
    OPTIMIZERS,
    Array,
    LearningRate,
    Rule,
    Step,
    add_decay,
    average,
    average_square,
)


@OPTIMIZERS.add
@dataclass(frozen=True)
class RMSprop(Rule):
    """Divides each gradient by a running root mean square of its own.

    PyTorch calls `rho` alpha; 0.99 and the epsilon outside the root are PyTorch's, where Keras has 0.9 and inside. The
    learning rate is Keras's: PyTorch's 0.01 is too great for most small networks.
    """

    name: ClassVar = "rmsprop"
    formula: ClassVar = "s ← rho · s + (1 − rho) · g²; w ← w − learning_rate · g / (√s + epsilon)"
    source: ClassVar = "PyTorch, torch.optim.RMSprop; Tieleman and Hinton 2012; centred: Graves 2013, arXiv:1308.0850"

    learning_rate: LearningRate = 0.001
    rho: Annotated[float, Ge(0), Lt(1)] = 0.99
    epsilon: Annotated[float, Gt(0)] = 1e-8
    momentum: Annotated[float, Ge(0), Lt(1)] = 0.0
    centered: bool = False
    weight_decay: Annotated[float, Ge(0)] = 0.0

    @property
    def slots(self) -> tuple[str, ...]:
        asked = {"square_average": True, "gradient_average": self.centered, "momentum_buffer": self.momentum > 0}
        return tuple(name for name, needed in asked.items() if needed)

    def update(self, step: Step, weights: Array, gradient: Array, slots: Mapping[str, Array], scratch: Array) -> None:
        add_decay(self.weight_decay, weights, gradient, scratch)
        square = slots["square_average"]
        average_square(square, gradient, self.rho, scratch)
        if self.centered:
            mean = slots["gradient_average"]
            average(mean, gradient, self.rho, scratch)
            np.multiply(mean, mean, out=scratch)
            np.subtract(square, scratch, out=scratch)
            np.maximum(scratch, 0, out=scratch)  # rounding can leave a variance below zero
            np.sqrt(scratch, out=scratch)
        else:
            np.sqrt(square, out=scratch)
        scratch += self.epsilon
        np.divide(gradient, scratch, out=scratch)
        if self.momentum:
            velocity = slots["momentum_buffer"]
            velocity *= self.momentum
            velocity += scratch
            np.multiply(velocity, step.rate, out=scratch)
        else:
            scratch *= step.rate
        weights -= scratch

"""Adagrad and Adadelta: every weight's steps shrink with the gradients that it has seen."""

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
    average_square,
)


@OPTIMIZERS.add
@dataclass(frozen=True)
class Adagrad(Rule):
    """Divides each gradient by the root of the sum of all its squares so far.

    The sums begin at 0 as PyTorch's do; Keras's begin at 0.1, with a learning rate of 0.001 and epsilon in the root.
    """

    name: ClassVar = "adagrad"
    formula: ClassVar = "s ← s + g²; w ← w − learning_rate · g / (√s + epsilon)"
    source: ClassVar = "PyTorch, torch.optim.Adagrad; Duchi, Hazan and Singer 2011"

    learning_rate: LearningRate = 0.01
    epsilon: Annotated[float, Gt(0)] = 1e-10
    weight_decay: Annotated[float, Ge(0)] = 0.0

    @property
    def slots(self) -> tuple[str, ...]:
        return ("sum",)

    def update(self, step: Step, weights: Array, gradient: Array, slots: Mapping[str, Array], scratch: Array) -> None:
        add_decay(self.weight_decay, weights, gradient, scratch)
        total = slots["sum"]
        np.multiply(gradient, gradient, out=scratch)
        total += scratch
        np.sqrt(total, out=scratch)
        scratch += self.epsilon
        gradient /= scratch
        gradient *= step.rate
        weights -= gradient


@OPTIMIZERS.add
@dataclass(frozen=True)
class Adadelta(Rule):
    """Scales each gradient by the size of the steps before it over that of the gradients before it.

    Keras's rate is 0.001, its rho 0.95 and its epsilon 1e-7; the rule is the same.
    """

    name: ClassVar = "adadelta"
    formula: ClassVar = (
        "s ← rho · s + (1 − rho) · g²; d = g · √(u + epsilon) / √(s + epsilon); u ← rho · u + (1 − rho) · d²; "
        "w ← w − learning_rate · d"
    )
    source: ClassVar = "PyTorch, torch.optim.Adadelta; Zeiler 2012, arXiv:1212.5701"

    learning_rate: LearningRate = 1.0
    rho: Annotated[float, Ge(0), Lt(1)] = 0.9
    epsilon: Annotated[float, Gt(0)] = 1e-6
    weight_decay: Annotated[float, Ge(0)] = 0.0

    @property
    def slots(self) -> tuple[str, ...]:
        return ("square_average", "step_average")

    def update(self, step: Step, weights: Array, gradient: Array, slots: Mapping[str, Array], scratch: Array) -> None:
        add_decay(self.weight_decay, weights, gradient, scratch)
        square, moved = slots["square_average"], slots["step_average"]
        average_square(square, gradient, self.rho, scratch)
        np.add(moved, self.epsilon, out=scratch)
        np.sqrt(scratch, out=scratch)
        gradient *= scratch
        np.add(square, self.epsilon, out=scratch)
        np.sqrt(scratch, out=scratch)
        gradient /= scratch
        average_square(moved, gradient, self.rho, scratch)
        gradient *= step.rate
        weights -= gradient

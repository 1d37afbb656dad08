"""Lion."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
from annotated_types import Ge, Lt

from steelyard.trainer.optimizers.base import OPTIMIZERS, Array, LearningRate, Rule, Step, average


@OPTIMIZERS.add
@dataclass(frozen=True)
class Lion(Rule):
    """Steps of equal size for every weight: the sign of a mean of gradient and momentum. PyTorch has none.

    Keras's default rate is 0.001; the paper advises a tenth to a third of Adam's. Weight decay is decoupled.
    """

    name: ClassVar = "lion"
    formula: ClassVar = (
        "w ← w · (1 − learning_rate · weight_decay) − learning_rate · sign(β₁ m + (1 − β₁) g); m ← β₂ m + (1 − β₂) g"
    )
    source: ClassVar = "Chen et al. 2023, Symbolic discovery of optimization algorithms, arXiv:2302.06675"

    learning_rate: LearningRate = 1e-4
    beta_1: Annotated[float, Ge(0), Lt(1)] = 0.9
    beta_2: Annotated[float, Ge(0), Lt(1)] = 0.99
    weight_decay: Annotated[float, Ge(0)] = 0.0

    @property
    def slots(self) -> tuple[str, ...]:
        return ("exp_avg",)

    def update(self, step: Step, weights: Array, gradient: Array, slots: Mapping[str, Array], scratch: Array) -> None:
        mean = slots["exp_avg"]
        weights *= 1 - step.rate * self.weight_decay
        np.subtract(gradient, mean, out=scratch)
        scratch *= 1 - self.beta_1
        scratch += mean
        np.sign(scratch, out=scratch)
        scratch *= step.rate
        weights -= scratch
        average(mean, gradient, self.beta_2, scratch)

"""Adam and its kin: a running mean of the gradient over a running measure of its size."""

import math
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

Beta = Annotated[float, Ge(0), Lt(1)]
Epsilon = Annotated[float, Gt(0)]
Decay = Annotated[float, Ge(0)]


@OPTIMIZERS.add
@dataclass(frozen=True)
class Adam(Rule):
    """Adaptive moments: a running mean of the gradient over the root of a running mean of its square.

    Keras adds its epsilon, 1e-7, before the second moment's bias is corrected; PyTorch, and this, 1e-8 after it.
    `amsgrad` divides by the largest root so far. `weight_decay` is L2, added to the gradient; for the decoupled kind
    take `adamw`.
    """

    name: ClassVar = "adam"
    formula: ClassVar = (
        "m ← β₁ m + (1 − β₁) g; v ← β₂ v + (1 − β₂) g²; "
        "w ← w − learning_rate / (1 − β₁ᵗ) · m / (√v / √(1 − β₂ᵗ) + epsilon)"
    )
    source: ClassVar = "PyTorch, torch.optim.Adam; Kingma and Ba 2015, arXiv:1412.6980; Reddi, Kale and Kumar 2018"

    learning_rate: LearningRate = 0.001
    beta_1: Beta = 0.9
    beta_2: Beta = 0.999
    epsilon: Epsilon = 1e-8
    weight_decay: Decay = 0.0
    amsgrad: bool = False

    @property
    def slots(self) -> tuple[str, ...]:
        return ("exp_avg", "exp_avg_sq", "max_exp_avg_sq") if self.amsgrad else ("exp_avg", "exp_avg_sq")

    def update(self, step: Step, weights: Array, gradient: Array, slots: Mapping[str, Array], scratch: Array) -> None:
        add_decay(self.weight_decay, weights, gradient, scratch)
        adam_step(self, step, weights, gradient, slots, scratch)


@OPTIMIZERS.add
@dataclass(frozen=True)
class AdamW(Rule):
    """Adam with weight decay that shrinks the weights themselves, apart from the gradient.

    The default decay is PyTorch's; Keras's is 0.004.
    """

    name: ClassVar = "adamw"
    formula: ClassVar = "w ← w · (1 − learning_rate · weight_decay), then as adam"
    source: ClassVar = "PyTorch, torch.optim.AdamW; Loshchilov and Hutter 2019, arXiv:1711.05101"

    learning_rate: LearningRate = 0.001
    beta_1: Beta = 0.9
    beta_2: Beta = 0.999
    epsilon: Epsilon = 1e-8
    weight_decay: Decay = 0.01
    amsgrad: bool = False

    @property
    def slots(self) -> tuple[str, ...]:
        return ("exp_avg", "exp_avg_sq", "max_exp_avg_sq") if self.amsgrad else ("exp_avg", "exp_avg_sq")

    def update(self, step: Step, weights: Array, gradient: Array, slots: Mapping[str, Array], scratch: Array) -> None:
        weights *= 1 - step.rate * self.weight_decay
        adam_step(self, step, weights, gradient, slots, scratch)


def adam_step(
    rule: Adam | AdamW, step: Step, weights: Array, gradient: Array, slots: Mapping[str, Array], scratch: Array
) -> None:
    """What Adam and AdamW have in common."""
    mean, square = slots["exp_avg"], slots["exp_avg_sq"]
    average(mean, gradient, rule.beta_1, scratch)
    average_square(square, gradient, rule.beta_2, scratch)
    if rule.amsgrad:
        square = np.maximum(slots["max_exp_avg_sq"], square, out=slots["max_exp_avg_sq"])
    np.sqrt(square, out=scratch)
    scratch /= math.sqrt(1 - rule.beta_2**step.number)
    scratch += rule.epsilon
    np.divide(mean, scratch, out=scratch)
    scratch *= step.rate / (1 - rule.beta_1**step.number)
    weights -= scratch


@OPTIMIZERS.add
@dataclass(frozen=True)
class Adamax(Rule):
    """Adam with the largest gradient of late in the place of the root mean square.

    Keras's epsilon is 1e-7, added after the maximum rather than to the gradient.
    """

    name: ClassVar = "adamax"
    formula: ClassVar = "m ← β₁ m + (1 − β₁) g; u ← max(β₂ u, |g| + epsilon); w ← w − learning_rate / (1 − β₁ᵗ) · m / u"
    source: ClassVar = "PyTorch, torch.optim.Adamax; Kingma and Ba 2015, section 7.1"

    learning_rate: LearningRate = 0.002
    beta_1: Beta = 0.9
    beta_2: Beta = 0.999
    epsilon: Epsilon = 1e-8
    weight_decay: Decay = 0.0

    @property
    def slots(self) -> tuple[str, ...]:
        return ("exp_avg", "exp_inf")

    def update(self, step: Step, weights: Array, gradient: Array, slots: Mapping[str, Array], scratch: Array) -> None:
        add_decay(self.weight_decay, weights, gradient, scratch)
        mean, largest = slots["exp_avg"], slots["exp_inf"]
        average(mean, gradient, self.beta_1, scratch)
        largest *= self.beta_2
        np.abs(gradient, out=scratch)
        scratch += self.epsilon
        np.maximum(largest, scratch, out=largest)
        np.divide(mean, largest, out=scratch)
        scratch *= step.rate / (1 - self.beta_1**step.number)
        weights -= scratch


@OPTIMIZERS.add
@dataclass(frozen=True)
class Nadam(Rule):
    """Adam with Nesterov's look ahead.

    Keras's momentum grows 250 times as fast, as with a `momentum_decay` of 1; its rate is 0.001, its epsilon 1e-7.
    """

    name: ClassVar = "nadam"
    formula: ClassVar = (
        "μₜ = β₁ (1 − ½ · 0.96^(t · momentum_decay)); m, v as adam; w ← w − learning_rate · "
        "((1 − μₜ) / (1 − Πμ) · g + μₜ₊₁ / (1 − Πμ μₜ₊₁) · m) / (√(v / (1 − β₂ᵗ)) + epsilon)"
    )
    source: ClassVar = "PyTorch, torch.optim.NAdam; Dozat 2016, Incorporating Nesterov momentum into Adam"

    learning_rate: LearningRate = 0.002
    beta_1: Beta = 0.9
    beta_2: Beta = 0.999
    epsilon: Epsilon = 1e-8
    weight_decay: Decay = 0.0
    momentum_decay: Decay = 0.004

    @property
    def slots(self) -> tuple[str, ...]:
        return ("exp_avg", "exp_avg_sq")

    @property
    def scalars(self) -> dict[str, float]:
        return {"momentum_product": 1.0}

    def _momentum(self, number: int) -> float:
        return float(self.beta_1 * (1 - 0.5 * 0.96 ** (number * self.momentum_decay)))

    def advance(self, step: Step) -> None:
        step.scalars["momentum_product"] *= self._momentum(step.number)

    def update(self, step: Step, weights: Array, gradient: Array, slots: Mapping[str, Array], scratch: Array) -> None:
        add_decay(self.weight_decay, weights, gradient, scratch)
        mean, square = slots["exp_avg"], slots["exp_avg_sq"]
        average(mean, gradient, self.beta_1, scratch)
        average_square(square, gradient, self.beta_2, scratch)
        now, ahead = self._momentum(step.number), self._momentum(step.number + 1)
        product = step.scalars["momentum_product"]
        np.divide(square, 1 - self.beta_2**step.number, out=scratch)
        np.sqrt(scratch, out=scratch)
        scratch += self.epsilon
        gradient /= scratch
        gradient *= step.rate * (1 - now) / (1 - product)
        weights -= gradient
        np.divide(mean, scratch, out=scratch)
        scratch *= step.rate * ahead / (1 - product * ahead)
        weights -= scratch

"""Adam and its kin: a running mean of the gradient over a running measure of its size."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np
from annotated_types import Ge, Gt, Lt

from steelyard.nn.elementwise import absolute, maximum, sqrt
from steelyard.nn.optimizers.base import OPTIMIZERS, Array, LearningRate, Rule

Beta = Annotated[float, Ge(0), Lt(1)]
Epsilon = Annotated[float, Gt(0)]
Decay = Annotated[float, Ge(0)]


@OPTIMIZERS.add
@dataclass(frozen=True)
class Adam(Rule):
    """Adaptive moment estimation: the running mean of the gradient over the root of the running mean of its square.

    PyTorch adds epsilon, 1e-8, after the second moment's bias is corrected. `epsilon_hat` adds it before, as Keras
    (1e-7) and scikit-learn (1e-8) do; then it is the paper's ε̂. `amsgrad` divides by the largest root so far.
    `weight_decay` is L2, added to the gradient; for the decoupled kind take `adamw`.
    """

    name: ClassVar = "adam"
    formula: ClassVar = (
        "m ← β₁ m + (1 − β₁) g; v ← β₂ v + (1 − β₂) g²; "
        "w ← w − learning_rate / (1 − β₁ᵗ) · m / (√v / √(1 − β₂ᵗ) + epsilon), "
        "with epsilon_hat / ((√v + epsilon) / √(1 − β₂ᵗ))"
    )
    latex: ClassVar = (
        r"m \leftarrow \beta_1 m + (1 - \beta_1) g, \quad v \leftarrow \beta_2 v + (1 - \beta_2) g^2, \quad w "
        r"\leftarrow w - \frac{\eta}{1 - \beta_1^t} \cdot \frac{m}{\sqrt{v} / \sqrt{1 - \beta_2^t} + \epsilon}"
    )
    source: ClassVar = "PyTorch, torch.optim.Adam; Kingma and Ba 2015, arXiv:1412.6980; Reddi, Kale and Kumar 2018"

    learning_rate: LearningRate = 0.001
    beta_1: Beta = 0.9
    beta_2: Beta = 0.999
    epsilon: Epsilon = 1e-8
    weight_decay: Decay = 0.0
    amsgrad: bool = False
    epsilon_hat: bool = False

    @property
    def slots(self) -> tuple[str, ...]:
        return ("exp_avg", "exp_avg_sq", "max_exp_avg_sq") if self.amsgrad else ("exp_avg", "exp_avg_sq")

    @property
    def move(self) -> Callable[..., tuple[Any, ...]]:
        return adam_with_largest if self.amsgrad else adam

    def coefficients(self, numbers: Array, rates: Array, scalars: dict[str, float]) -> Mapping[str, Any]:
        return _coefficients(self, numbers, rates, 1.0, self.weight_decay)


@OPTIMIZERS.add
@dataclass(frozen=True)
class AdamW(Rule):
    """Adam with decoupled weight decay.

    The default decay is PyTorch's; Keras's is 0.004. `epsilon_hat` is as in `adam`.
    """

    name: ClassVar = "adamw"
    formula: ClassVar = "w ← w · (1 − learning_rate · weight_decay), then as adam"
    latex: ClassVar = r"w \leftarrow w (1 - \eta \lambda), \quad \text{then as adam}"
    source: ClassVar = "PyTorch, torch.optim.AdamW; Loshchilov and Hutter 2019, arXiv:1711.05101"

    learning_rate: LearningRate = 0.001
    beta_1: Beta = 0.9
    beta_2: Beta = 0.999
    epsilon: Epsilon = 1e-8
    weight_decay: Decay = 0.01
    amsgrad: bool = False
    epsilon_hat: bool = False

    @property
    def slots(self) -> tuple[str, ...]:
        return ("exp_avg", "exp_avg_sq", "max_exp_avg_sq") if self.amsgrad else ("exp_avg", "exp_avg_sq")

    @property
    def move(self) -> Callable[..., tuple[Any, ...]]:
        return adam_with_largest if self.amsgrad else adam

    def coefficients(self, numbers: Array, rates: Array, scalars: dict[str, float]) -> Mapping[str, Any]:
        return _coefficients(self, numbers, rates, 1 - rates * self.weight_decay, 0.0)


def _coefficients(
    rule: Adam | AdamW, numbers: Array, rates: Array, kept: Any, weight_decay: float
) -> Mapping[str, Any]:
    per_root = 1 / np.sqrt(1 - rule.beta_2**numbers)
    return {
        "kept": kept,
        "weight_decay": weight_decay,
        "share_1": 1 - rule.beta_1,
        "beta_2": rule.beta_2,
        "share_2": 1 - rule.beta_2,
        "epsilon": rule.epsilon * per_root if rule.epsilon_hat else rule.epsilon,
        "per_root": per_root,
        "rate": rates / (1 - rule.beta_1**numbers),
    }


def adam(
    w: Any,
    g: Any,
    exp_avg: Any,
    exp_avg_sq: Any,
    kept: Any,
    weight_decay: Any,
    share_1: Any,
    beta_2: Any,
    share_2: Any,
    epsilon: Any,
    per_root: Any,
    rate: Any,
) -> tuple[Any, ...]:
    """What Adam and AdamW have in common: of the one, `kept` is 1; of the other, `weight_decay` is 0."""
    g = g + weight_decay * w
    m = exp_avg + share_1 * (g - exp_avg)
    v = beta_2 * exp_avg_sq + share_2 * (g * g)
    return kept * w - rate * (m / (sqrt(v) * per_root + epsilon)), m, v


def adam_with_largest(
    w: Any,
    g: Any,
    exp_avg: Any,
    exp_avg_sq: Any,
    max_exp_avg_sq: Any,
    kept: Any,
    weight_decay: Any,
    share_1: Any,
    beta_2: Any,
    share_2: Any,
    epsilon: Any,
    per_root: Any,
    rate: Any,
) -> tuple[Any, ...]:
    """The same, over the largest mean of squares so far."""
    g = g + weight_decay * w
    m = exp_avg + share_1 * (g - exp_avg)
    v = beta_2 * exp_avg_sq + share_2 * (g * g)
    largest = maximum(max_exp_avg_sq, v)
    return kept * w - rate * (m / (sqrt(largest) * per_root + epsilon)), m, v, largest


@OPTIMIZERS.add
@dataclass(frozen=True)
class Adamax(Rule):
    """Adam with the infinity norm of recent gradients instead of the root mean square.

    Keras's epsilon is 1e-7, added after the maximum rather than to the gradient.
    """

    name: ClassVar = "adamax"
    formula: ClassVar = "m ← β₁ m + (1 − β₁) g; u ← max(β₂ u, |g| + epsilon); w ← w − learning_rate / (1 − β₁ᵗ) · m / u"
    latex: ClassVar = (
        r"m \leftarrow \beta_1 m + (1 - \beta_1) g, \quad u \leftarrow \max(\beta_2 u, |g| + \epsilon), \quad w "
        r"\leftarrow w - \frac{\eta}{1 - \beta_1^t} \cdot \frac{m}{u}"
    )
    source: ClassVar = "PyTorch, torch.optim.Adamax; Kingma and Ba 2015, section 7.1"

    learning_rate: LearningRate = 0.002
    beta_1: Beta = 0.9
    beta_2: Beta = 0.999
    epsilon: Epsilon = 1e-8
    weight_decay: Decay = 0.0

    @property
    def slots(self) -> tuple[str, ...]:
        return ("exp_avg", "exp_inf")

    @property
    def move(self) -> Callable[..., tuple[Any, ...]]:
        return adamax

    def coefficients(self, numbers: Array, rates: Array, scalars: dict[str, float]) -> Mapping[str, Any]:
        return {
            "weight_decay": self.weight_decay,
            "share_1": 1 - self.beta_1,
            "beta_2": self.beta_2,
            "epsilon": self.epsilon,
            "rate": rates / (1 - self.beta_1**numbers),
        }


def adamax(
    w: Any, g: Any, exp_avg: Any, exp_inf: Any, weight_decay: Any, share_1: Any, beta_2: Any, epsilon: Any, rate: Any
) -> tuple[Any, ...]:
    """Adamax's rule."""
    g = g + weight_decay * w
    m = exp_avg + share_1 * (g - exp_avg)
    u = maximum(beta_2 * exp_inf, absolute(g) + epsilon)
    return w - rate * (m / u), m, u


@OPTIMIZERS.add
@dataclass(frozen=True)
class Nadam(Rule):
    """Adam with Nesterov momentum.

    Keras's momentum grows 250 times as fast, as with a `momentum_decay` of 1; its rate is 0.001, its epsilon 1e-7.
    """

    name: ClassVar = "nadam"
    formula: ClassVar = (
        "μₜ = β₁ (1 − ½ · 0.96^(t · momentum_decay)); m, v as adam; w ← w − learning_rate · "
        "((1 − μₜ) / (1 − Πμ) · g + μₜ₊₁ / (1 − Πμ μₜ₊₁) · m) / (√(v / (1 − β₂ᵗ)) + epsilon)"
    )
    latex: ClassVar = (
        r"\mu_t = \beta_1 \left(1 - \tfrac{1}{2} 0.96^{t \psi}\right), \quad w \leftarrow w - \eta \frac{\frac{1 - "
        r"\mu_t}{1 - \prod \mu} g + \frac{\mu_{t+1}}{1 - \mu_{t+1} \prod \mu} m}{\sqrt{v / (1 - \beta_2^t)} + "
        r"\epsilon}"
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

    @property
    def move(self) -> Callable[..., tuple[Any, ...]]:
        return nadam

    def _momentum(self, numbers: Array) -> Array:
        momentum: Array = self.beta_1 * (1 - 0.5 * 0.96 ** (numbers * self.momentum_decay))
        return momentum

    def coefficients(self, numbers: Array, rates: Array, scalars: dict[str, float]) -> Mapping[str, Any]:
        now, ahead = self._momentum(numbers), self._momentum(numbers + 1)
        products = np.cumprod(np.concatenate([[scalars["momentum_product"]], now]))[1:]
        scalars["momentum_product"] = float(products[-1])
        return {
            "weight_decay": self.weight_decay,
            "share_1": 1 - self.beta_1,
            "beta_2": self.beta_2,
            "share_2": 1 - self.beta_2,
            "epsilon": self.epsilon,
            "correction": 1 - self.beta_2**numbers,
            "of_gradient": rates * (1 - now) / (1 - products),
            "of_mean": rates * ahead / (1 - products * ahead),
        }


def nadam(
    w: Any,
    g: Any,
    exp_avg: Any,
    exp_avg_sq: Any,
    weight_decay: Any,
    share_1: Any,
    beta_2: Any,
    share_2: Any,
    epsilon: Any,
    correction: Any,
    of_gradient: Any,
    of_mean: Any,
) -> tuple[Any, ...]:
    """Nadam's rule."""
    g = g + weight_decay * w
    m = exp_avg + share_1 * (g - exp_avg)
    v = beta_2 * exp_avg_sq + share_2 * (g * g)
    size = sqrt(v / correction) + epsilon
    return w - of_gradient * (g / size) - of_mean * (m / size), m, v

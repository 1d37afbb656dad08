"""Losses for classes and labels."""

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from annotated_types import Ge, Gt, Lt

from steelyard.nn.elementwise import absolute, exp, expm1, log1p, maximum, power, sigmoid, where
from steelyard.nn.losses.base import LOSSES, YES_OR_NO, Categorical, Pointwise

TINY = 1e-30  # in the place of a zero whose negative power is asked for


@LOSSES.add
@dataclass(frozen=True)
class CategoricalCrossentropy(Categorical):
    """Cross-entropy between the true class and the predicted probabilities. Targets are class indices."""

    name: ClassVar = "categorical_crossentropy"
    formula: ClassVar = "−Σᵢ tᵢ log pᵢ, p = softmax(z), t = (1 − s) · onehot + s / classes"
    latex: ClassVar = (
        r"L = -\sum_i t_i \log p_i, \quad p = \operatorname{softmax}(z), \quad t = (1 - s) \operatorname{onehot} + "
        r"\tfrac{s}{\text{classes}}"
    )
    gradient: ClassVar = "∂L/∂zᵢ = pᵢ − tᵢ"
    gradient_latex: ClassVar = r"\frac{\partial L}{\partial z_i} = p_i - t_i"
    source: ClassVar = "Keras 3, keras.losses.CategoricalCrossentropy(from_logits=True)"

    label_smoothing: Annotated[float, Ge(0), Lt(1)] = 0.0

    @staticmethod
    def value(log_p: Any, t: Any) -> Any:
        return -t * log_p

    @staticmethod
    def slope(log_p: Any, t: Any) -> Any:
        return -t


@LOSSES.add
@dataclass(frozen=True)
class CategoricalFocalCrossentropy(Categorical):
    """Cross-entropy that down-weights examples the network already classifies with confidence."""

    name: ClassVar = "categorical_focal_crossentropy"
    formula: ClassVar = "−alpha · Σᵢ tᵢ (1 − pᵢ)^gamma log pᵢ, p = softmax(z), t = (1 − s) · onehot + s / classes"
    latex: ClassVar = (
        r"L = -\alpha \sum_i t_i (1 - p_i)^\gamma \log p_i, \quad p = \operatorname{softmax}(z), \quad t = (1 - s) "
        r"\operatorname{onehot} + \tfrac{s}{\text{classes}}"
    )
    gradient: ClassVar = (
        "∂L/∂zᵢ = hᵢ − pᵢ · Σⱼ hⱼ, hᵢ = alpha · tᵢ · (gamma · pᵢ log pᵢ · (1 − pᵢ)^(gamma − 1) − (1 − pᵢ)^gamma)"
    )
    gradient_latex: ClassVar = (
        r"\frac{\partial L}{\partial z_i} = h_i - p_i \sum_j h_j, \quad h_i = \alpha t_i \left(\gamma\, p_i \log "
        r"p_i\, (1 - p_i)^{\gamma - 1} - (1 - p_i)^\gamma\right)"
    )
    source: ClassVar = "Lin et al. 2017, arXiv:1708.02002; Keras 3, keras.losses.CategoricalFocalCrossentropy"

    alpha: Annotated[float, Gt(0)] = 0.25
    gamma: Annotated[float, Ge(0)] = 2.0
    label_smoothing: Annotated[float, Ge(0), Lt(1)] = 0.0

    @staticmethod
    def value(log_p: Any, t: Any, alpha: Any, gamma: Any) -> Any:
        return -alpha * t * power(-expm1(log_p), gamma) * log_p

    @staticmethod
    def slope(log_p: Any, t: Any, alpha: Any, gamma: Any) -> Any:
        others = maximum(-expm1(log_p), TINY)  # 1 − p
        return alpha * t * (gamma * exp(log_p) * log_p * power(others, gamma - 1.0) - power(others, gamma))


@LOSSES.add
@dataclass(frozen=True)
class BinaryCrossentropy(Pointwise):
    """Cross-entropy for binary classification, or for several labels. Targets are 0 or 1."""

    name: ClassVar = "binary_crossentropy"
    link: ClassVar = "sigmoid"
    tasks: ClassVar = YES_OR_NO
    formula: ClassVar = "mean of log(1 + exp(z)) − z·t, t = (1 − s) · target + s / 2"
    latex: ClassVar = (
        r"L = \frac{1}{n} \sum_i \left( \log(1 + e^{z_i}) - z_i t_i \right), \quad t = (1 - s)\, \text{target} + "
        r"\tfrac{s}{2}"
    )
    gradient: ClassVar = "∂L/∂zᵢ = (σ(zᵢ) − tᵢ) / n, n outputs"
    gradient_latex: ClassVar = r"\frac{\partial L}{\partial z_i} = \frac{\sigma(z_i) - t_i}{n}"
    source: ClassVar = "Keras 3, keras.losses.BinaryCrossentropy(from_logits=True)"

    label_smoothing: Annotated[float, Ge(0), Lt(1)] = 0.0

    @staticmethod
    def value(z: Any, target: Any, label_smoothing: Any) -> Any:
        t = (1.0 - label_smoothing) * target + 0.5 * label_smoothing
        # The large terms cancel before the small one comes.
        return maximum(z, 0.0) - z * t + log1p(exp(-absolute(z)))

    @staticmethod
    def slope(z: Any, target: Any, label_smoothing: Any) -> Any:
        return sigmoid(z) - ((1.0 - label_smoothing) * target + 0.5 * label_smoothing)


@LOSSES.add
@dataclass(frozen=True)
class Hinge(Pointwise):
    """The hinge loss of a maximum-margin classifier. Targets are 0 or 1; the outputs are not probabilities."""

    name: ClassVar = "hinge"
    tasks: ClassVar = YES_OR_NO
    probabilities: ClassVar = False
    formula: ClassVar = "mean of max(0, 1 − s·y), s = 2 · target − 1"
    latex: ClassVar = r"L = \frac{1}{n} \sum_i \max(0, 1 - s_i y_i), \quad s = 2\, \text{target} - 1"
    gradient: ClassVar = "∂L/∂yᵢ = (−sᵢ if sᵢ yᵢ < 1 else 0) / n, n outputs"
    gradient_latex: ClassVar = (
        r"\frac{\partial L}{\partial y_i} = \frac{1}{n} \begin{cases} -s_i & s_i y_i < 1 \\ 0 & \text{otherwise} "
        r"\end{cases}"
    )
    source: ClassVar = "Keras 3, keras.losses.Hinge; Cortes and Vapnik 1995"

    @staticmethod
    def value(y: Any, t: Any) -> Any:
        return maximum(1.0 - (2.0 * t - 1.0) * y, 0.0)

    @staticmethod
    def slope(y: Any, t: Any) -> Any:
        side = 2.0 * t - 1.0
        return where(1.0 - side * y > 0.0, -side, 0.0)

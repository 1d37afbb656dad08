"""Adagrad and Adadelta: every weight's steps shrink with the gradients that it has seen."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from annotated_types import Ge, Gt, Lt

from steelyard.nn.elementwise import sqrt
from steelyard.nn.optimizers.base import OPTIMIZERS, Array, LearningRate, Rule


@OPTIMIZERS.add
@dataclass(frozen=True)
class Adagrad(Rule):
    """Divides each gradient by the root of the sum of all past squared gradients.

    The defaults are PyTorch's. Keras has a learning rate of 0.001, an `initial_accumulator_value` of 0.1, and an
    epsilon of 1e-7 inside the root, as with `epsilon_in_root`.
    """

    name: ClassVar = "adagrad"
    formula: ClassVar = (
        "s ← s + g², s from initial_accumulator_value; w ← w − learning_rate · g / (√s + epsilon), or / √(s + epsilon)"
    )
    latex: ClassVar = r"s \leftarrow s + g^2, \quad w \leftarrow w - \eta \frac{g}{\sqrt{s} + \epsilon}"
    source: ClassVar = "PyTorch, torch.optim.Adagrad; Duchi, Hazan and Singer 2011"

    learning_rate: LearningRate = 0.01
    epsilon: Annotated[float, Gt(0)] = 1e-10
    weight_decay: Annotated[float, Ge(0)] = 0.0
    initial_accumulator_value: Annotated[float, Ge(0)] = 0.0
    epsilon_in_root: bool = False

    @property
    def slots(self) -> tuple[str, ...]:
        return ("sum",)

    @property
    def move(self) -> Callable[..., tuple[Any, ...]]:
        return adagrad

    def coefficients(self, numbers: Array, rates: Array, scalars: dict[str, float]) -> Mapping[str, Any]:
        return {
            "weight_decay": self.weight_decay,
            "inside": self.initial_accumulator_value + (self.epsilon if self.epsilon_in_root else 0.0),
            "epsilon": 0.0 if self.epsilon_in_root else self.epsilon,
            "rate": rates,
        }


def adagrad(
    w: Any,
    g: Any,
    sum: Any,  # noqa: A002
    weight_decay: Any,
    inside: Any,
    epsilon: Any,
    rate: Any,
) -> tuple[Any, ...]:
    """Adagrad's rule. The sums are those of the squares alone: what they begin with is added inside the root."""
    g = g + weight_decay * w
    s = sum + g * g
    return w - rate * (g / (sqrt(s + inside) + epsilon)), s


@OPTIMIZERS.add
@dataclass(frozen=True)
class Adadelta(Rule):
    """Scales each gradient by the ratio of the running averages of past steps and past gradients.

    Keras's rate is 0.001, its rho 0.95 and its epsilon 1e-7; the rule is the same.
    """

    name: ClassVar = "adadelta"
    formula: ClassVar = (
        "s ← rho · s + (1 − rho) · g²; d = g · √(u + epsilon) / √(s + epsilon); u ← rho · u + (1 − rho) · d²; "
        "w ← w − learning_rate · d"
    )
    latex: ClassVar = (
        r"s \leftarrow \rho s + (1 - \rho) g^2, \quad d = g \frac{\sqrt{u + \epsilon}}{\sqrt{s + \epsilon}}, \quad "
        r"u \leftarrow \rho u + (1 - \rho) d^2, \quad w \leftarrow w - \eta d"
    )
    source: ClassVar = "PyTorch, torch.optim.Adadelta; Zeiler 2012, arXiv:1212.5701"

    learning_rate: LearningRate = 1.0
    rho: Annotated[float, Ge(0), Lt(1)] = 0.9
    epsilon: Annotated[float, Gt(0)] = 1e-6
    weight_decay: Annotated[float, Ge(0)] = 0.0

    @property
    def slots(self) -> tuple[str, ...]:
        return ("square_average", "step_average")

    @property
    def move(self) -> Callable[..., tuple[Any, ...]]:
        return adadelta

    def coefficients(self, numbers: Array, rates: Array, scalars: dict[str, float]) -> Mapping[str, Any]:
        return {
            "weight_decay": self.weight_decay,
            "rho": self.rho,
            "share": 1 - self.rho,
            "epsilon": self.epsilon,
            "rate": rates,
        }


def adadelta(
    w: Any,
    g: Any,
    square_average: Any,
    step_average: Any,
    weight_decay: Any,
    rho: Any,
    share: Any,
    epsilon: Any,
    rate: Any,
) -> tuple[Any, ...]:
    """Adadelta's rule."""
    g = g + weight_decay * w
    s = rho * square_average + share * (g * g)
    d = g * sqrt(step_average + epsilon) / sqrt(s + epsilon)
    return w - rate * d, s, rho * step_average + share * (d * d)

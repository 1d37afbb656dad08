"""RMSprop."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from annotated_types import Ge, Gt, Lt

from steelyard.nn.elementwise import maximum, sqrt
from steelyard.nn.optimizers.base import OPTIMIZERS, Array, LearningRate, Rule


@OPTIMIZERS.add
@dataclass(frozen=True)
class RMSprop(Rule):
    """Divides each gradient by the running root mean square of that gradient.

    PyTorch calls `rho` alpha; 0.99 and the epsilon outside the root are PyTorch's. Keras has 0.9, and an epsilon of
    1e-7 inside the root, as with `epsilon_in_root`. The learning rate is Keras's: PyTorch's 0.01 is too large for most
    small networks.
    """

    name: ClassVar = "rmsprop"
    formula: ClassVar = "s ← rho · s + (1 − rho) · g²; w ← w − learning_rate · g / (√s + epsilon), or / √(s + epsilon)"
    latex: ClassVar = r"s \leftarrow \rho s + (1 - \rho) g^2, \quad w \leftarrow w - \eta \frac{g}{\sqrt{s} + \epsilon}"
    source: ClassVar = "PyTorch, torch.optim.RMSprop; Tieleman and Hinton 2012; centered: Graves 2013, arXiv:1308.0850"

    learning_rate: LearningRate = 0.001
    rho: Annotated[float, Ge(0), Lt(1)] = 0.99
    epsilon: Annotated[float, Gt(0)] = 1e-8
    momentum: Annotated[float, Ge(0), Lt(1)] = 0.0
    centered: bool = False
    weight_decay: Annotated[float, Ge(0)] = 0.0
    epsilon_in_root: bool = False

    @property
    def slots(self) -> tuple[str, ...]:
        asked = {"square_average": True, "gradient_average": self.centered, "momentum_buffer": self.momentum > 0}
        return tuple(name for name, needed in asked.items() if needed)

    @property
    def move(self) -> Callable[..., tuple[Any, ...]]:
        if self.centered:
            return centered_with_momentum if self.momentum else centered
        return plain_with_momentum if self.momentum else plain

    def coefficients(self, numbers: Array, rates: Array, scalars: dict[str, float]) -> Mapping[str, Any]:
        return {
            "weight_decay": self.weight_decay,
            "rho": self.rho,
            "share": 1 - self.rho,
            "inside": self.epsilon if self.epsilon_in_root else 0.0,
            "epsilon": 0.0 if self.epsilon_in_root else self.epsilon,
            "momentum": self.momentum,
            "rate": rates,
        }


def plain(
    w: Any, g: Any, square_average: Any, weight_decay: Any, rho: Any, share: Any, inside: Any, epsilon: Any, rate: Any
) -> tuple[Any, ...]:
    """The rule."""
    g = g + weight_decay * w
    s = rho * square_average + share * (g * g)
    return w - rate * (g / (sqrt(s + inside) + epsilon)), s


def plain_with_momentum(
    w: Any,
    g: Any,
    square_average: Any,
    momentum_buffer: Any,
    weight_decay: Any,
    rho: Any,
    share: Any,
    inside: Any,
    epsilon: Any,
    momentum: Any,
    rate: Any,
) -> tuple[Any, ...]:
    """The same, of what such steps have added up to."""
    g = g + weight_decay * w
    s = rho * square_average + share * (g * g)
    b = momentum * momentum_buffer + g / (sqrt(s + inside) + epsilon)
    return w - rate * b, s, b


def centered(
    w: Any,
    g: Any,
    square_average: Any,
    gradient_average: Any,
    weight_decay: Any,
    rho: Any,
    share: Any,
    inside: Any,
    epsilon: Any,
    rate: Any,
) -> tuple[Any, ...]:
    """By the root of the variance. Rounding can leave that below zero."""
    g = g + weight_decay * w
    s = rho * square_average + share * (g * g)
    m = gradient_average + share * (g - gradient_average)
    return w - rate * (g / (sqrt(maximum(s - m * m, 0.0) + inside) + epsilon)), s, m


def centered_with_momentum(
    w: Any,
    g: Any,
    square_average: Any,
    gradient_average: Any,
    momentum_buffer: Any,
    weight_decay: Any,
    rho: Any,
    share: Any,
    inside: Any,
    epsilon: Any,
    momentum: Any,
    rate: Any,
) -> tuple[Any, ...]:
    """Both."""
    g = g + weight_decay * w
    s = rho * square_average + share * (g * g)
    m = gradient_average + share * (g - gradient_average)
    b = momentum * momentum_buffer + g / (sqrt(maximum(s - m * m, 0.0) + inside) + epsilon)
    return w - rate * b, s, m, b

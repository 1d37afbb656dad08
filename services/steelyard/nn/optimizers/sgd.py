"""Stochastic gradient descent."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from annotated_types import Ge, Lt

from steelyard.errors import InvalidParameter
from steelyard.nn.optimizers.base import OPTIMIZERS, Array, LearningRate, Rule


@OPTIMIZERS.add
@dataclass(frozen=True)
class SGD(Rule):
    """Stochastic gradient descent, with optional momentum.

    Keras puts the learning rate inside `v`; while it is constant, both give the same weights. The default rate is
    Keras's; PyTorch's is 0.001.
    """

    name: ClassVar = "sgd"
    formula: ClassVar = "v ← momentum · v + g; w ← w − learning_rate · (g + momentum · v if nesterov else v)"
    latex: ClassVar = (
        r"v \leftarrow \mu v + g, \quad w \leftarrow w - \eta v \quad \text{or, with Nesterov,} \quad w \leftarrow "
        r"w - \eta (g + \mu v)"
    )
    source: ClassVar = "PyTorch, torch.optim.SGD; Sutskever et al. 2013"

    learning_rate: LearningRate = 0.01
    momentum: Annotated[float, Ge(0), Lt(1)] = 0.0
    nesterov: bool = False
    weight_decay: Annotated[float, Ge(0)] = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.nesterov and not self.momentum:
            raise InvalidParameter("nesterov", "requires a momentum greater than 0")

    @property
    def slots(self) -> tuple[str, ...]:
        return ("momentum_buffer",) if self.momentum else ()

    @property
    def move(self) -> Callable[..., tuple[Any, ...]]:
        if not self.momentum:
            return descend
        return descend_ahead if self.nesterov else descend_with_momentum

    def coefficients(self, numbers: Array, rates: Array, scalars: dict[str, float]) -> Mapping[str, Any]:
        return {"weight_decay": self.weight_decay, "momentum": self.momentum, "rate": rates}


def descend(w: Any, g: Any, weight_decay: Any, rate: Any) -> tuple[Any, ...]:
    """A step against the gradient."""
    return (w - rate * (g + weight_decay * w),)


def descend_with_momentum(
    w: Any, g: Any, momentum_buffer: Any, weight_decay: Any, momentum: Any, rate: Any
) -> tuple[Any, ...]:
    """A step against what the gradients have added up to."""
    v = momentum * momentum_buffer + (g + weight_decay * w)
    return w - rate * v, v


def descend_ahead(w: Any, g: Any, momentum_buffer: Any, weight_decay: Any, momentum: Any, rate: Any) -> tuple[Any, ...]:
    """The same with Nesterov's look ahead."""
    g = g + weight_decay * w
    v = momentum * momentum_buffer + g
    return w - rate * (g + momentum * v), v

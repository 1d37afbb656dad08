"""Lion."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from annotated_types import Ge, Lt

from steelyard.nn.elementwise import sign
from steelyard.nn.optimizers.base import OPTIMIZERS, Array, LearningRate, Rule


@OPTIMIZERS.add
@dataclass(frozen=True)
class Lion(Rule):
    """The step of every weight is the sign of a mean of gradient and momentum. PyTorch does not have it.

    Keras's default rate is 0.001; the paper advises a tenth to a third of Adam's. Weight decay is decoupled.
    """

    name: ClassVar = "lion"
    formula: ClassVar = (
        "w ← w · (1 − learning_rate · weight_decay) − learning_rate · sign(β₁ m + (1 − β₁) g); m ← β₂ m + (1 − β₂) g"
    )
    latex: ClassVar = (
        r"w \leftarrow w (1 - \eta \lambda) - \eta \operatorname{sign}(\beta_1 m + (1 - \beta_1) g), \quad m "
        r"\leftarrow \beta_2 m + (1 - \beta_2) g"
    )
    source: ClassVar = "Chen et al. 2023, Symbolic discovery of optimization algorithms, arXiv:2302.06675"

    learning_rate: LearningRate = 1e-4
    beta_1: Annotated[float, Ge(0), Lt(1)] = 0.9
    beta_2: Annotated[float, Ge(0), Lt(1)] = 0.99
    weight_decay: Annotated[float, Ge(0)] = 0.0

    @property
    def slots(self) -> tuple[str, ...]:
        return ("exp_avg",)

    @property
    def move(self) -> Callable[..., tuple[Any, ...]]:
        return lion

    def coefficients(self, numbers: Array, rates: Array, scalars: dict[str, float]) -> Mapping[str, Any]:
        return {
            "kept": 1 - rates * self.weight_decay,
            "share_1": 1 - self.beta_1,
            "share_2": 1 - self.beta_2,
            "rate": rates,
        }


def lion(w: Any, g: Any, exp_avg: Any, kept: Any, share_1: Any, share_2: Any, rate: Any) -> tuple[Any, ...]:
    """Lion's rule."""
    direction = sign(exp_avg + share_1 * (g - exp_avg))
    return kept * w - rate * direction, exp_avg + share_2 * (g - exp_avg)

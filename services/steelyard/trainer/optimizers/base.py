"""What every optimiser is: parameters of a rule. Its state lives outside, in vectors as long as the weights."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
from annotated_types import Gt
from numpy.typing import NDArray

from steelyard.trainer.parts import Part, Registry

Array = NDArray[Any]
LearningRate = Annotated[float, Gt(0)]


@dataclass(frozen=True)
class Optimizer(Part):
    """A way to move weights `(n,)` by their gradients. What it has to remember is outside it."""

    learning_rate: LearningRate = 0.001

    @property
    def slots(self) -> tuple[str, ...]:
        """The vectors that it keeps beside the weights; they begin as zeros."""
        return ()

    @property
    def scalars(self) -> dict[str, float]:
        """Numbers that it keeps beside the slots, with their first values."""
        return {}


@dataclass(frozen=True)
class Rule(Optimizer):
    """An optimiser that moves each weight by what it knows of that weight alone.

    Its rule is a formula in `steelyard.trainer.elementary`'s functions, which NumPy computes for arrays, and from which
    the compiled kernels are made.
    """

    @property
    def move(self) -> Callable[..., tuple[Any, ...]]:
        """The rule: from a weight, its gradient, its slots and the coefficients to the new weight and slots."""
        raise TypeError(f"{self.name} names no rule")

    def coefficients(self, numbers: Array, rates: Array, scalars: dict[str, float]) -> Array:
        """What the rule takes last, the same for all weights, for some steps that follow each other.

        Args:
            numbers: of the steps, counted from 1, `(steps,)`.
            rates: their learning rates, `(steps,)`, which may be a schedule's.
            scalars: the optimiser's, moved on to behind the last of these steps.

        Returns:
            `(steps, coefficients)`, float64.
        """
        raise TypeError(f"{self.name} names no coefficients")

    def update(self, weights: Array, gradient: Array, slots: Sequence[Array], coefficients: Sequence[float]) -> None:
        """Make one step of some weights `(n,)`, in place."""
        for kept, moved in zip((weights, *slots), self.move(weights, gradient, *slots, *coefficients), strict=True):
            kept[...] = moved


OPTIMIZERS = Registry[Optimizer]("optimizer")


def by_step(rates: Array, *columns: Any) -> Array:
    """Columns of coefficients, each a number or one number a step, side by side: `(steps, columns)`."""
    table = np.empty((len(rates), len(columns)))
    for place, column in enumerate(columns):
        table[:, place] = column
    return table

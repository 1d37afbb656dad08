"""What every optimiser is: parameters of a rule. Its state lives outside, in vectors as long as the weights."""

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
from annotated_types import Gt
from numpy.typing import NDArray

from steelyard.trainer.parts import Part, Registry

Array = NDArray[Any]
LearningRate = Annotated[float, Gt(0)]


@dataclass
class Step:
    """The step to make.

    Its number is counted from 1, its rate may be a schedule's, its scalars are the optimiser's and go on changing.
    """

    number: int
    rate: float
    scalars: dict[str, float]


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

    So it works element by element, in place, and may be given the weights a piece at a time.
    """

    def advance(self, step: Step) -> None:
        """Move the scalars on; asked once a step, before the updates."""

    @abstractmethod
    def update(self, step: Step, weights: Array, gradient: Array, slots: Mapping[str, Array], scratch: Array) -> None:
        """Make a step. `gradient` and `scratch` `(n,)` may be overwritten."""


OPTIMIZERS = Registry[Optimizer]("optimizer")


def add_decay(strength: float, weights: Array, gradient: Array, scratch: Array) -> None:
    """Add L2 weight decay to the gradient, as PyTorch's `weight_decay` does."""
    if strength:
        np.multiply(weights, strength, out=scratch)
        gradient += scratch


def average(mean: Array, value: Array, beta: float, scratch: Array) -> None:
    """Move a running mean towards `value`: `m ← m + (1 − beta) · (v − m)`, which is PyTorch's order of operations."""
    np.subtract(value, mean, out=scratch)
    scratch *= 1 - beta
    mean += scratch


def average_square(square: Array, value: Array, beta: float, scratch: Array) -> None:
    """Move a running mean of squares: `s ← beta · s + (1 − beta) · v²`."""
    square *= beta
    np.multiply(value, value, out=scratch)
    scratch *= 1 - beta
    square += scratch

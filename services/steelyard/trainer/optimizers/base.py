"""What every optimiser is: parameters of a rule. Its state lives outside, in vectors as long as the weights."""

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np
from annotated_types import Gt
from numpy.typing import NDArray

from steelyard.trainer.parts import Part, Registry

Array = NDArray[Any]
LearningRate = Annotated[float, Gt(0)]


@dataclass(frozen=True)
class Optimizer(Part):
    """A rule that moves weights `(n,)` by their gradients, in place.

    `slots` names the vectors that the rule keeps beside the weights; they begin as zeros. An update works element by
    element, so that it may be given the weights a piece at a time.
    """

    slots: ClassVar[tuple[str, ...]] = ()

    learning_rate: LearningRate = 0.001

    @abstractmethod
    def update(self, step: int, weights: Array, gradient: Array, slots: Mapping[str, Array], scratch: Array) -> None:
        """Make the step number `step`, counted from 1. `gradient` and `scratch` `(n,)` may be overwritten."""


OPTIMIZERS = Registry[Optimizer]("optimizer")


def add_decay(strength: float, weights: Array, gradient: Array, scratch: Array) -> None:
    """Add L2 weight decay to the gradient, as PyTorch's `weight_decay` does."""
    if strength:
        np.multiply(weights, strength, out=scratch)
        gradient += scratch

"""Stochastic gradient descent."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
from annotated_types import Ge, Lt

from steelyard.errors import InvalidParameter
from steelyard.trainer.optimizers.base import OPTIMIZERS, Array, LearningRate, Rule, Step, add_decay


@OPTIMIZERS.add
@dataclass(frozen=True)
class SGD(Rule):
    """Steps against the gradient, with momentum if asked.

    Keras puts the learning rate inside `v`; while it is constant, both give the same weights. The default rate is
    Keras's; PyTorch's is 0.001.
    """

    name: ClassVar = "sgd"
    formula: ClassVar = "v ← momentum · v + g; w ← w − learning_rate · (g + momentum · v if nesterov else v)"
    source: ClassVar = "PyTorch, torch.optim.SGD; Sutskever et al. 2013"

    learning_rate: LearningRate = 0.01
    momentum: Annotated[float, Ge(0), Lt(1)] = 0.0
    nesterov: bool = False
    weight_decay: Annotated[float, Ge(0)] = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.nesterov and not self.momentum:
            raise InvalidParameter("nesterov", "needs a momentum greater than 0")

    @property
    def slots(self) -> tuple[str, ...]:
        return ("momentum_buffer",) if self.momentum else ()

    def update(self, step: Step, weights: Array, gradient: Array, slots: Mapping[str, Array], scratch: Array) -> None:
        add_decay(self.weight_decay, weights, gradient, scratch)
        if self.momentum:
            velocity = slots["momentum_buffer"]
            velocity *= self.momentum
            velocity += gradient
            if self.nesterov:
                np.multiply(velocity, self.momentum, out=scratch)
                gradient += scratch
            else:
                gradient = velocity
        np.multiply(gradient, step.rate, out=scratch)
        weights -= scratch

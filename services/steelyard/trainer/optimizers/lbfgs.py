"""L-BFGS: a quasi-Newton method over all rows at once, with a line search."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
from annotated_types import Ge, Le

from steelyard.trainer.optimizers.base import OPTIMIZERS, Array, LearningRate, Optimizer


@OPTIMIZERS.add
@dataclass(frozen=True)
class LBFGS(Optimizer):
    """Steps along minus an estimate of the inverse Hessian times the gradient, made of the last `history_size` steps.

    An epoch is one step over all rows; how far it goes is found by SciPy's line search for the strong Wolfe
    conditions, and `learning_rate` scales the first step alone, as PyTorch's does. It needs a network that gives the
    same values twice: no dropout, no noise, no batch normalisation.
    """

    name: ClassVar = "lbfgs"
    formula: ClassVar = "w ← w − a · H · g, a by line search, H from pairs s = Δw, y = Δg by the two-loop recursion"
    source: ClassVar = "Nocedal 1980; Nocedal and Wright 2006, algorithm 7.4; PyTorch, torch.optim.LBFGS"

    learning_rate: LearningRate = 1.0
    history_size: Annotated[int, Ge(1), Le(100)] = 10

    @property
    def slots(self) -> tuple[str, ...]:
        return tuple(f"{kind}_{age}" for kind in ("step", "change") for age in range(self.history_size))

    @property
    def scalars(self) -> dict[str, float]:
        return {"pairs": 0}

    def direction(self, gradient: Array, pairs: Sequence[tuple[Array, Array]]) -> Array:
        """Minus the estimate of the inverse Hessian times `gradient` `(n,)`.

        `pairs` are steps and the changes of the gradient that they made, newest first.
        """
        found = -gradient
        shares = []
        for step, change in pairs:
            share = np.dot(step, found) / np.dot(step, change)
            shares.append(share)
            found -= share * change
        if pairs:
            step, change = pairs[0]
            found *= np.dot(step, change) / np.dot(change, change)
        for (step, change), share in zip(reversed(pairs), reversed(shares), strict=True):
            found += (share - np.dot(change, found) / np.dot(step, change)) * step
        return found

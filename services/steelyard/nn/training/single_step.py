"""One step of a training alone, and what it was made of: for looking into it."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from steelyard.nn.training.loop import Training

Array = NDArray[Any]


@dataclass(frozen=True)
class Made:
    """A step and what it was made of: the batch, `order` its places in the training rows, and the learning rate.

    `weights` are those of the batch's rows, or `None`. `finite` is whether the loss was; if not, no weight changed.
    """

    x: Array
    y: Array
    weights: Array | None
    order: Array
    number: int
    rate: float
    finite: bool


def make_one(training: Training) -> Made:
    """Make the first step of an epoch; the network has the weights that `Training.run` would give it after this step.

    `run` cannot go on from there.
    """
    training._begin_epoch()
    batches = training._batches
    x, y, *weights = (column.copy() for column in batches.take(0))
    [rate], number = training._rates(1), training._steps_before + training.step + 1
    made = training._steps.make(0, np.array([number]), np.array([rate]), training._sums)
    return Made(
        x, y, weights[0] if weights else None, batches.order[: len(x)].copy(), number, float(rate), finite=bool(made)
    )

"""The steps of a training, made by NumPy: the reference for the compiled engine, and able to run every part."""

import math
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

from numpy.typing import NDArray

from steelyard.nn.batches import Batches
from steelyard.nn.clipping import GradientClip
from steelyard.nn.engines.updates import Updates
from steelyard.nn.evaluation import as_scored
from steelyard.nn.losses import Cost, Loss
from steelyard.nn.metrics import Metric
from steelyard.nn.network import Network, Pass
from steelyard.nn.optimizers import Optimizer
from steelyard.nn.penalties import Penalties
from steelyard.nn.rng import Streams

Array = NDArray[Any]


class Steps(ABC):
    """A way to make steps. `slots` and `scalars` are what the optimizer keeps, moved on with every step.

    `stride` is how many batches it makes best without coming back.
    """

    slots: dict[str, Array]
    scalars: dict[str, float]
    stride: int = 1

    @abstractmethod
    def make(self, first: int, numbers: Array, rates: Array, sums: Array, before_last: Array | None = None) -> int:
        """Make a step for each of some batches, from number `first` on.

        Args:
            first: the batch's number in the epoch, from 0.
            numbers: of the steps, counted from 1, `(steps,)`.
            rates: their learning rates, `(steps,)`.
            sums: of the epoch, float64, added to: the loss by weight, then each metric by rows.
            before_last: filled with the weights before the last of these steps.

        Returns:
            How many steps were made: fewer when a loss was not finite, before the step that it would have led to.
        """

    @abstractmethod
    def first_not_finite(self, batch: int) -> str | None:
        """The name of the first layer that makes values that are not finite of a batch."""


class NumPySteps(Steps):
    """Steps made by NumPy, one at a time."""

    def __init__(
        self,
        network: Network,
        loss: Loss,
        optimizer: Optimizer,
        batches: Batches,
        *,
        streams: Streams,
        gradient_clip: GradientClip | None,
        metrics: Sequence[Metric],
    ) -> None:
        self._network, self._loss, self._batches, self._metrics = network, loss, batches, metrics
        logits = loss.link is not None
        sizes = batches.sizes()
        self._passes = {size: Pass(network, size, logits=logits, streams=streams) for size in sizes}
        self._costs = {size: Cost(loss, size, network.outputs, network.dtype) for size in sizes}
        self._penalties = Penalties(network)
        self._updates = Updates(network, optimizer, gradient_clip, self._look)
        self.slots, self.scalars = self._updates.slots, self._updates.scalars

    def make(self, first: int, numbers: Array, rates: Array, sums: Array, before_last: Array | None = None) -> int:
        for made, (number, rate) in enumerate(zip(numbers.tolist(), rates.tolist(), strict=True)):
            if before_last is not None and made == len(numbers) - 1:
                before_last[:] = self._network.parameters
            x, y, *weights = self._batches.take(first + made)
            rows, weight = len(x), weights[0] if weights else None
            path, cost = self._passes[rows], self._costs[rows]
            outputs = path.forward(x)
            loss = cost.value(outputs, y, weight)
            if not math.isfinite(loss):
                return made
            sums[0] += (rows if weight is None else float(weight.sum())) * (loss + self._penalties.value())
            if self._metrics:
                scored = as_scored(self._network, self._loss, outputs, y)
                for place, metric in enumerate(self._metrics, start=1):
                    sums[place] += rows * metric.score(*scored)
            path.backward(cost.gradient)
            self._penalties.add_gradients()
            self._updates.make(number, rate)
        return len(numbers)

    def _look(self) -> float:
        """The loss of all rows at the weights as they are, with its gradient in the network's: for line searches."""
        x, y, *weights = self._batches.take(0)
        path, cost = self._passes[len(x)], self._costs[len(x)]
        loss = cost.value(path.forward(x), y, weights[0] if weights else None)
        path.backward(cost.gradient)
        self._penalties.add_gradients()
        return loss + self._penalties.value()

    def first_not_finite(self, batch: int) -> str | None:
        x = self._batches.take(batch)[0]
        return self._passes[len(x)].first_not_finite(x)

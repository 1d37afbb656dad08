"""How good a network is on rows that it is not trained on, and what its outputs mean."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from steelyard.errors import InvalidParameter
from steelyard.nn.ensemble import AnyNetwork
from steelyard.nn.losses import Cost, Loss
from steelyard.nn.metrics import Metric
from steelyard.nn.network import Network, Pass
from steelyard.nn.one_hot import OneHot
from steelyard.nn.penalties import Penalties

Array = NDArray[Any]


def require_link(network: Network, loss: Loss) -> None:
    """Raise `InvalidParameter` unless the output layer's activation is the one that the loss's logits are for."""
    if loss.link is not None and network.output_activation.name != loss.link:
        seen = network.output_activation.name
        raise InvalidParameter("activation", f"is {seen!r}; with {loss.name} the output layer's must be {loss.link!r}")


class Evaluation:
    """Rows on which a network is measured again and again as it trains. Arguments as for `Training`."""

    def __init__(self, network: Network, loss: Loss, x: Array | OneHot, y: Array, *, metrics: Sequence[Metric]) -> None:
        self._network, self._loss, self._x, self._y = network, loss, x, y
        self._metrics = [metric for metric in metrics if not metric.of_probabilities]
        self._cost = Cost(loss, len(x), network.outputs, network.dtype)
        self._penalties = Penalties(network)
        self._passes: dict[int, Pass] = {}  # to make them takes as long as to multiply a few hundred rows

    def measure(self) -> dict[str, float]:
        """The loss, with penalties, and the metrics over all rows, with the network's weights as they are now."""
        outputs = self._network.compute(self._x, logits=self._loss.link is not None, passes=self._passes)
        cost = self._cost.value(outputs, self._y) + self._penalties.value()
        scored = as_scored(self._network, self._loss, outputs, self._y)
        return {"loss": cost} | {metric.name: metric.score(*scored) for metric in self._metrics}


def as_scored(network: AnyNetwork, loss: Loss, outputs: Array, y: Array) -> tuple[Array, Array]:
    """Targets and predictions as metrics take them: class indices, labels 0 or 1, or values.

    `outputs` are logits if the loss has a link.
    """
    if y.ndim == 1:
        return y, outputs.argmax(axis=1)
    if {"binary", "multilabel"} & {*loss.tasks}:
        found = outputs > _middle(loss)
        return (y[:, 0], found[:, 0]) if y.shape[1] == 1 else (y, found)
    return y, outputs if loss.link is None else network.activate(outputs)


def _middle(loss: Loss) -> float:
    """The output between yes and no: a probability of one half, which is a logit of zero; or the middle of a margin."""
    return 0.5 if loss.link is None and loss.probabilities else 0.0


@dataclass(frozen=True)
class Answers:
    """What a network says of rows.

    `outputs` are logits if the loss has a link. `predictions` are class indices `(rows,)`, labels 0 or 1
    `(rows, labels)`, or values `(rows, targets)`; `probabilities` `(rows, classes)` or `(rows, labels)`, or `None`
    where the loss gives none.
    """

    outputs: Array
    predictions: Array
    probabilities: Array | None

    def part(self, rows: slice) -> "Answers":
        """What it says of some of the rows."""
        probabilities = None if self.probabilities is None else self.probabilities[rows]
        return Answers(self.outputs[rows], self.predictions[rows], probabilities)


def answer(network: AnyNetwork, loss: Loss, x: Array | OneHot) -> Answers:
    """Predict for `x` `(rows, features)`."""
    outputs = network.compute(x, logits=loss.link is not None)
    activated = outputs if loss.link is None else network.activate(outputs)
    if not {"multiclass", "binary", "multilabel"} & {*loss.tasks}:
        return Answers(outputs, activated, None)
    probabilities = activated if loss.probabilities else None
    if "multiclass" in loss.tasks:
        return Answers(outputs, outputs.argmax(axis=1), probabilities)
    predictions = (outputs > _middle(loss)).astype(np.int64)
    if outputs.shape[1] > 1:
        return Answers(outputs, predictions, probabilities)
    # The single output of two classes is the probability of the second.
    both = None if probabilities is None else np.concatenate([1 - probabilities, probabilities], axis=1)
    return Answers(outputs, predictions[:, 0], both)

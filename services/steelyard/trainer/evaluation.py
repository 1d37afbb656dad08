"""How good a network is on rows that it is not trained on, and what its outputs mean."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from steelyard.errors import InvalidParameter
from steelyard.trainer.losses import Cost, Loss
from steelyard.trainer.metrics import Metric
from steelyard.trainer.network import Network
from steelyard.trainer.penalties import Penalties

Array = NDArray[Any]


def require_link(network: Network, loss: Loss) -> None:
    """Raise `InvalidParameter` unless the output layer's activation is the one that the loss's logits are for."""
    if loss.link is not None and network.output_activation.name != loss.link:
        seen = network.output_activation.name
        raise InvalidParameter("activation", f"is {seen!r}; with {loss.name} the output layer's must be {loss.link!r}")


def evaluate(network: Network, loss: Loss, x: Array, y: Array, *, metrics: Sequence[Metric]) -> dict[str, float]:
    """The loss, with penalties, and the metrics over all rows. Arguments as for `Training`."""
    outputs = network.compute(x, logits=loss.link is not None)
    cost = Cost(loss, len(outputs), network.outputs, network.dtype).value(outputs, y) + Penalties(network).value()
    scored = as_scored(network, loss, outputs, y)
    return {"loss": cost} | {metric.name: metric.score(*scored) for metric in metrics if not metric.of_probabilities}


def as_scored(network: Network, loss: Loss, outputs: Array, y: Array) -> tuple[Array, Array]:
    """Targets and predictions as metrics take them: class indices, labels 0 or 1, or values.

    `outputs` are logits if the loss has a link: a probability of one half is a logit of zero, and so is the margin's
    middle for a loss without probabilities.
    """
    if y.ndim == 1:
        return y, outputs.argmax(axis=1)
    if "binary" in loss.tasks:
        return (y[:, 0], outputs[:, 0] > 0) if y.shape[1] == 1 else (y, outputs > 0)
    return y, outputs if loss.link is None else network.activate(outputs)


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


def answer(network: Network, loss: Loss, x: Array) -> Answers:
    """Predict for `x` `(rows, features)`."""
    outputs = network.compute(x, logits=loss.link is not None)
    if "multiclass" in loss.tasks:
        return Answers(outputs, outputs.argmax(axis=1), network.activate(outputs))
    if "binary" not in loss.tasks:
        return Answers(outputs, outputs if loss.link is None else network.activate(outputs), None)
    said = (outputs > 0).astype(np.int64)
    chances = network.activate(outputs) if loss.probabilities else None
    if outputs.shape[1] > 1:
        return Answers(outputs, said, chances)
    # The single output of two classes is the probability of the second.
    both = None if chances is None else np.concatenate([1 - chances, chances], axis=1)
    return Answers(outputs, said[:, 0], both)

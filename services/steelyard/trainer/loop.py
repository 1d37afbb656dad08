"""The training loop: a generator that yields after every batch and every epoch, and can be asked for its state.

Whoever drives it decides on progress, checkpoints and stopping; nothing is called back. Going on from a state gives
bit for bit the weights that the uninterrupted run gives.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from steelyard.errors import Diverged, InvalidParameter
from steelyard.trainer.batches import Batches
from steelyard.trainer.losses import Loss
from steelyard.trainer.metrics import Metric
from steelyard.trainer.network import Network, Pass
from steelyard.trainer.optimizers import Optimizer
from steelyard.trainer.penalties import Penalties
from steelyard.trainer.rng import Streams
from steelyard.trainer.stopping import BestEpoch, EarlyStopping
from steelyard.trainer.updates import Updates

Array = NDArray[Any]


@dataclass(frozen=True)
class Batch:
    """A step was made, the one numbered `index`, from 1, of the epoch's `batches`."""

    epoch: int
    index: int
    batches: int


@dataclass(frozen=True)
class Epoch:
    """An epoch is over. `values` are named as in Keras: `loss`, `accuracy`, `val_loss`, `learning_rate`, and so on."""

    epoch: int
    values: dict[str, float]


class Training:
    """The training of one network on one set of rows.

    Args:
        network: with its weights initialised.
        loss: what is made small.
        optimizer: how.
        x: `(rows, features)` of the network's dtype.
        y: class indices `(rows,)` for `categorical_crossentropy`, else values `(rows, outputs)` of the network's dtype.
        epochs: how often every row is seen.
        batch_size: rows a step; more than there are means all.
        streams: randomness for shuffling, dropout and noise.
        shuffle: whether every epoch has an order of its own.
        validation: rows `(x, y)` that are only looked at.
        early_stopping: when to end before `epochs`.
        metrics: what to measure beside the loss; those that are means over rows are measured every epoch.

    Raises:
        InvalidParameter: the loss does not go with the output layer's activation.
    """

    def __init__(
        self,
        network: Network,
        loss: Loss,
        optimizer: Optimizer,
        x: Array,
        y: Array,
        *,
        epochs: int,
        batch_size: int,
        streams: Streams,
        shuffle: bool = True,
        validation: tuple[Array, Array] | None = None,
        early_stopping: EarlyStopping | None = None,
        metrics: Sequence[Metric] = (),
    ) -> None:
        require_link(network, loss)
        self.network, self.epochs = network, epochs
        self.epoch = self.batch = self.step = 0  # what is done: whole epochs, batches of the next one, all steps
        self.stopped_early = False
        self.restored_best = False
        self._loss, self._optimizer, self._streams, self._shuffle = loss, optimizer, streams, shuffle
        self._batches = Batches(x, y, batch_size=batch_size)
        self._validation = validation
        self._metrics = [metric for metric in metrics if metric.of_each_epoch]
        self._sums = np.zeros(1 + len(self._metrics))  # of the unfinished epoch: loss and metrics, weighed by rows
        logits = loss.link is not None
        self._passes = {n: Pass(network, n, logits=logits, streams=streams) for n in self._batches.sizes()}
        self._output_gradients = {n: np.empty((n, network.outputs), network.dtype) for n in self._batches.sizes()}
        self._penalties = Penalties(network)
        self._updates = Updates(network, optimizer)
        self._early_stopping = early_stopping
        default = "loss" if validation is None else "val_loss"
        monitor = early_stopping.monitor if early_stopping else default
        self._best_epoch = BestEpoch(monitor, early_stopping.min_delta if early_stopping else 0.0)
        self._initial = network.parameters.copy()
        self._best = network.parameters.copy()
        self._last_finite = network.parameters.copy()

    @property
    def initial(self) -> dict[str, Array]:
        """The weights before the first step."""
        return self.network.tensors(self._initial)

    @property
    def best(self) -> dict[str, Array]:
        """The weights of the best epoch so far."""
        return self.network.tensors(self._best)

    @property
    def best_epoch(self) -> int:
        """The number of the best epoch so far; 0 before the first has ended."""
        return self._best_epoch.epoch

    def run(self) -> Iterator[Batch | Epoch]:
        """Train until the last epoch is over, or early stopping says that it is enough. Raises `Diverged`."""
        while self.epoch < self.epochs and not self.stopped_early:
            if self.batch == 0:
                self._begin_epoch()
            while self.batch < self._batches.count:
                self._make_step()
                yield Batch(self.epoch + 1, self.batch, self._batches.count)
            yield self._end_epoch()
        if self._early_stopping and self._early_stopping.restore_best and self.best_epoch:
            self.network.parameters[:] = self._best
            self.restored_best = True

    def _begin_epoch(self) -> None:
        self._sums[:] = 0
        if self._shuffle:
            self._batches.shuffle(self._streams.shuffling)

    def _make_step(self) -> None:
        x, y = self._batches.take(self.batch)
        rows = len(x)
        path, gradient = self._passes[rows], self._output_gradients[rows]
        outputs = path.forward(x)
        loss = self._loss.value(outputs, y, gradient)
        if not math.isfinite(loss):
            raise self._diverged(path, x)
        self._sums[0] += rows * (loss + self._penalties.value())
        for place, metric in enumerate(self._metrics, start=1):
            self._sums[place] += rows * metric.score(*as_scored(self._loss, outputs, y))
        path.backward(gradient)
        self._penalties.add_gradients()
        self.step += 1
        self._updates.make(self.step)
        self.batch += 1

    def _end_epoch(self) -> Epoch:
        if not np.isfinite(self.network.parameters).all():
            raise self._diverged(None, None)
        means = self._sums / self._batches.rows
        names = ["loss", *(metric.name for metric in self._metrics)]
        values = {name: float(mean) for name, mean in zip(names, means, strict=True)}
        if self._validation is not None:
            measured = evaluate(self.network, self._loss, *self._validation, metrics=self._metrics)
            values |= {f"val_{name}": value for name, value in measured.items()}
        values["learning_rate"] = self._optimizer.learning_rate
        self.epoch, self.batch = self.epoch + 1, 0
        self._last_finite[:] = self.network.parameters
        if self._best_epoch.is_improved_by(self.epoch, values):
            self._best[:] = self.network.parameters
        stopping = self._early_stopping
        self.stopped_early = stopping is not None and self._best_epoch.waited > stopping.patience
        return Epoch(self.epoch, values)

    def _diverged(self, path: Pass | None, x: Array | None) -> Diverged:
        """The error, with the network put back to its last finite weights."""
        broken = [name for name, tensor in self.network.tensors().items() if not np.isfinite(tensor).all()]
        first = broken[0].split("/")[0] if broken else None
        if first is None and path is not None and x is not None:
            first = path.first_not_finite(x)
        if broken:
            self.network.parameters[:] = self._last_finite
        where = f"the values of layer {first!r} went first" if first else "the loss itself overflowed"
        return Diverged(
            f"the loss was not finite in epoch {self.epoch + 1}, batch {self.batch + 1}: {where}. Try a smaller "
            f"learning rate (it was {self._optimizer.learning_rate:g}), standardised inputs and targets, or an "
            "initialiser with smaller weights."
        )

    def state(self) -> dict[str, Any]:
        """Everything that the rest of the run depends on: arrays, and values that JSON can hold."""
        return {
            "parameters": self.network.parameters.copy(),
            "slots": {name: slot.copy() for name, slot in self._updates.slots.items()},
            "initial": self._initial.copy(),
            "best": self._best.copy(),
            "last_finite": self._last_finite.copy(),
            "order": self._batches.order.copy(),
            "sums": self._sums.copy(),
            "epoch": self.epoch,
            "batch": self.batch,
            "step": self.step,
            "stopped_early": self.stopped_early,
            "best_epoch": self._best_epoch.state(),
            "streams": self._streams.state(),
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from a state of an equal training."""
        self.network.parameters[:] = state["parameters"]
        for name, slot in self._updates.slots.items():
            slot[:] = state["slots"][name]
        self._initial[:], self._best[:], self._last_finite[:] = state["initial"], state["best"], state["last_finite"]
        self._batches.order[:], self._sums[:] = state["order"], state["sums"]
        self.epoch, self.batch, self.step = state["epoch"], state["batch"], state["step"]
        self.stopped_early = state["stopped_early"]
        self._best_epoch.restore(state["best_epoch"])
        self._streams.restore(state["streams"])


def require_link(network: Network, loss: Loss) -> None:
    """Raise `InvalidParameter` unless the output layer's activation is the one that the loss's logits are for."""
    if loss.link is not None and network.output_activation.name != loss.link:
        seen = network.output_activation.name
        raise InvalidParameter("activation", f"is {seen!r}; with {loss.name} the output layer's must be {loss.link!r}")


def evaluate(network: Network, loss: Loss, x: Array, y: Array, *, metrics: Sequence[Metric]) -> dict[str, float]:
    """The loss, with penalties, and the metrics over all rows. Arguments as for `Training`."""
    outputs = network.compute(x, logits=loss.link is not None)
    cost = loss.value(outputs, y, np.empty_like(outputs)) + Penalties(network).value()
    scored = as_scored(loss, outputs, y)
    return {"loss": cost} | {metric.name: metric.score(*scored) for metric in metrics}


def as_scored(loss: Loss, outputs: Array, y: Array) -> tuple[Array, Array]:
    """Targets and predictions as metrics take them: class indices, or values.

    `outputs` are logits if the loss has a link; a probability of one half is a logit of zero.
    """
    if y.ndim == 1:
        return y, outputs.argmax(axis=1)
    if loss.link == "sigmoid":
        return y[:, 0], outputs[:, 0] > 0
    return y, outputs

"""The probe of a run: a few training rows that go through the network, forward and backward, at recorded epochs."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from steelyard.diagnostics.recording.layers import ObservedLayers, Spreads, as_row
from steelyard.diagnostics.recording.record import TENSOR_SERIES, Layout, Record, TensorPlace
from steelyard.diagnostics.recording.weights import Measured, WeightStatistics
from steelyard.nn.losses import Cost, Loss
from steelyard.nn.network import Network, Pass
from steelyard.nn.rng import Streams
from steelyard.nn.training.loop import Training

Array = NDArray[Any]
MOST_ROWS = 256
GRADIENT_NORM = TENSOR_SERIES.index("gradient_norm")


def draw_rows(rows: int, generator: Generator) -> NDArray[np.int64]:
    """The numbers of the probe's rows, ascending: all of them, or `MOST_ROWS` drawn without replacement."""
    if rows <= MOST_ROWS:
        return np.arange(rows)
    return np.sort(generator.choice(rows, MOST_ROWS, replace=False))


@cache
def _undrawn_streams() -> Streams:
    """What makes a pass one that trains; without dropout and noise nothing is drawn."""
    return Streams.spawn(0)


@dataclass(frozen=True)
class Moment:
    """The weights after an epoch, and those before its last step, if they are known: vectors as the network's."""

    epoch: int
    weights: Array
    before: Array | None = None


class Probe:
    """Rows of the training data, and a network of the same layers without dropout and noise.

    Batch normalization normalizes over the rows of the probe, as it does in training. The pass is NumPy's, whatever
    engine trains, so that the same weights have the same statistics on both.

    Args:
        network: the one that is trained; it is left alone.
        loss: what training makes small.
        x: `(rows, inputs)`.
        y: as `Training` takes them.
        weights: how much each row counts, `(rows,)`; all the same if `None`.
    """

    def __init__(self, network: Network, loss: Loss, x: Array, y: Array, weights: Array | None = None) -> None:
        layers = [layer.without_noise() for layer in network.layers]
        self._network = Network(layers, inputs=network.inputs, dtype=network.dtype.name)
        self._x, self._y, self._row_weights = x, y, weights
        observed = ObservedLayers()
        logits = loss.link is not None
        self._pass = Pass(self._network, len(x), logits=logits, streams=_undrawn_streams(), tap=observed)
        self.layers = observed.all
        self._spreads = Spreads(x)
        self._cost = Cost(loss, len(x), network.outputs, network.dtype)
        specs = self._network.specs().values()
        sizes = [math.prod(spec.shape) for spec in specs]
        trainable = [spec.trainable for spec in specs]
        self._learning = np.flatnonzero(trainable)
        self._statistics = WeightStatistics(sizes, trainable, network.dtype)
        self._places = {name: place for place, name in enumerate(self._network.specs())}
        self.layout = self._describe()

    @classmethod
    def of(cls, training: Training, generator: Generator) -> "Probe":
        """The probe of a training, with rows drawn from `generator`."""
        x, y, weights = training.take(draw_rows(training.rows, generator))
        return cls(training.network, training.loss, x, y, weights)

    @property
    def rows(self) -> int:
        """How many rows it has."""
        return len(self._x)

    def record(self, epoch: int, weights: Array, *, initial: Array, before: Array | None = None) -> Record:
        """The statistics of `weights`; all three are vectors laid out as the network's.

        Args:
            epoch: after which they are these.
            weights: the weights.
            initial: before the first step.
            before: before the last step; without them there is no `update_ratio`.
        """
        [record] = self.record_all([Moment(epoch, weights, before)], initial=initial)
        return record

    def record_all(self, moments: Sequence[Moment], *, initial: Array) -> list[Record]:
        """The statistics of several epochs: each as it is alone, bit for bit, in less time for small networks."""
        together = self._statistics.most_together
        parts = (moments[first : first + together] for first in range(0, len(moments), together))
        return [record for part in parts for record in self._record_part(part, initial)]

    def _record_part(self, moments: Sequence[Moment], initial: Array) -> Iterator[Record]:
        passes, measured = [], []
        for moment in moments:
            passes.append(self._pass_through(moment.weights))
            gradient = self._network.gradients if len(moments) == 1 else self._network.gradients.copy()
            squares = self._squares()
            measured.append(Measured(moment.weights, initial, moment.before, gradient, squares, len(self._x)))
        tensors = self._statistics.compute_all(measured)
        for moment, (loss, layers), (of_tensors, histograms) in zip(moments, passes, tensors, strict=True):
            run = np.array([loss, math.hypot(*of_tensors[self._learning, GRADIENT_NORM])])
            yield Record(moment.epoch, run, layers, of_tensors, histograms)

    def _pass_through(self, weights: Array) -> tuple[float, Array]:
        """The loss, NaN if it is not finite, and the series of each layer; the gradients are then in the network."""
        with np.errstate(all="ignore"):
            outputs = self._forward(weights)
            self._spreads.forget()
            rows = [layer.look_forward(self._spreads) for layer in self.layers]
            loss = self._cost.value(outputs, self._y, self._row_weights)
            self._backward()
            layers = np.array(
                [as_row(row | layer.look_back()) for row, layer in zip(rows, self.layers, strict=True)]
            ).reshape(len(rows), -1)
        layers[~np.isfinite(layers)] = np.nan
        return loss if math.isfinite(loss) else math.nan, layers

    def look(self, weights: Array) -> Array:
        """Let the rows through the network with these weights; its outputs `(rows, outputs)`.

        `layers` then hold what went in and out of each layer, until the next call.
        """
        with np.errstate(all="ignore"):
            return self._forward(weights)

    def differentiate(self, weights: Array) -> Array:
        """The gradient of the mean loss of the rows by the weights, laid out like them; valid until the next call."""
        with np.errstate(all="ignore"):
            self._cost.value(self._forward(weights), self._y, self._row_weights)
            return self._backward()

    def _forward(self, weights: Array) -> Array:
        self._network.parameters[:] = weights
        return self._pass.forward(self._x)

    def _backward(self) -> Array:
        """Follow the last cost back through the layers."""
        self._network.gradients[:] = 0
        self._pass.backward(self._cost.gradient)
        return self._network.gradients

    def _squares(self) -> Array:
        """For each tensor, the mean, over the rows, of the squared norm of the row's gradient.

        A row's part in the gradient of the mean loss is its gradient by the number of rows.
        """
        found = np.full(len(self._places), np.nan)
        for layer in self.layers:
            for name, total in layer.squares.items():
                found[self._places[f"{layer.path}.{name}".replace(".", "/", 1)]] = total * len(self._x)
        return found

    def _describe(self) -> Layout:
        paths = sorted((layer.path for layer in self.layers), key=len, reverse=True)
        tensors = []
        for name, spec in self._network.specs().items():
            full = name.replace("/", ".")
            layer = next(path for path in paths if full.startswith(f"{path}."))
            tensors.append(TensorPlace(name, layer, spec.shape, spec.trainable))
        return Layout(tuple(layer.facts for layer in self.layers), tuple(tensors), self._network.dtype.name)

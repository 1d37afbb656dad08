"""Losses: how wrong the outputs are, as a mean over the rows of a batch, and its gradient by the outputs.

A loss with a `link` works from logits: where the output layer's activation is the link, training leaves that
activation out, which is exact and cannot overflow. Prediction applies it.
"""

from abc import abstractmethod
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np
from annotated_types import Ge, Gt, Lt
from numpy.typing import NDArray

from steelyard.trainer.activations import sigmoid
from steelyard.trainer.parts import Part, Registry

Array = NDArray[Any]


@dataclass(frozen=True)
class Loss(Part):
    """What training makes small. `tasks` says of which kinds of targets it can be asked."""

    link: ClassVar[str | None] = None
    tasks: ClassVar[tuple[str, ...]] = ("regression",)

    @abstractmethod
    def value(self, outputs: Array, targets: Array, gradient: Array) -> float:
        """The loss; writes its gradient by `outputs`.

        Args:
            outputs: `(batch, units)`: logits for a loss with a link, else the network's outputs.
            targets: `(batch, units)` of the same dtype; for `categorical_crossentropy` class indices `(batch,)`.
            gradient: `(batch, units)`, overwritten.
        """


LOSSES = Registry[Loss]("loss")


@LOSSES.add
@dataclass(frozen=True)
class CategoricalCrossentropy(Loss):
    """The negative log-likelihood of the right class out of several. Targets are class indices."""

    name: ClassVar = "categorical_crossentropy"
    link: ClassVar = "softmax"
    tasks: ClassVar = ("multiclass",)
    formula: ClassVar = "−Σᵢ tᵢ log pᵢ, p = softmax(z), t = (1 − s) · onehot + s / classes"
    source: ClassVar = "Keras 3, keras.losses.CategoricalCrossentropy(from_logits=True)"

    label_smoothing: Annotated[float, Ge(0), Lt(1)] = 0.0

    def value(self, outputs: Array, targets: Array, gradient: Array) -> float:
        rows, classes = outputs.shape
        right = np.arange(rows), targets
        np.subtract(outputs, outputs.max(axis=1, keepdims=True), out=gradient)
        costs = -(1 - self.label_smoothing) * gradient[right]
        if self.label_smoothing:
            costs -= self.label_smoothing * gradient.mean(axis=1)
        np.exp(gradient, out=gradient)
        sums = gradient.sum(axis=1, keepdims=True)
        costs += np.log(sums[:, 0])
        gradient /= sums
        gradient -= self.label_smoothing / classes
        gradient[right] -= 1 - self.label_smoothing
        gradient /= rows
        return float(costs.mean())


@LOSSES.add
@dataclass(frozen=True)
class BinaryCrossentropy(Loss):
    """The negative log-likelihood of a yes or no. Targets are 0 or 1."""

    name: ClassVar = "binary_crossentropy"
    link: ClassVar = "sigmoid"
    tasks: ClassVar = ("binary",)
    formula: ClassVar = "max(z, 0) − z·t + log(1 + exp(−|z|)), t = (1 − s) · target + s / 2"
    source: ClassVar = "Keras 3, keras.losses.BinaryCrossentropy(from_logits=True)"

    label_smoothing: Annotated[float, Ge(0), Lt(1)] = 0.0

    def value(self, outputs: Array, targets: Array, gradient: Array) -> float:
        smooth = targets * (1 - self.label_smoothing) + self.label_smoothing / 2
        cost = float((np.logaddexp(0, outputs) - outputs * smooth).mean())
        sigmoid(outputs, gradient)
        gradient -= smooth
        gradient /= outputs.size
        return cost


@LOSSES.add
@dataclass(frozen=True)
class MeanSquaredError(Loss):
    """The mean of squared differences."""

    name: ClassVar = "mean_squared_error"
    aliases: ClassVar = ("mse",)
    formula: ClassVar = "mean (y − t)²"
    source: ClassVar = "Keras 3, keras.losses.MeanSquaredError"

    def value(self, outputs: Array, targets: Array, gradient: Array) -> float:
        np.subtract(outputs, targets, out=gradient)
        cost = float(np.vdot(gradient, gradient)) / outputs.size
        gradient *= 2 / outputs.size
        return cost


@LOSSES.add
@dataclass(frozen=True)
class MeanAbsoluteError(Loss):
    """The mean of absolute differences; heeds outliers less than squares do."""

    name: ClassVar = "mean_absolute_error"
    aliases: ClassVar = ("mae",)
    formula: ClassVar = "mean |y − t|"
    source: ClassVar = "Keras 3, keras.losses.MeanAbsoluteError"

    def value(self, outputs: Array, targets: Array, gradient: Array) -> float:
        np.subtract(outputs, targets, out=gradient)
        cost = float(np.abs(gradient).mean())
        np.sign(gradient, out=gradient)
        gradient /= outputs.size
        return cost


@LOSSES.add
@dataclass(frozen=True)
class Huber(Loss):
    """Squares near the target, absolute differences far from it."""

    name: ClassVar = "huber"
    formula: ClassVar = "mean of ½ d² where |d| ≤ delta, else delta · (|d| − ½ delta), d = y − t"
    source: ClassVar = "Huber 1964; Keras 3, keras.losses.Huber"

    delta: Annotated[float, Gt(0)] = 1.0

    def value(self, outputs: Array, targets: Array, gradient: Array) -> float:
        np.subtract(outputs, targets, out=gradient)
        distance = np.abs(gradient)
        near = np.minimum(distance, self.delta)
        cost = float((near * (distance - 0.5 * near)).mean())
        np.clip(gradient, -self.delta, self.delta, out=gradient)
        gradient /= outputs.size
        return cost

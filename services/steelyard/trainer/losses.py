"""Losses: how wrong each row's outputs are, and the gradient of that by the outputs.

A loss with a `link` works from logits: where the output layer's activation is the link, training leaves that
activation out, which is exact and cannot overflow. Prediction applies it.
"""

import math
from abc import abstractmethod
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np
from annotated_types import Ge, Gt, Lt
from numpy.typing import NDArray

from steelyard.trainer.activations.smooth import sigmoid
from steelyard.trainer.parts import Part, Registry

Array = NDArray[Any]
CLASSES = ("multiclass",)
YES_OR_NO = ("binary", "multilabel")


@dataclass(frozen=True)
class Loss(Part):
    """What training makes small.

    `tasks` says of which kinds of targets it can be asked; `raw_targets` that they must not be scaled;
    `probabilities` that the activated outputs are such.
    """

    link: ClassVar[str | None] = None
    tasks: ClassVar[tuple[str, ...]] = ("regression",)
    raw_targets: ClassVar[bool] = False
    probabilities: ClassVar[bool] = True

    @abstractmethod
    def costs(self, outputs: Array, targets: Array, gradient: Array, scratch: Array, out: Array) -> None:
        """Write each row's loss to `out`, and its gradient by the row's outputs to `gradient`.

        Args:
            outputs: `(batch, units)`: logits for a loss with a link, else the network's outputs.
            targets: `(batch, units)` of the same dtype; for `multiclass` class indices `(batch,)`.
            gradient: `(batch, units)`, overwritten.
            scratch: `(batch, units)`, may be overwritten.
            out: `(batch,)`, overwritten.
        """


LOSSES = Registry[Loss]("loss")


class Cost:
    """A loss at work on batches of `rows` rows: the mean over the rows, and its gradient by the outputs.

    With weights `(batch,)` the mean is weighted, `Σ wᵢ Lᵢ / Σ wᵢ`, as PyTorch's is for weighted classes, so that a
    row of weight two counts as two rows; Keras divides by the number of rows.
    """

    def __init__(self, loss: Loss, rows: int, units: int, dtype: np.dtype[Any]) -> None:
        self._costs_of = loss.costs
        self._rows = rows
        self.gradient = np.empty((rows, units), dtype)
        self._scratch = np.empty((rows, units), dtype)
        self._costs = np.empty(rows, dtype)
        self._shares = np.empty(rows, dtype)

    def value(self, outputs: Array, targets: Array, weights: Array | None = None) -> float:
        """The loss of a batch; `gradient` is filled. All weights zero make it zero."""
        self._costs_of(outputs, targets, self.gradient, self._scratch, self._costs)
        if weights is None:
            self.gradient *= 1 / self._rows
            return float(np.add.reduce(self._costs)) / self._rows
        np.divide(weights, max(float(weights.sum()), np.finfo(weights.dtype).tiny), out=self._shares)
        self.gradient *= self._shares[:, None]
        return float(np.dot(self._costs, self._shares))


@LOSSES.add
@dataclass(frozen=True)
class CategoricalCrossentropy(Loss):
    """The negative log-likelihood of the right class out of several. Targets are class indices."""

    name: ClassVar = "categorical_crossentropy"
    link: ClassVar = "softmax"
    tasks: ClassVar = CLASSES
    formula: ClassVar = "−Σᵢ tᵢ log pᵢ, p = softmax(z), t = (1 − s) · onehot + s / classes"
    source: ClassVar = "Keras 3, keras.losses.CategoricalCrossentropy(from_logits=True)"

    label_smoothing: Annotated[float, Ge(0), Lt(1)] = 0.0

    def costs(self, outputs: Array, targets: Array, gradient: Array, scratch: Array, out: Array) -> None:
        right = np.arange(len(outputs)), targets
        _log_softmax(outputs, gradient, scratch)
        np.multiply(gradient[right], self.label_smoothing - 1, out=out)
        if self.label_smoothing:
            out -= self.label_smoothing * gradient.mean(axis=1)
        np.exp(gradient, out=gradient)
        if self.label_smoothing:
            gradient -= self.label_smoothing / outputs.shape[1]
        gradient[right] -= 1 - self.label_smoothing


@LOSSES.add
@dataclass(frozen=True)
class CategoricalFocalCrossentropy(Loss):
    """A cross-entropy that heeds rows less the surer the network is of them."""

    name: ClassVar = "categorical_focal_crossentropy"
    link: ClassVar = "softmax"
    tasks: ClassVar = CLASSES
    formula: ClassVar = "−alpha · Σᵢ tᵢ (1 − pᵢ)^gamma log pᵢ, p = softmax(z), t = (1 − s) · onehot + s / classes"
    source: ClassVar = "Lin et al. 2017, arXiv:1708.02002; Keras 3, keras.losses.CategoricalFocalCrossentropy"

    alpha: Annotated[float, Gt(0)] = 0.25
    gamma: Annotated[float, Ge(0)] = 2.0
    label_smoothing: Annotated[float, Ge(0), Lt(1)] = 0.0

    def costs(self, outputs: Array, targets: Array, gradient: Array, scratch: Array, out: Array) -> None:
        # With l = log p, q = 1 − p: ∂L/∂l = h = alpha · t · (gamma · p · l · q^(gamma − 1) − q^gamma), and by z
        # h − p · Σ h.
        logs = scratch
        _log_softmax(outputs, logs, gradient)
        right = np.zeros_like(outputs)
        right[np.arange(len(outputs)), targets] = 1 - self.label_smoothing
        right += self.label_smoothing / outputs.shape[1]
        right *= self.alpha
        chances = np.exp(logs)
        others = -np.expm1(logs)
        np.power(others, self.gamma, out=gradient)
        np.einsum("ij,ij,ij->i", right, gradient, logs, out=out)
        np.negative(out, out=out)
        if self.gamma:
            steep = np.power(np.maximum(others, np.finfo(outputs.dtype).tiny), self.gamma - 1)
            gradient -= self.gamma * steep * chances * logs
        gradient *= -right
        gradient -= chances * gradient.sum(axis=1, keepdims=True)


@LOSSES.add
@dataclass(frozen=True)
class BinaryCrossentropy(Loss):
    """The negative log-likelihood of a yes or no, or of several. Targets are 0 or 1."""

    name: ClassVar = "binary_crossentropy"
    link: ClassVar = "sigmoid"
    tasks: ClassVar = YES_OR_NO
    formula: ClassVar = "mean of log(1 + exp(z)) − z·t, t = (1 − s) · target + s / 2"
    source: ClassVar = "Keras 3, keras.losses.BinaryCrossentropy(from_logits=True)"

    label_smoothing: Annotated[float, Ge(0), Lt(1)] = 0.0

    def costs(self, outputs: Array, targets: Array, gradient: Array, scratch: Array, out: Array) -> None:
        # Σ of max(z, 0) − z·t + log(1 + exp(−|z|)): the large terms cancel before the small one comes.
        np.multiply(targets, 1 - self.label_smoothing, out=scratch)
        scratch += self.label_smoothing / 2
        np.maximum(outputs, 0, out=gradient)
        np.add.reduce(gradient, axis=1, out=out)
        out -= np.einsum("ij,ij->i", outputs, scratch)
        np.abs(outputs, out=gradient)
        np.negative(gradient, out=gradient)
        np.exp(gradient, out=gradient)
        np.log1p(gradient, out=gradient)
        out += np.add.reduce(gradient, axis=1)
        out /= outputs.shape[1]
        sigmoid(outputs, gradient)
        gradient -= scratch
        gradient /= outputs.shape[1]


@LOSSES.add
@dataclass(frozen=True)
class Hinge(Loss):
    """How far a row is from the right side of a margin. Targets are 0 or 1; the outputs are no probabilities."""

    name: ClassVar = "hinge"
    tasks: ClassVar = YES_OR_NO
    probabilities: ClassVar = False
    formula: ClassVar = "mean of max(0, 1 − s·y), s = 2 · target − 1"
    source: ClassVar = "Keras 3, keras.losses.Hinge; Cortes and Vapnik 1995"

    def costs(self, outputs: Array, targets: Array, gradient: Array, scratch: Array, out: Array) -> None:
        np.multiply(targets, 2, out=scratch)
        scratch -= 1
        np.multiply(outputs, scratch, out=gradient)
        np.subtract(1, gradient, out=gradient)
        np.maximum(gradient, 0, out=gradient)
        np.mean(gradient, axis=1, out=out)
        np.greater(gradient, 0, out=gradient)
        scratch /= -outputs.shape[1]
        gradient *= scratch


@LOSSES.add
@dataclass(frozen=True)
class MeanSquaredError(Loss):
    """The mean of squared differences."""

    name: ClassVar = "mean_squared_error"
    aliases: ClassVar = ("mse",)
    formula: ClassVar = "mean (y − t)²"
    source: ClassVar = "Keras 3, keras.losses.MeanSquaredError"

    def costs(self, outputs: Array, targets: Array, gradient: Array, scratch: Array, out: Array) -> None:
        np.subtract(outputs, targets, out=gradient)
        np.multiply(gradient, gradient, out=scratch)
        np.mean(scratch, axis=1, out=out)
        gradient *= 2 / outputs.shape[1]


@LOSSES.add
@dataclass(frozen=True)
class MeanAbsoluteError(Loss):
    """The mean of absolute differences; heeds outliers less than squares do."""

    name: ClassVar = "mean_absolute_error"
    aliases: ClassVar = ("mae",)
    formula: ClassVar = "mean |y − t|"
    source: ClassVar = "Keras 3, keras.losses.MeanAbsoluteError"

    def costs(self, outputs: Array, targets: Array, gradient: Array, scratch: Array, out: Array) -> None:
        np.subtract(outputs, targets, out=gradient)
        np.abs(gradient, out=scratch)
        np.mean(scratch, axis=1, out=out)
        np.sign(gradient, out=gradient)
        gradient /= outputs.shape[1]


@LOSSES.add
@dataclass(frozen=True)
class Huber(Loss):
    """Squares near the target, absolute differences far from it."""

    name: ClassVar = "huber"
    formula: ClassVar = "mean of ½ d² where |d| ≤ delta, else delta · (|d| − ½ delta), d = y − t"
    source: ClassVar = "Huber 1964; Keras 3, keras.losses.Huber"

    delta: Annotated[float, Gt(0)] = 1.0

    def costs(self, outputs: Array, targets: Array, gradient: Array, scratch: Array, out: Array) -> None:
        np.subtract(outputs, targets, out=gradient)
        np.clip(gradient, -self.delta, self.delta, out=scratch)
        gradient *= 2  # n · (d − n / 2), n = d cut at ±delta
        gradient -= scratch
        gradient *= scratch
        np.mean(gradient, axis=1, out=out)
        out /= 2
        np.divide(scratch, outputs.shape[1], out=gradient)


@LOSSES.add
@dataclass(frozen=True)
class LogCosh(Loss):
    """Squares near the target, absolute differences far from it, without a seam."""

    name: ClassVar = "log_cosh"
    formula: ClassVar = "mean log cosh (y − t)"
    source: ClassVar = "Keras 3, keras.losses.LogCosh"

    def costs(self, outputs: Array, targets: Array, gradient: Array, scratch: Array, out: Array) -> None:
        np.subtract(outputs, targets, out=gradient)
        np.abs(gradient, out=scratch)  # |d| + log(1 + exp(−2|d|)) − log 2
        np.add.reduce(scratch, axis=1, out=out)
        scratch *= -2
        np.exp(scratch, out=scratch)
        np.log1p(scratch, out=scratch)
        out += np.add.reduce(scratch, axis=1)
        out /= outputs.shape[1]
        out -= math.log(2)
        np.tanh(gradient, out=gradient)
        gradient /= outputs.shape[1]


@LOSSES.add
@dataclass(frozen=True)
class Poisson(Loss):
    """The negative log-likelihood of counts, but for what does not depend on the outputs. Targets are not negative."""

    name: ClassVar = "poisson"
    link: ClassVar = "exponential"
    raw_targets: ClassVar = True
    formula: ClassVar = "mean of exp(z) − t·z"
    source: ClassVar = "PyTorch, torch.nn.PoissonNLLLoss(log_input=True); Keras 3, keras.losses.Poisson, of exp(z)"

    def costs(self, outputs: Array, targets: Array, gradient: Array, scratch: Array, out: Array) -> None:
        np.exp(outputs, out=gradient)
        np.multiply(outputs, targets, out=scratch)
        np.subtract(gradient, scratch, out=scratch)
        np.mean(scratch, axis=1, out=out)
        gradient -= targets
        gradient /= outputs.shape[1]


@LOSSES.add
@dataclass(frozen=True)
class Quantile(Loss):
    """The pinball loss: its smallest value is at the given quantile of the targets, at 0.5 at their median."""

    name: ClassVar = "quantile"
    aliases: ClassVar = ("pinball",)
    formula: ClassVar = "mean of max(q·d, (q − 1)·d), d = t − y, q = quantile"
    source: ClassVar = "Koenker and Bassett 1978; scikit-learn, mean_pinball_loss"

    quantile: Annotated[float, Gt(0), Lt(1)] = 0.5

    def costs(self, outputs: Array, targets: Array, gradient: Array, scratch: Array, out: Array) -> None:
        np.subtract(targets, outputs, out=gradient)
        np.sign(gradient, out=scratch)  # max(q·d, (q − 1)·d) = |d| / 2 + (q − 1/2) · d
        scratch /= 2
        scratch += self.quantile - 0.5
        gradient *= scratch
        np.mean(gradient, axis=1, out=out)
        np.subtract(targets, outputs, out=gradient)
        np.abs(gradient, out=gradient)
        np.greater(gradient, 0, out=gradient)  # zero where there is nothing to gain
        gradient *= scratch
        gradient /= -outputs.shape[1]


def _log_softmax(logits: Array, out: Array, scratch: Array) -> None:
    of_row = scratch[:, :1]
    np.maximum.reduce(logits, axis=1, keepdims=True, out=of_row)
    np.subtract(logits, of_row, out=out)
    np.exp(out, out=scratch)
    sums = np.add.reduce(scratch, axis=1, keepdims=True)
    out -= np.log(sums, out=sums)

"""Losses: how wrong each row's outputs are, and the gradient of that by the outputs.

A loss with a `link` works from logits: where the output layer's activation is the link, training leaves that
activation out, which is exact and cannot overflow. Prediction applies it.

Most losses are written as two formulas in `steelyard.nn.elementwise`'s functions, `value` and `slope`: one text,
which NumPy computes for arrays, and from which the compiled kernels are made. One that looks at whole rows in a way of
its own is written as a function of arrays instead, `costs`, and runs on NumPy.
"""

import math
from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np
from annotated_types import Ge, Gt, Lt
from numpy.typing import NDArray

from steelyard.nn.component import Part, Registry, is_inherited
from steelyard.nn.elementwise import (
    Curve,
    absolute,
    exp,
    expm1,
    log1p,
    maximum,
    minimum,
    parameters_of,
    power,
    sigmoid,
    sign,
    tanh,
    where,
)

Array = NDArray[Any]
CLASSES = ("multiclass",)
YES_OR_NO = ("binary", "multilabel")
CODE_OF_ITS_OWN = "has no formula to compile"
LOG_TWO = 0.6931471805599453
TINY = 1e-30  # in the place of a zero whose negative power is asked for


@dataclass(frozen=True)
class Loss(Part):
    """What training makes small.

    `tasks` are the kinds of targets that it is for; with `raw_targets` these are not scaled; none may be less than
    `least_target`. With `probabilities` the activated outputs are such.
    """

    link: ClassVar[str | None] = None
    tasks: ClassVar[tuple[str, ...]] = ("regression",)
    raw_targets: ClassVar[bool] = False
    least_target: ClassVar[float] = -math.inf
    probabilities: ClassVar[bool] = True

    def __init_subclass__(cls) -> None:
        if "multiclass" in cls.tasks and len(cls.tasks) > 1:
            raise TypeError(
                f"{cls.__name__}.tasks: a loss for 'multiclass' takes class indices, so it has no other task"
            )

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


@dataclass(frozen=True)
class Pointwise(Loss):
    """A mean over the outputs: `value(y, t)` is what one costs, `slope(y, t)` its derivative by `y`."""

    value: ClassVar[Callable[..., Any]]
    slope: ClassVar[Callable[..., Any]]

    @property
    def curve(self) -> Curve:
        """Its formulas, and their parameters."""
        return Curve(self.value, self.slope, parameters_of(self))

    def costs(self, outputs: Array, targets: Array, gradient: Array, scratch: Array, out: Array) -> None:
        curve = self.curve
        np.mean(curve.value(outputs, targets, *curve.parameters), axis=1, out=out)
        np.divide(curve.slope(outputs, targets, *curve.parameters), outputs.shape[1], out=gradient)

    def __init_subclass__(cls) -> None:
        if "multiclass" in cls.tasks and is_inherited(cls, Pointwise, "costs"):
            raise TypeError(f"{cls.__name__} has a target for each output; for class indices derive from Categorical")
        super().__init_subclass__()

    def why_not_compiled(self) -> str | None:
        return self.curve.why_not_compiled() if is_inherited(type(self), Pointwise, "costs") else CODE_OF_ITS_OWN


@dataclass(frozen=True)
class Categorical(Loss):
    """A sum over classes: `value(l, t)` is what one costs, `slope(l, t)` its derivative by `l`.

    `l = log p`, `p = softmax(z)`, `t = (1 − s) · onehot + s / classes`. With `h = ∂L/∂l`, `∂L/∂z = h − p · Σ h`.
    Targets are class indices.
    """

    link: ClassVar = "softmax"
    tasks: ClassVar = CLASSES
    value: ClassVar[Callable[..., Any]]
    slope: ClassVar[Callable[..., Any]]

    def __init_subclass__(cls) -> None:
        if cls.tasks != CLASSES:
            raise TypeError(f"{cls.__name__}.tasks: a Categorical loss takes class indices, so it is for 'multiclass'")
        super().__init_subclass__()

    @property
    def smoothing(self) -> float:
        """The share `s` of a target that is spread over all classes: the part's `label_smoothing`, if it has one."""
        return float(getattr(self, "label_smoothing", 0.0))

    @property
    def curve(self) -> Curve:
        """Its formulas, and their parameters."""
        return Curve(self.value, self.slope, parameters_of(self, without="label_smoothing"))

    def why_not_compiled(self) -> str | None:
        return self.curve.why_not_compiled() if is_inherited(type(self), Categorical, "costs") else CODE_OF_ITS_OWN

    def costs(self, outputs: Array, targets: Array, gradient: Array, scratch: Array, out: Array) -> None:
        curve, logs = self.curve, scratch
        _log_softmax(outputs, logs, gradient)
        shares = np.full_like(outputs, self.smoothing / outputs.shape[1])
        shares[np.arange(len(outputs)), targets] += 1 - self.smoothing
        np.sum(curve.value(logs, shares, *curve.parameters), axis=1, out=out)
        np.copyto(gradient, curve.slope(logs, shares, *curve.parameters))
        np.exp(logs, out=logs)
        logs *= np.add.reduce(gradient, axis=1, keepdims=True)
        gradient -= logs


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
class CategoricalCrossentropy(Categorical):
    """Cross-entropy between the true class and the predicted probabilities. Targets are class indices."""

    name: ClassVar = "categorical_crossentropy"
    formula: ClassVar = "−Σᵢ tᵢ log pᵢ, p = softmax(z), t = (1 − s) · onehot + s / classes"
    source: ClassVar = "Keras 3, keras.losses.CategoricalCrossentropy(from_logits=True)"

    label_smoothing: Annotated[float, Ge(0), Lt(1)] = 0.0

    @staticmethod
    def value(log_p: Any, t: Any) -> Any:
        return -t * log_p

    @staticmethod
    def slope(log_p: Any, t: Any) -> Any:
        return -t


@LOSSES.add
@dataclass(frozen=True)
class CategoricalFocalCrossentropy(Categorical):
    """Cross-entropy that down-weights examples the network already classifies with confidence."""

    name: ClassVar = "categorical_focal_crossentropy"
    formula: ClassVar = "−alpha · Σᵢ tᵢ (1 − pᵢ)^gamma log pᵢ, p = softmax(z), t = (1 − s) · onehot + s / classes"
    source: ClassVar = "Lin et al. 2017, arXiv:1708.02002; Keras 3, keras.losses.CategoricalFocalCrossentropy"

    alpha: Annotated[float, Gt(0)] = 0.25
    gamma: Annotated[float, Ge(0)] = 2.0
    label_smoothing: Annotated[float, Ge(0), Lt(1)] = 0.0

    @staticmethod
    def value(log_p: Any, t: Any, alpha: Any, gamma: Any) -> Any:
        return -alpha * t * power(-expm1(log_p), gamma) * log_p

    @staticmethod
    def slope(log_p: Any, t: Any, alpha: Any, gamma: Any) -> Any:
        others = maximum(-expm1(log_p), TINY)  # 1 − p
        return alpha * t * (gamma * exp(log_p) * log_p * power(others, gamma - 1.0) - power(others, gamma))


@LOSSES.add
@dataclass(frozen=True)
class BinaryCrossentropy(Pointwise):
    """Cross-entropy for binary classification, or for several labels. Targets are 0 or 1."""

    name: ClassVar = "binary_crossentropy"
    link: ClassVar = "sigmoid"
    tasks: ClassVar = YES_OR_NO
    formula: ClassVar = "mean of log(1 + exp(z)) − z·t, t = (1 − s) · target + s / 2"
    source: ClassVar = "Keras 3, keras.losses.BinaryCrossentropy(from_logits=True)"

    label_smoothing: Annotated[float, Ge(0), Lt(1)] = 0.0

    @staticmethod
    def value(z: Any, target: Any, label_smoothing: Any) -> Any:
        t = (1.0 - label_smoothing) * target + 0.5 * label_smoothing
        # The large terms cancel before the small one comes.
        return maximum(z, 0.0) - z * t + log1p(exp(-absolute(z)))

    @staticmethod
    def slope(z: Any, target: Any, label_smoothing: Any) -> Any:
        return sigmoid(z) - ((1.0 - label_smoothing) * target + 0.5 * label_smoothing)


@LOSSES.add
@dataclass(frozen=True)
class Hinge(Pointwise):
    """The hinge loss of a maximum-margin classifier. Targets are 0 or 1; the outputs are not probabilities."""

    name: ClassVar = "hinge"
    tasks: ClassVar = YES_OR_NO
    probabilities: ClassVar = False
    formula: ClassVar = "mean of max(0, 1 − s·y), s = 2 · target − 1"
    source: ClassVar = "Keras 3, keras.losses.Hinge; Cortes and Vapnik 1995"

    @staticmethod
    def value(y: Any, t: Any) -> Any:
        return maximum(1.0 - (2.0 * t - 1.0) * y, 0.0)

    @staticmethod
    def slope(y: Any, t: Any) -> Any:
        side = 2.0 * t - 1.0
        return where(1.0 - side * y > 0.0, -side, 0.0)


@LOSSES.add
@dataclass(frozen=True)
class MeanSquaredError(Pointwise):
    """The mean squared error."""

    name: ClassVar = "mean_squared_error"
    aliases: ClassVar = ("mse",)
    formula: ClassVar = "mean (y − t)²"
    source: ClassVar = "Keras 3, keras.losses.MeanSquaredError"

    @staticmethod
    def value(y: Any, t: Any) -> Any:
        return (y - t) * (y - t)

    @staticmethod
    def slope(y: Any, t: Any) -> Any:
        return 2.0 * (y - t)


@LOSSES.add
@dataclass(frozen=True)
class MeanAbsoluteError(Pointwise):
    """The mean absolute error; less sensitive to outliers than the mean squared error."""

    name: ClassVar = "mean_absolute_error"
    aliases: ClassVar = ("mae",)
    formula: ClassVar = "mean |y − t|"
    source: ClassVar = "Keras 3, keras.losses.MeanAbsoluteError"

    @staticmethod
    def value(y: Any, t: Any) -> Any:
        return absolute(y - t)

    @staticmethod
    def slope(y: Any, t: Any) -> Any:
        return sign(y - t)


@LOSSES.add
@dataclass(frozen=True)
class Huber(Pointwise):
    """Quadratic for small errors, linear for large ones; less sensitive to outliers than the squared error."""

    name: ClassVar = "huber"
    formula: ClassVar = "mean of ½ d² where |d| ≤ delta, else delta · (|d| − ½ delta), d = y − t"
    source: ClassVar = "Huber 1964; Keras 3, keras.losses.Huber"

    delta: Annotated[float, Gt(0)] = 1.0

    @staticmethod
    def value(y: Any, t: Any, delta: Any) -> Any:
        near = minimum(maximum(y - t, -delta), delta)
        return near * (y - t - 0.5 * near)

    @staticmethod
    def slope(y: Any, t: Any, delta: Any) -> Any:
        return minimum(maximum(y - t, -delta), delta)


@LOSSES.add
@dataclass(frozen=True)
class LogCosh(Pointwise):
    """The logarithm of the hyperbolic cosine of the error: like huber, but smooth."""

    name: ClassVar = "log_cosh"
    formula: ClassVar = "mean log cosh (y − t)"
    source: ClassVar = "Keras 3, keras.losses.LogCosh"

    @staticmethod
    def value(y: Any, t: Any) -> Any:
        return absolute(y - t) + log1p(exp(-2.0 * absolute(y - t))) - LOG_TWO

    @staticmethod
    def slope(y: Any, t: Any) -> Any:
        return tanh(y - t)


@LOSSES.add
@dataclass(frozen=True)
class Poisson(Pointwise):
    """The negative Poisson log-likelihood, up to a constant. Targets are counts, at least 0."""

    name: ClassVar = "poisson"
    link: ClassVar = "exponential"
    raw_targets: ClassVar = True
    least_target: ClassVar = 0.0
    formula: ClassVar = "mean of exp(z) − t·z"
    source: ClassVar = "PyTorch, torch.nn.PoissonNLLLoss(log_input=True); Keras 3, keras.losses.Poisson, of exp(z)"

    @staticmethod
    def value(z: Any, t: Any) -> Any:
        return exp(z) - t * z

    @staticmethod
    def slope(z: Any, t: Any) -> Any:
        return exp(z) - t


@LOSSES.add
@dataclass(frozen=True)
class Quantile(Pointwise):
    """The pinball loss: the network predicts the given quantile of the target; 0.5 is the median."""

    name: ClassVar = "quantile"
    aliases: ClassVar = ("pinball",)
    formula: ClassVar = "mean of max(q·d, (q − 1)·d), d = t − y, q = quantile"
    source: ClassVar = "Koenker and Bassett 1978; scikit-learn, mean_pinball_loss"

    quantile: Annotated[float, Gt(0), Lt(1)] = 0.5

    @staticmethod
    def value(y: Any, t: Any, quantile: Any) -> Any:
        return maximum(quantile * (t - y), (quantile - 1.0) * (t - y))

    @staticmethod
    def slope(y: Any, t: Any, quantile: Any) -> Any:
        return where(t > y, -quantile, where(t < y, 1.0 - quantile, 0.0))


def _log_softmax(logits: Array, out: Array, scratch: Array) -> None:
    of_row = scratch[:, :1]
    np.maximum.reduce(logits, axis=1, keepdims=True, out=of_row)
    np.subtract(logits, of_row, out=out)
    np.exp(out, out=scratch)
    sums = np.add.reduce(scratch, axis=1, keepdims=True)
    out -= np.log(sums, out=sums)

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
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from steelyard.nn.component import Part, Registry, is_inherited
from steelyard.nn.elementwise import Curve, parameters_of

Array = NDArray[Any]
CLASSES = ("multiclass",)
YES_OR_NO = ("binary", "multilabel")
CODE_OF_ITS_OWN = "has no formula to compile"


@dataclass(frozen=True)
class Loss(Part):
    """What training makes small.

    `tasks` are the kinds of targets that it is for; with `raw_targets` these are not scaled; none may be less than
    `least_target`. With `probabilities` the activated outputs are such.
    """

    latex: ClassVar[str]  # the formula
    gradient: ClassVar[str]
    gradient_latex: ClassVar[str]

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
        curve, (rows, classes) = self.curve, outputs.shape
        # Class by class: NumPy sums up ten rows of hundreds faster than hundreds of ten.
        logs = scratch.reshape(classes, rows)
        np.copyto(logs, outputs.T)
        _take_log_softmax(logs)
        shares = np.full_like(logs, self.smoothing / classes)
        shares[targets, np.arange(rows)] += 1 - self.smoothing
        np.add.reduce(curve.value(logs, shares, *curve.parameters), axis=0, out=out)
        slopes = curve.slope(logs, shares, *curve.parameters)
        np.exp(logs, out=logs)
        logs *= np.add.reduce(slopes, axis=0)
        np.subtract(slopes, logs, out=gradient.T)


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


def _take_log_softmax(logits: Array) -> None:
    """Logits `(classes, rows)` become the logarithms of probabilities."""
    logits -= np.maximum.reduce(logits, axis=0)
    logits -= np.log(np.add.reduce(np.exp(logits), axis=0))

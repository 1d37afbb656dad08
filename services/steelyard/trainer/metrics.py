"""Metrics: how good predictions are, by scikit-learn's names and definitions.

For classification `targets` and `predictions` are class indices `(rows,)`; for regression values `(rows, targets)`.
"""

from abc import abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from steelyard.trainer.parts import Part, Registry

Array = NDArray[Any]
CLASSIFICATION = ("binary", "multiclass")


@dataclass(frozen=True)
class Metric(Part):
    """A number that says how good predictions are."""

    tasks: ClassVar[tuple[str, ...]]
    greater_is_better: ClassVar[bool]
    of_each_epoch: ClassVar[bool] = False  # a mean over rows, so that it can be kept while training goes on

    @abstractmethod
    def score(self, targets: Array, predictions: Array) -> float:
        """The metric over all rows."""


METRICS = Registry[Metric]("metric")


@METRICS.add
@dataclass(frozen=True)
class Accuracy(Metric):
    """The share of rows whose class was found."""

    name: ClassVar = "accuracy"
    tasks: ClassVar = CLASSIFICATION
    greater_is_better: ClassVar = True
    of_each_epoch: ClassVar = True
    formula: ClassVar = "mean [p = t]"
    source: ClassVar = "scikit-learn, accuracy_score"

    def score(self, targets: Array, predictions: Array) -> float:
        return float(np.count_nonzero(targets == predictions)) / len(targets)


@METRICS.add
@dataclass(frozen=True)
class BalancedAccuracy(Metric):
    """The mean, over the classes that occur, of the share of a class's rows that were found."""

    name: ClassVar = "balanced_accuracy"
    tasks: ClassVar = CLASSIFICATION
    greater_is_better: ClassVar = True
    formula: ClassVar = "mean over classes c of mean [p = c | t = c]"
    source: ClassVar = "scikit-learn, balanced_accuracy_score"

    def score(self, targets: Array, predictions: Array) -> float:
        return float(np.mean([np.mean(predictions[targets == label] == label) for label in np.unique(targets)]))


@METRICS.add
@dataclass(frozen=True)
class F1Macro(Metric):
    """The mean, over the classes that occur or were predicted, of the harmonic mean of precision and recall."""

    name: ClassVar = "f1_macro"
    tasks: ClassVar = CLASSIFICATION
    greater_is_better: ClassVar = True
    formula: ClassVar = "mean over classes of 2·TP / (2·TP + FP + FN)"
    source: ClassVar = "scikit-learn, f1_score(average='macro')"

    def score(self, targets: Array, predictions: Array) -> float:
        scores = []
        for label in np.union1d(targets, predictions):
            found = np.count_nonzero((targets == label) & (predictions == label))
            scores.append(2 * found / (np.count_nonzero(targets == label) + np.count_nonzero(predictions == label)))
        return float(np.mean(scores))


@METRICS.add
@dataclass(frozen=True)
class R2(Metric):
    """The share of the variance that is explained, as a mean over targets; 0 for a constant target missed."""

    name: ClassVar = "r2"
    tasks: ClassVar = ("regression",)
    greater_is_better: ClassVar = True
    formula: ClassVar = "1 − Σ (p − t)² / Σ (t − mean t)²"
    source: ClassVar = "scikit-learn, r2_score"

    def score(self, targets: Array, predictions: Array) -> float:
        missed = np.square(predictions - targets).sum(axis=0)
        spread = np.square(targets - targets.mean(axis=0)).sum(axis=0)
        constant = spread == 0
        scores = 1 - missed / np.where(constant, 1, spread)
        return float(np.where(constant, np.where(missed == 0, 1.0, 0.0), scores).mean())


@METRICS.add
@dataclass(frozen=True)
class Rmse(Metric):
    """The root of the mean squared error, as a mean over targets."""

    name: ClassVar = "rmse"
    tasks: ClassVar = ("regression",)
    greater_is_better: ClassVar = False
    formula: ClassVar = "√ mean (p − t)²"
    source: ClassVar = "scikit-learn, root_mean_squared_error"

    def score(self, targets: Array, predictions: Array) -> float:
        return float(np.sqrt(np.square(predictions - targets).mean(axis=0)).mean())


@METRICS.add
@dataclass(frozen=True)
class Mae(Metric):
    """The mean absolute error."""

    name: ClassVar = "mae"
    tasks: ClassVar = ("regression",)
    greater_is_better: ClassVar = False
    of_each_epoch: ClassVar = True
    formula: ClassVar = "mean |p − t|"
    source: ClassVar = "scikit-learn, mean_absolute_error"

    def score(self, targets: Array, predictions: Array) -> float:
        return float(np.abs(predictions - targets).mean())

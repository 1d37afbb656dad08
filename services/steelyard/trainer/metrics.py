"""Metrics: how good predictions are, by scikit-learn's names and definitions.

For classification `targets` and `predictions` are class indices `(rows,)`; for several labels 0 or 1
`(rows, labels)`; for regression values `(rows, targets)`.
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


def greater_is_better(series: str) -> bool:
    """Whether a series of the history (`loss`, `val_accuracy`) is good when it is great."""
    name = series.removeprefix("val_")
    return name in METRICS and METRICS[name].greater_is_better


@METRICS.add
@dataclass(frozen=True)
class Accuracy(Metric):
    """The share of rows whose class was found; with several labels, all of them."""

    name: ClassVar = "accuracy"
    tasks: ClassVar = (*CLASSIFICATION, "multilabel")
    greater_is_better: ClassVar = True
    of_each_epoch: ClassVar = True
    formula: ClassVar = "mean [p = t]"
    source: ClassVar = "scikit-learn, accuracy_score"

    def score(self, targets: Array, predictions: Array) -> float:
        right = targets == predictions
        return float(np.count_nonzero(right if right.ndim == 1 else right.all(axis=1))) / len(targets)


@METRICS.add
@dataclass(frozen=True)
class HammingLoss(Metric):
    """The share of labels that are wrong."""

    name: ClassVar = "hamming_loss"
    tasks: ClassVar = ("multilabel",)
    greater_is_better: ClassVar = False
    of_each_epoch: ClassVar = True
    formula: ClassVar = "mean [p ≠ t] over rows and labels"
    source: ClassVar = "scikit-learn, hamming_loss"

    def score(self, targets: Array, predictions: Array) -> float:
        return float(np.count_nonzero(targets != predictions)) / targets.size


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
    """The mean of the harmonic means of precision and recall, over classes or over labels.

    The classes are those that occur or were predicted; a label that neither occurs nor was predicted counts as zero.
    """

    name: ClassVar = "f1_macro"
    tasks: ClassVar = (*CLASSIFICATION, "multilabel")
    greater_is_better: ClassVar = True
    formula: ClassVar = "mean over classes, or labels, of 2·TP / (2·TP + FP + FN)"
    source: ClassVar = "scikit-learn, f1_score(average='macro', zero_division=0)"

    def score(self, targets: Array, predictions: Array) -> float:
        if targets.ndim == 2:
            pairs = [(targets[:, label] > 0, predictions[:, label] > 0) for label in range(targets.shape[1])]
        else:
            pairs = [(targets == label, predictions == label) for label in np.union1d(targets, predictions)]
        scores = [
            2 * np.count_nonzero(truth & said) / max(1, int(np.count_nonzero(truth)) + int(np.count_nonzero(said)))
            for truth, said in pairs
        ]
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

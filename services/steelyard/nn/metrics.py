"""Metrics: how good predictions are, by scikit-learn's names and definitions.

For classification `targets` and `predictions` are class indices `(rows,)`; for several labels 0 or 1
`(rows, labels)`; for regression values `(rows, targets)`. Probabilities are `(rows, classes)` or `(rows, labels)`.
"""

from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np
from annotated_types import Gt, Lt
from numpy.typing import NDArray

from steelyard.nn.component import Part, Registry

Array = NDArray[Any]
CLASSIFICATION = ("binary", "multiclass")


@dataclass(frozen=True)
class Metric(Part):
    """A number that says how good predictions are."""

    latex: ClassVar[str]  # the formula

    tasks: ClassVar[tuple[str, ...]]
    greater_is_better: ClassVar[bool]
    of_each_epoch: ClassVar[bool] = False  # a mean over rows, so that it can be kept while training goes on
    of_probabilities: ClassVar[bool] = False  # takes those in the place of predictions

    @abstractmethod
    def score(self, targets: Array, predictions: Array) -> float:
        """The metric over all rows; NaN where it is not defined."""

    def why_not_compiled(self) -> None:
        return None  # metrics are computed outside the engines


METRICS = Registry[Metric]("metric")


def greater_is_better(series: str) -> bool:
    """Whether a series of the history (`loss`, `val_accuracy`) is good when it is great."""
    name = series.removeprefix("val_")
    return name in METRICS and METRICS[name].greater_is_better


@METRICS.add
@dataclass(frozen=True)
class Accuracy(Metric):
    """The fraction of rows with the correct class; with several labels, of rows with all labels correct."""

    name: ClassVar = "accuracy"
    tasks: ClassVar = (*CLASSIFICATION, "multilabel")
    greater_is_better: ClassVar = True
    of_each_epoch: ClassVar = True
    formula: ClassVar = "mean [p = t]"
    latex: ClassVar = r"\overline{[p = t]}"
    source: ClassVar = "scikit-learn, accuracy_score"

    def score(self, targets: Array, predictions: Array) -> float:
        right = targets == predictions
        return float(np.count_nonzero(right if right.ndim == 1 else right.all(axis=1))) / len(targets)


@METRICS.add
@dataclass(frozen=True)
class HammingLoss(Metric):
    """The fraction of wrong labels."""

    name: ClassVar = "hamming_loss"
    tasks: ClassVar = ("multilabel",)
    greater_is_better: ClassVar = False
    of_each_epoch: ClassVar = True
    formula: ClassVar = "mean [p ≠ t] over rows and labels"
    latex: ClassVar = r"\overline{[p \ne t]}"
    source: ClassVar = "scikit-learn, hamming_loss"

    def score(self, targets: Array, predictions: Array) -> float:
        return float(np.count_nonzero(targets != predictions)) / targets.size


@METRICS.add
@dataclass(frozen=True)
class BalancedAccuracy(Metric):
    """The mean recall over the classes that occur."""

    name: ClassVar = "balanced_accuracy"
    tasks: ClassVar = CLASSIFICATION
    greater_is_better: ClassVar = True
    formula: ClassVar = "mean over classes c of mean [p = c | t = c]"
    latex: ClassVar = r"\frac{1}{|C|} \sum_c \overline{[p = c \mid t = c]}"
    source: ClassVar = "scikit-learn, balanced_accuracy_score"

    def score(self, targets: Array, predictions: Array) -> float:
        return float(np.mean([np.mean(predictions[targets == label] == label) for label in np.unique(targets)]))


@METRICS.add
@dataclass(frozen=True)
class F1Macro(Metric):
    """The unweighted mean of the F1 scores of all classes or labels.

    The classes are those in targets or predictions; a label that is in neither has a score of zero.
    """

    name: ClassVar = "f1_macro"
    tasks: ClassVar = (*CLASSIFICATION, "multilabel")
    greater_is_better: ClassVar = True
    formula: ClassVar = "mean over classes, or labels, of 2·TP / (2·TP + FP + FN)"
    latex: ClassVar = r"\frac{1}{|C|} \sum_c \frac{2\, TP_c}{2\, TP_c + FP_c + FN_c}"
    source: ClassVar = "scikit-learn, f1_score(average='macro', zero_division=0)"

    def score(self, targets: Array, predictions: Array) -> float:
        return float(np.mean([_f1(*pair) for pair in _one_against_rest(targets, predictions)]))


@METRICS.add
@dataclass(frozen=True)
class F1Weighted(Metric):
    """The mean of the F1 scores of all classes or labels, weighted by their frequency."""

    name: ClassVar = "f1_weighted"
    tasks: ClassVar = (*CLASSIFICATION, "multilabel")
    greater_is_better: ClassVar = True
    formula: ClassVar = "Σ n_c · F1_c / Σ n_c, n_c the rows of class, or label, c"
    latex: ClassVar = r"\frac{\sum_c n_c F_{1,c}}{\sum_c n_c}"
    source: ClassVar = "scikit-learn, f1_score(average='weighted', zero_division=0)"

    def score(self, targets: Array, predictions: Array) -> float:
        pairs = _one_against_rest(targets, predictions)
        counts = [np.count_nonzero(truth) for truth, _ in pairs]
        return float(np.dot(counts, [_f1(*pair) for pair in pairs]) / max(1, sum(counts)))


@METRICS.add
@dataclass(frozen=True)
class LogLoss(Metric):
    """What the outcome surprises, on average: the mean of minus the logarithm of the probability that it was given.

    With several labels, the mean over labels too. A probability of 0 counts as the least of its type beside 1.
    """

    name: ClassVar = "log_loss"
    tasks: ClassVar = (*CLASSIFICATION, "multilabel")
    greater_is_better: ClassVar = False
    of_probabilities: ClassVar = True
    formula: ClassVar = "−mean ln p_t"
    latex: ClassVar = r"-\overline{\ln p_t}"
    source: ClassVar = "scikit-learn, log_loss"

    def score(self, targets: Array, predictions: Array) -> float:
        if targets.ndim == 1:
            chance = predictions[np.arange(len(targets)), targets]
        else:
            chance = np.where(targets > 0, predictions, 1 - predictions)
        least = np.finfo(predictions.dtype).eps
        return float(-np.log(np.clip(chance, least, 1 - least).astype(np.float64)).mean())


@METRICS.add
@dataclass(frozen=True)
class RocAuc(Metric):
    """The chance that a row of a class is given a greater probability of it than a row of another.

    Of two classes, that of the second; else the mean over classes, or labels, that some rows have and some have not.
    """

    name: ClassVar = "roc_auc"
    tasks: ClassVar = (*CLASSIFICATION, "multilabel")
    greater_is_better: ClassVar = True
    of_probabilities: ClassVar = True
    formula: ClassVar = "mean over classes of P(p(row of c) > p(other row)) + ½ P(equal)"
    latex: ClassVar = (
        r"\frac{1}{|C|} \sum_c \left( P(p_c > p_{\text{other}}) + \tfrac{1}{2} P(p_c = p_{\text{other}}) \right)"
    )
    source: ClassVar = "scikit-learn, roc_auc_score(multi_class='ovr', average='macro')"

    def score(self, targets: Array, predictions: Array) -> float:
        return _mean_over_classes(_area_under_roc, targets, predictions)


@METRICS.add
@dataclass(frozen=True)
class AveragePrecision(Metric):
    """The precision at every threshold, weighed by the recall that it adds.

    Of two classes, that of the second; else the mean over classes, or labels, that some rows have and some have not.
    """

    name: ClassVar = "average_precision"
    tasks: ClassVar = (*CLASSIFICATION, "multilabel")
    greater_is_better: ClassVar = True
    of_probabilities: ClassVar = True
    formula: ClassVar = "Σ (R_n − R_{n−1}) · P_n"
    latex: ClassVar = r"\sum_n (R_n - R_{n-1}) P_n"
    source: ClassVar = "scikit-learn, average_precision_score(average='macro')"

    def score(self, targets: Array, predictions: Array) -> float:
        return _mean_over_classes(_average_precision, targets, predictions)


@METRICS.add
@dataclass(frozen=True)
class R2(Metric):
    """The coefficient of determination, averaged over targets; 0 if a constant target is not predicted exactly.

    Of fewer than two rows it is not defined.
    """

    name: ClassVar = "r2"
    tasks: ClassVar = ("regression",)
    greater_is_better: ClassVar = True
    formula: ClassVar = "1 − Σ (p − t)² / Σ (t − mean t)²"
    latex: ClassVar = r"1 - \frac{\sum (p - t)^2}{\sum (t - \overline{t})^2}"
    source: ClassVar = "scikit-learn, r2_score"

    def score(self, targets: Array, predictions: Array) -> float:
        if len(targets) < 2:
            return float("nan")
        missed = np.square(predictions - targets).sum(axis=0)
        spread = np.square(targets - targets.mean(axis=0)).sum(axis=0)
        constant = np.ptp(targets, axis=0) == 0  # the mean of equal values may differ from them by rounding
        scores = 1 - missed / np.where(constant, 1, spread)
        return float(np.where(constant, np.where(missed == 0, 1.0, 0.0), scores).mean())


@METRICS.add
@dataclass(frozen=True)
class Rmse(Metric):
    """The root mean squared error, averaged over targets."""

    name: ClassVar = "rmse"
    tasks: ClassVar = ("regression",)
    greater_is_better: ClassVar = False
    formula: ClassVar = "√ mean (p − t)²"
    latex: ClassVar = r"\sqrt{\overline{(p - t)^2}}"
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
    latex: ClassVar = r"\overline{|p - t|}"
    source: ClassVar = "scikit-learn, mean_absolute_error"

    def score(self, targets: Array, predictions: Array) -> float:
        return float(np.abs(predictions - targets).mean())


@METRICS.add
@dataclass(frozen=True)
class Mape(Metric):
    """The mean absolute percentage error, as a fraction; very large if targets are near zero."""

    name: ClassVar = "mape"
    tasks: ClassVar = ("regression",)
    greater_is_better: ClassVar = False
    formula: ClassVar = "mean |p − t| / max(|t|, ε)"
    latex: ClassVar = r"\overline{\frac{|p - t|}{\max(|t|, \epsilon)}}"
    source: ClassVar = "scikit-learn, mean_absolute_percentage_error"

    def score(self, targets: Array, predictions: Array) -> float:
        size = np.maximum(np.abs(targets.astype(np.float64)), np.finfo(np.float64).eps)
        return float((np.abs(predictions - targets) / size).mean())


@METRICS.add
@dataclass(frozen=True)
class Pinball(Metric):
    """The mean pinball loss of the predicted quantile, in the target's units."""

    name: ClassVar = "pinball"
    tasks: ClassVar = ("regression",)
    greater_is_better: ClassVar = False
    formula: ClassVar = "mean of max(q·d, (q − 1)·d), d = t − p, q = quantile"
    latex: ClassVar = r"\overline{\max(q d, (q - 1) d)}, \quad d = t - p"
    source: ClassVar = "scikit-learn, mean_pinball_loss(alpha=quantile)"

    quantile: Annotated[float, Gt(0), Lt(1)] = 0.5

    def score(self, targets: Array, predictions: Array) -> float:
        missed = targets - predictions
        return float(np.maximum(self.quantile * missed, (self.quantile - 1) * missed).mean())


def _one_against_rest(targets: Array, predictions: Array) -> list[tuple[Array, Array]]:
    """For each class in targets or predictions, or for each label: the rows that have it, and those predicted to."""
    if targets.ndim == 2:
        return [(targets[:, label] > 0, predictions[:, label] > 0) for label in range(targets.shape[1])]
    return [(targets == label, predictions == label) for label in np.union1d(targets, predictions)]


def _f1(truth: Array, said: Array) -> float:
    both = int(np.count_nonzero(truth)) + int(np.count_nonzero(said))
    return 2 * int(np.count_nonzero(truth & said)) / max(1, both)


def _mean_over_classes(score: Callable[[Array, Array], float], targets: Array, probabilities: Array) -> float:
    places = [1] if targets.ndim == 1 and probabilities.shape[1] == 2 else list(range(probabilities.shape[1]))
    actual = [(targets == place) if targets.ndim == 1 else targets[:, place] > 0 for place in places]
    scores = [
        score(occurs, probabilities[:, place])
        for place, occurs in zip(places, actual, strict=True)
        if 0 < np.count_nonzero(occurs) < len(occurs)
    ]
    return float(np.mean(scores)) if scores else float("nan")


def _area_under_roc(truth: Array, chance: Array) -> float:
    """By ranks (H. B. Mann, D. R. Whitney 1947); equal ones share the mean of their ranks."""
    _, place, counts = np.unique(chance, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[place]
    positives = int(np.count_nonzero(truth))
    above = ranks[truth].sum() - positives * (positives + 1) / 2
    return float(above / (positives * (len(truth) - positives)))


def _average_precision(truth: Array, chance: Array) -> float:
    order = np.argsort(-chance, kind="stable")
    found = np.cumsum(truth[order])
    last = np.append(np.flatnonzero(np.diff(chance[order])), len(order) - 1)  # of each run of equal ones
    precision, recall = found[last] / (last + 1), found[last] / found[-1]
    return float(np.dot(np.diff(recall, prepend=0.0), precision))

"""How good the predictions for a split are, class by class, and how far probabilities can be taken at their word."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from steelyard.diagnostics.schema import CalibrationBin, CalibrationCurve, ClassReport, Report, Residuals, WorstRow

Array = NDArray[Any]
MOST_CLASSES = 200  # of which a table of all pairs is of use to anybody
BINS = 10
RESIDUAL_BINS = 30
WORST = 20
TINY = 1e-30
QUANTILES = (0.0, 0.05, 0.25, 0.5, 0.75, 0.95, 1.0)


def report(
    split: str,
    task: str,
    rows: Array,
    targets: Array,
    predictions: Array,
    probabilities: Array | None,
    labels: list[Any],
) -> Report:
    """The evaluation report of a split's predictions.

    Args:
        split: its name.
        task: `binary`, `multiclass`, `multilabel` or `regression`.
        rows: their numbers in their data, `(rows,)`.
        targets: class indices `(rows,)`; for several labels 0 or 1 `(rows, labels)`; or values `(rows, targets)`.
        predictions: the same.
        probabilities: `(rows, classes)` or `(rows, labels)`.
        labels: of the classes, or the names of several labels or targets.

    Source: scikit-learn's precision_recall_fscore_support, confusion_matrix (rows are true classes, columns predicted
    classes) and calibration_curve (bins of equal width).
    """
    if task == "regression":
        errors = predictions - targets
        residuals = [_residuals(name, errors[:, place]) for place, name in enumerate(labels)]
        worst = find_worst(rows, targets, predictions, np.abs(errors / (errors.std(axis=0) + TINY)).max(axis=1), None)
        return Report(object="report", split=split, rows=len(targets), task=task, residuals=residuals, worst=worst)
    several = task == "multilabel"
    pairs = [
        (targets[:, place] > 0, predictions[:, place] > 0) if several else (targets == place, predictions == place)
        for place in range(len(labels))
    ]
    return Report(
        object="report",
        split=split,
        rows=len(targets),
        task=task,
        classes=[_about(label, *pair) for label, pair in zip(labels, pairs, strict=True)],
        confusion_matrix=None if several else _confusion(targets, predictions, len(labels)),
        calibration=None if probabilities is None else _calibration(targets, probabilities, labels),
        worst=find_worst(rows, targets, predictions, _losses(targets, predictions, probabilities), labels),
    )


def _about(label: Any, actual: Array, answered: Array) -> ClassReport:
    right, occurs, predicted = (int(np.count_nonzero(each)) for each in (actual & answered, actual, answered))
    return ClassReport(
        label=label,
        rows=occurs,
        predicted=predicted,
        precision=right / predicted if predicted else None,
        recall=right / occurs if occurs else None,
        f1=2 * right / (occurs + predicted) if occurs + predicted else None,
    )


def _confusion(targets: Array, predictions: Array, classes: int) -> list[list[int]] | None:
    if classes > MOST_CLASSES:
        return None
    counts = np.bincount(targets * classes + predictions, minlength=classes * classes)
    table: list[list[int]] = counts.reshape(classes, classes).tolist()
    return table


def _calibration(targets: Array, probabilities: Array, labels: list[Any]) -> list[CalibrationCurve]:
    """For each class, or label, and each tenth of probability: the mean probability, and how often the class occurred.

    As scikit-learn's `calibration_curve`.
    """
    classes = probabilities.shape[1]
    places = [1] if targets.ndim == 1 and classes == 2 else range(min(MOST_CLASSES, classes))
    curves = []
    for place in places:
        actual = targets == place if targets.ndim == 1 else targets[:, place] > 0
        probability = probabilities[:, place]
        bins = np.minimum((probability * BINS).astype(np.int64), BINS - 1)
        counts = np.bincount(bins, minlength=BINS)
        predicted, observed = (np.bincount(bins, weights=each, minlength=BINS) for each in (probability, actual))
        points = []
        for place_of_bin in np.flatnonzero(counts).tolist():
            rows = int(counts[place_of_bin])
            mean, rate = float(predicted[place_of_bin]) / rows, float(observed[place_of_bin]) / rows
            start = place_of_bin / BINS
            points.append(CalibrationBin(from_=start, rows=rows, mean_predicted=mean, observed_rate=rate))
        curves.append(CalibrationCurve(label=labels[place], bins=points))
    return curves


def _residuals(name: Any, errors: Array) -> Residuals:
    values = np.quantile(errors, QUANTILES).tolist()
    quantiles = {f"{quantile:g}": value for quantile, value in zip(QUANTILES, values, strict=True)}
    mean, std = float(errors.mean()), float(errors.std())
    counts, edges = np.histogram(errors[np.isfinite(errors)], RESIDUAL_BINS)
    histogram = {"edges": edges.tolist(), "counts": counts.tolist()}
    return Residuals(target=name, rows=len(errors), mean=mean, std=std, quantiles=quantiles, **histogram)


def _losses(targets: Array, predictions: Array, probabilities: Array | None) -> Array:
    """What each row costs: −ln p of its class, or the sum of that of its labels; errors without probabilities."""
    if probabilities is None:
        wrong = targets != predictions
        return np.asarray(wrong if wrong.ndim == 1 else wrong.sum(axis=1), np.float64)
    if targets.ndim == 1:
        of_target = np.take_along_axis(probabilities, targets[:, None].astype(np.int64), axis=1)
    else:
        of_target = np.where(targets > 0, probabilities, 1 - probabilities)
    losses: Array = -np.log(np.maximum(of_target.astype(np.float64), TINY)).sum(axis=1)
    return losses


def find_worst(
    rows: Array, targets: Array, predictions: Array, losses: Array, classes: list[Any] | None
) -> list[WorstRow]:
    """The rows of the largest losses; of equal ones the first."""
    chosen = np.argsort(-losses, kind="stable")[:WORST]

    def write(value: Array) -> Any:
        if value.ndim == 0:
            return value.item() if classes is None else classes[int(value)]
        values = value.tolist()
        return values[0] if len(values) == 1 else values

    return [
        WorstRow(
            row=int(rows[place]),
            target=write(targets[place]),
            prediction=write(predictions[place]),
            loss=float(losses[place]),
        )
        for place in chosen.tolist()
    ]

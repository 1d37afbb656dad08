"""How good the predictions for a split are, class by class, and how far probabilities can be taken at their word."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
MOST_CLASSES = 200  # of which a table of all pairs is of use to anybody
BINS = 10
QUANTILES = (0.0, 0.05, 0.25, 0.5, 0.75, 0.95, 1.0)


def report(
    task: str, targets: Array, predictions: Array, probabilities: Array | None, labels: list[Any]
) -> dict[str, Any]:
    """What a split's predictions amount to, as JSON.

    Args:
        task: `binary`, `multiclass`, `multilabel` or `regression`.
        targets: class indices `(rows,)`; for several labels 0 or 1 `(rows, labels)`; or values `(rows, targets)`.
        predictions: the same.
        probabilities: `(rows, classes)` or `(rows, labels)`.
        labels: of the classes, or the names of several labels or targets.

    Source: scikit-learn's precision_recall_fscore_support, confusion_matrix (rows are what is true, columns what was
    said) and calibration_curve (bins of equal width).
    """
    if task == "regression":
        errors = predictions - targets
        return {"residuals": [_residuals(name, errors[:, place]) for place, name in enumerate(labels)]}
    several = task == "multilabel"
    pairs = [
        (targets[:, place] > 0, predictions[:, place] > 0) if several else (targets == place, predictions == place)
        for place in range(len(labels))
    ]
    return {
        "classes": [_about(label, *pair) for label, pair in zip(labels, pairs, strict=True)],
        "confusion_matrix": None if several else _confusion(targets, predictions, len(labels)),
        "calibration": None if probabilities is None else _calibration(targets, probabilities, labels),
    }


def _about(label: Any, truth: Array, said: Array) -> dict[str, Any]:
    right, occurs, predicted = (int(np.count_nonzero(each)) for each in (truth & said, truth, said))
    return {
        "label": label,
        "rows": occurs,
        "predicted": predicted,
        "precision": right / predicted if predicted else None,
        "recall": right / occurs if occurs else None,
        "f1": 2 * right / (occurs + predicted) if occurs + predicted else None,
    }


def _confusion(targets: Array, predictions: Array, classes: int) -> list[list[int]] | None:
    if classes > MOST_CLASSES:
        return None
    counts = np.bincount(targets * classes + predictions, minlength=classes * classes)
    table: list[list[int]] = counts.reshape(classes, classes).tolist()
    return table


def _calibration(targets: Array, probabilities: Array, labels: list[Any]) -> list[dict[str, Any]]:
    """For each class, or label, and each tenth of probability: what was said on average, and how often it was so."""
    classes = probabilities.shape[1]
    places = [1] if targets.ndim == 1 and classes == 2 else range(min(MOST_CLASSES, classes))
    curves = []
    for place in places:
        truth = targets == place if targets.ndim == 1 else targets[:, place] > 0
        chance = probabilities[:, place]
        bins = np.minimum((chance * BINS).astype(np.int64), BINS - 1)
        counts = np.bincount(bins, minlength=BINS)
        said, was = (np.bincount(bins, weights=each, minlength=BINS) for each in (chance, truth))
        points = []
        for place_of_bin in np.flatnonzero(counts).tolist():
            rows = int(counts[place_of_bin])
            means = {"said": float(said[place_of_bin]) / rows, "was": float(was[place_of_bin]) / rows}
            points.append({"from": place_of_bin / BINS, "rows": rows, **means})
        curves.append({"label": labels[place], "bins": points})
    return curves


def _residuals(name: Any, errors: Array) -> dict[str, Any]:
    values = np.quantile(errors, QUANTILES).tolist()
    quantiles = {f"{quantile:g}": value for quantile, value in zip(QUANTILES, values, strict=True)}
    spread = {"mean": float(errors.mean()), "std": float(errors.std())}
    return {"target": name, "rows": len(errors), **spread, "quantiles": quantiles}

"""Compares what another runtime answers with what the service answers."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from steelyard.exports.bundle import ModelBundle
from tests.exports.zoo import Rows, answer

TOLERANCE = 1e-6
Answers = tuple[list[Any] | None, NDArray[Any]]


def compare(bundle: ModelBundle, rows: Rows, labels: list[Any] | None, values: Any) -> float:
    """As `compare_with`, with the answers of the service."""
    return compare_with(bundle, answer(bundle, rows), labels, values)


def compare_with(bundle: ModelBundle, expected_answers: Answers, labels: list[Any] | None, values: Any) -> float:
    """The largest difference, relative to values' sizes; raise `AssertionError` if it is too large, or labels differ.

    A label may differ where the two best scores are as near to each other as single precision tells them apart.
    """
    expected_labels, expected = expected_answers
    values = np.asarray(values, np.float64).reshape(expected.shape)
    assert np.isfinite(values).all()
    difference = float((np.abs(values - expected) / bundle.size_of(expected)).max())
    assert difference <= TOLERANCE, f"{difference:.2g}"
    if expected_labels is not None:
        assert labels is not None
        assert len(labels) == len(expected_labels)
        differing = [row for row, pair in enumerate(zip(labels, expected_labels, strict=True)) if pair[0] != pair[1]]
        assert not [row for row in differing if not _is_tie(bundle, expected[row])]
    return difference


def _is_tie(bundle: ModelBundle, scores: Any) -> bool:
    if bundle.kind == "labels":
        return bool(np.abs(scores - bundle.threshold).min() <= TOLERANCE)
    if len(scores) == 1:
        return bool(abs(scores[0] - bundle.threshold) <= TOLERANCE)
    best = np.sort(scores)[-2:]
    return bool(best[1] - best[0] <= TOLERANCE)

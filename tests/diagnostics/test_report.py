"""Reports against scikit-learn's."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from sklearn.calibration import calibration_curve
from sklearn.metrics import confusion_matrix, precision_recall_fscore_support

from steelyard.diagnostics.report import report


@given(seed=st.integers(0, 2**32), rows=st.integers(2, 60), classes=st.integers(2, 5))
def test_classes_and_their_confusion_are_scikit_learns(seed: int, rows: int, classes: int) -> None:
    generator = np.random.default_rng(seed)
    targets, predictions = generator.integers(classes, size=(2, rows))
    found = report("multiclass", targets, predictions, None, [*"abcde"[:classes]])
    labels = [*range(classes)]
    assert found["confusion_matrix"] == confusion_matrix(targets, predictions, labels=labels).tolist()
    scores = precision_recall_fscore_support(targets, predictions, labels=labels, zero_division=0)
    for name, values in zip(("precision", "recall", "f1", "rows"), scores, strict=True):
        assert [each[name] or 0 for each in found["classes"]] == pytest.approx(values)


@given(seed=st.integers(0, 2**32), rows=st.integers(10, 80))
def test_calibration_is_scikit_learns(seed: int, rows: int) -> None:
    generator = np.random.default_rng(seed)
    targets, chance = generator.integers(2, size=rows), generator.random(rows)
    assume(len(set(targets.tolist())) == 2)
    chances = np.stack([1 - chance, chance], axis=1)
    [curve] = report("binary", targets, targets, chances, ["no", "yes"])["calibration"]
    was, said = calibration_curve(targets, chance, n_bins=10)
    assert curve["label"] == "yes"
    assert [point["observed_rate"] for point in curve["bins"]] == pytest.approx(was)
    assert [point["mean_predicted"] for point in curve["bins"]] == pytest.approx(said)
    assert sum(point["rows"] for point in curve["bins"]) == rows


def test_residuals_say_how_numbers_were_missed() -> None:
    targets = np.array([[1.0], [2.0], [3.0]])
    [found] = report("regression", targets, targets + np.array([[1.0], [0.0], [2.0]]), None, ["y"])["residuals"]
    assert (found["target"], found["rows"], found["mean"]) == ("y", 3, 1.0)
    assert found["quantiles"]["0.5"] == 1.0

"""Reports against scikit-learn's."""

from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from sklearn.calibration import calibration_curve
from sklearn.metrics import confusion_matrix, precision_recall_fscore_support

from steelyard.diagnostics import report as reports
from steelyard.documents.writer import to_values


def report(task: str, *columns: Any) -> Any:
    """The report of a split, as clients see it."""
    found = to_values(reports.report("test", task, np.arange(len(columns[0])), *columns))
    assert (found["object"], found["split"], found["task"], found["rows"]) == ("report", "test", task, len(columns[0]))
    return found


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
    targets, probability = generator.integers(2, size=rows), generator.random(rows)
    assume(len(set(targets.tolist())) == 2)
    probabilities = np.stack([1 - probability, probability], axis=1)
    [curve] = report("binary", targets, targets, probabilities, ["no", "yes"])["calibration"]
    observed, predicted = calibration_curve(targets, probability, n_bins=10)
    assert curve["label"] == "yes"
    assert [point["observed_rate"] for point in curve["bins"]] == pytest.approx(observed)
    assert [point["mean_predicted"] for point in curve["bins"]] == pytest.approx(predicted)
    assert sum(point["rows"] for point in curve["bins"]) == rows


def test_a_class_that_never_occurs_or_is_never_predicted_has_no_ratio() -> None:
    targets, predictions = np.array([0, 0, 1]), np.array([0, 0, 2])
    first, second, third, fourth = report("multiclass", targets, predictions, None, [*"abcd"])["classes"]
    assert (first["precision"], first["recall"], first["f1"], first["predicted"]) == (1, 1, 1, 2)
    assert (second["precision"], second["recall"], second["f1"]) == (None, 0, 0)
    assert (third["precision"], third["recall"], third["f1"]) == (0, None, 0)
    assert (fourth["precision"], fourth["recall"], fourth["f1"]) == (None, None, None)


@given(seed=st.integers(0, 2**32), rows=st.integers(2, 40), labels=st.integers(2, 4))
def test_labels_are_counted_one_by_one(seed: int, rows: int, labels: int) -> None:
    generator = np.random.default_rng(seed)
    targets, predictions = generator.integers(2, size=(2, rows, labels))
    probabilities = generator.random((rows, labels))
    found = report("multilabel", targets, predictions, probabilities, [*"abcd"[:labels]])
    assert found["confusion_matrix"] is None
    scores = precision_recall_fscore_support(targets, predictions, zero_division=0)
    for name, values in zip(("precision", "recall", "f1", "rows"), scores, strict=True):
        assert [each[name] or 0 for each in found["classes"]] == pytest.approx(values)
    assert [curve["label"] for curve in found["calibration"]] == [*"abcd"[:labels]]
    for place, curve in enumerate(found["calibration"]):
        assert sum(point["rows"] for point in curve["bins"]) == rows
        observed = sum(point["rows"] * point["observed_rate"] for point in curve["bins"])
        assert observed == pytest.approx(targets[:, place].sum())


def test_a_probability_is_in_the_tenth_that_it_begins_and_one_in_the_last() -> None:
    probability = np.array([0.0, 0.1, 0.19, 0.95, 1.0])
    probabilities = np.stack([1 - probability, probability], axis=1)
    [curve] = report("binary", np.array([0, 1, 0, 1, 1]), np.zeros(5, int), probabilities, [False, True])["calibration"]
    assert [(each["from"], each["rows"]) for each in curve["bins"]] == [(0.0, 1), (0.1, 2), (0.9, 2)]
    assert [each["observed_rate"] for each in curve["bins"]] == [0, 0.5, 1]


def test_every_one_of_several_classes_has_a_curve() -> None:
    probabilities = np.array([[0.5, 0.3, 0.2], [0.1, 0.8, 0.1]])
    curves = report("multiclass", np.array([0, 1]), np.array([0, 1]), probabilities, [*"abc"])["calibration"]
    assert [curve["label"] for curve in curves] == ["a", "b", "c"]
    assert [[each["observed_rate"] for each in curve["bins"]] for curve in curves] == [[0, 1], [0, 1], [0, 0]]


@pytest.mark.parametrize(("classes", "table", "curves"), [(200, True, 200), (201, False, 200)])
def test_tables_and_curves_are_of_two_hundred_classes_at_most(classes: int, table: bool, curves: int) -> None:
    targets = np.arange(classes)
    found = report("multiclass", targets, targets, np.eye(classes), [*range(classes)])
    assert (found["confusion_matrix"] is not None) == table
    assert len(found["calibration"]) == curves


def test_residuals_are_of_each_target() -> None:
    errors = np.array([[1.0, -1.0], [0.0, 3.0], [2.0, 4.0], [3.0, 6.0], [9.0, 8.0]])
    first, second = report("regression", np.zeros((5, 2)), errors, None, ["y", "z"])["residuals"]
    assert (first["target"], second["target"]) == ("y", "z")
    assert second["mean"] == 4
    assert second["std"] == pytest.approx(np.std([-1, 3, 4, 6, 8]))
    assert second["quantiles"] == pytest.approx(
        {f"{q:g}": np.quantile(errors[:, 1], q) for q in (0, 0.05, 0.25, 0.5, 0.75, 0.95, 1)}
    )


def test_residuals_say_how_numbers_were_missed() -> None:
    targets = np.array([[1.0], [2.0], [3.0]])
    [found] = report("regression", targets, targets + np.array([[1.0], [0.0], [2.0]]), None, ["y"])["residuals"]
    assert (found["target"], found["rows"], found["mean"]) == ("y", 3, 1.0)
    assert found["quantiles"]["0.5"] == 1.0


def test_the_worst_rows_have_the_least_probability_of_their_class() -> None:
    targets = np.array([0, 1, 2, 1])
    probabilities = np.array([[0.6, 0.3, 0.1], [0.7, 0.2, 0.1], [0.3, 0.3, 0.4], [0.04, 0.9, 0.06]])
    worst = report("multiclass", targets, probabilities.argmax(axis=1), probabilities, [*"abc"])["worst"]
    assert [each["row"] for each in worst] == [1, 2, 0, 3]
    assert worst[0] == {"row": 1, "target": "b", "prediction": "a", "loss": pytest.approx(-np.log(0.2))}


def test_without_probabilities_wrong_rows_come_first() -> None:
    worst = report("binary", np.array([0, 1, 1]), np.array([0, 1, 0]), None, ["no", "yes"])["worst"]
    assert [(each["row"], each["target"], each["loss"]) for each in worst] == [
        (2, "yes", 1),
        (0, "no", 0),
        (1, "yes", 0),
    ]


def test_labels_are_worst_together() -> None:
    targets, probabilities = np.array([[1, 0], [1, 1]]), np.array([[0.5, 0.5], [0.9, 0.2]])
    worst = report("multilabel", targets, targets, probabilities, ["x", "y"])["worst"]
    assert [each["row"] for each in worst] == [1, 0]
    assert worst[0]["loss"] == pytest.approx(-np.log(0.9) - np.log(0.2))
    assert worst[0]["target"] == [1, 1]


@given(seed=st.integers(0, 2**32), rows=st.integers(1, 60))
def test_residuals_are_counted_and_the_largest_are_the_worst(seed: int, rows: int) -> None:
    generator = np.random.default_rng(seed)
    targets, predictions = generator.normal(size=(2, rows, 1))
    found = report("regression", targets, predictions, None, ["y"])
    [residuals] = found["residuals"]
    assert sum(residuals["counts"]) == rows
    assert len(residuals["edges"]) == len(residuals["counts"]) + 1
    sizes = np.abs(predictions - targets)[:, 0]
    worst = [each["row"] for each in found["worst"]]
    assert len(worst) == min(rows, 20)
    assert sizes[worst].tolist() == sorted(sizes.tolist(), reverse=True)[: len(worst)]
    assert found["worst"][0]["target"] == targets[worst[0], 0]

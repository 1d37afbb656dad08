"""Metrics against scikit-learn's."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from sklearn import metrics as reference

from steelyard.nn.metrics import METRICS, Pinball

CLASSIFICATION = {
    "accuracy": reference.accuracy_score,
    "balanced_accuracy": reference.balanced_accuracy_score,
    "f1_macro": lambda t, p: reference.f1_score(t, p, average="macro"),
    "f1_weighted": lambda t, p: reference.f1_score(t, p, average="weighted"),
}
CHANCES = {
    "log_loss": lambda t, p: reference.log_loss(t, p, labels=[*range(p.shape[1])]),
    "roc_auc": lambda t, p: (
        reference.roc_auc_score(t, p[:, 1]) if p.shape[1] == 2 else reference.roc_auc_score(t, p, multi_class="ovr")
    ),
    "average_precision": lambda t, p: (
        reference.average_precision_score(t, p[:, 1]) if p.shape[1] == 2 else reference.average_precision_score(t, p)
    ),
}
MULTILABEL = {
    "accuracy": reference.accuracy_score,
    "hamming_loss": reference.hamming_loss,
    "f1_macro": lambda t, p: reference.f1_score(t, p, average="macro", zero_division=0),
    "f1_weighted": lambda t, p: reference.f1_score(t, p, average="weighted", zero_division=0),
}
REGRESSION = {
    "r2": reference.r2_score,
    "rmse": reference.root_mean_squared_error,
    "mae": reference.mean_absolute_error,
    "mape": reference.mean_absolute_percentage_error,
    "pinball": reference.mean_pinball_loss,
}


def test_every_metric_has_a_reference() -> None:
    assert set(METRICS.names) == CLASSIFICATION.keys() | CHANCES.keys() | REGRESSION.keys() | MULTILABEL.keys()


@pytest.mark.parametrize("name", CHANCES)
@given(seed=st.integers(0, 2**32), rows=st.integers(6, 50), classes=st.integers(2, 4), ties=st.booleans())
def test_metrics_of_probabilities_are_scikit_learns(name: str, seed: int, rows: int, classes: int, ties: bool) -> None:
    generator = np.random.default_rng(seed)
    targets = generator.integers(classes, size=rows)
    assume(len(set(targets.tolist())) == classes)
    chances = generator.integers(1, 5, (rows, classes)) if ties else generator.random((rows, classes))
    chances = chances / chances.sum(axis=1, keepdims=True)
    assert METRICS[name]().score(targets, chances) == pytest.approx(CHANCES[name](targets, chances))


@pytest.mark.parametrize("name", ["roc_auc", "average_precision"])
@given(seed=st.integers(0, 2**32), rows=st.integers(6, 50))
def test_metrics_of_several_labels_chances_are_means_over_labels(name: str, seed: int, rows: int) -> None:
    generator = np.random.default_rng(seed)
    targets, chances = generator.integers(2, size=(rows, 3)), generator.random((rows, 3))
    assume((targets.min(axis=0) == 0).all() and (targets.max(axis=0) == 1).all())
    expected = getattr(reference, f"{name}_score")(targets, chances)
    assert METRICS[name]().score(targets, chances) == pytest.approx(expected)


def test_what_one_class_alone_cannot_tell_is_not_a_number() -> None:
    assert np.isnan(METRICS["roc_auc"]().score(np.zeros(3, int), np.full((3, 2), 0.5)))


@pytest.mark.parametrize("name", CLASSIFICATION)
@given(seed=st.integers(0, 2**32), rows=st.integers(4, 50), classes=st.integers(2, 5))
def test_classification_metrics_are_scikit_learns(name: str, seed: int, rows: int, classes: int) -> None:
    generator = np.random.default_rng(seed)
    targets = generator.integers(classes, size=rows)
    assume(len(set(targets.tolist())) > 1)
    predictions = generator.choice(targets, size=rows)  # of the classes that occur: others make scikit-learn warn
    assert METRICS[name]().score(targets, predictions) == pytest.approx(CLASSIFICATION[name](targets, predictions))


@pytest.mark.parametrize("name", MULTILABEL)
@given(seed=st.integers(0, 2**32), rows=st.integers(1, 50), labels=st.integers(2, 4))
def test_metrics_of_several_labels_are_scikit_learns(name: str, seed: int, rows: int, labels: int) -> None:
    targets, predictions = np.random.default_rng(seed).integers(2, size=(2, rows, labels))
    expected = MULTILABEL[name](targets, predictions)
    assert METRICS[name]().score(targets, predictions > 0) == pytest.approx(expected)


@pytest.mark.parametrize("name", REGRESSION)
@given(seed=st.integers(0, 2**32), rows=st.integers(2, 50), targets=st.integers(1, 3))
def test_regression_metrics_are_scikit_learns(name: str, seed: int, rows: int, targets: int) -> None:
    y, predictions = np.random.default_rng(seed).normal(size=(2, rows, targets))
    assert METRICS[name]().score(y, predictions) == pytest.approx(REGRESSION[name](y, predictions))


def test_r2_of_a_constant_target_is_scikit_learns() -> None:
    y = np.full((5, 1), 3.0)
    assert METRICS["r2"]().score(y, y) == reference.r2_score(y, y) == 1.0
    assert METRICS["r2"]().score(y, y + 1) == reference.r2_score(y, y + 1) == 0.0
    constant = np.full((5, 1), 5000.1)  # its mean is another number
    assert METRICS["r2"]().score(constant, constant + 1) == 0.0


def test_r2_needs_two_rows() -> None:
    assert np.isnan(METRICS["r2"]().score(np.ones((1, 1)), np.ones((1, 1))))


@pytest.mark.parametrize("quantile", [0.1, 0.5, 0.9])
def test_the_pinball_loss_is_of_its_quantile(quantile: float) -> None:
    y, predictions = np.random.default_rng(0).normal(size=(2, 50, 2))
    expected = reference.mean_pinball_loss(y, predictions, alpha=quantile)
    assert Pinball(quantile).score(y, predictions) == pytest.approx(expected)

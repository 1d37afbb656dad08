"""Losses: values against their formulas, and numbers at the edge."""

import numpy as np
import pytest
from scipy.special import expit, log_softmax, softmax
from sklearn.metrics import log_loss, mean_absolute_error, mean_squared_error

from steelyard.trainer.losses import (
    BinaryCrossentropy,
    CategoricalCrossentropy,
    Huber,
    MeanAbsoluteError,
    MeanSquaredError,
)

GENERATOR = np.random.default_rng(0)
LOGITS = GENERATOR.normal(size=(20, 4)) * 3
CLASSES = GENERATOR.integers(4, size=20)


def scratch() -> np.ndarray:
    return np.empty_like(LOGITS)


def test_categorical_crossentropy_is_the_log_loss() -> None:
    expected = log_loss(CLASSES, softmax(LOGITS, axis=1), labels=range(4))
    assert CategoricalCrossentropy().value(LOGITS, CLASSES, scratch()) == pytest.approx(expected)


def test_label_smoothing_spreads_the_targets() -> None:
    smooth = np.eye(4)[CLASSES] * 0.7 + 0.3 / 4
    expected = -(smooth * log_softmax(LOGITS, axis=1)).sum(axis=1).mean()
    assert CategoricalCrossentropy(0.3).value(LOGITS, CLASSES, scratch()) == pytest.approx(expected)


def test_binary_crossentropy_is_the_log_loss() -> None:
    targets = GENERATOR.integers(2, size=(20, 1)).astype(float)
    logits = LOGITS[:, :1]
    expected = log_loss(targets[:, 0], expit(logits[:, 0]))
    assert BinaryCrossentropy().value(logits, targets, np.empty_like(logits)) == pytest.approx(expected)


def test_regression_losses_are_scikit_learns() -> None:
    targets = GENERATOR.normal(size=LOGITS.shape)
    assert MeanSquaredError().value(LOGITS, targets, scratch()) == pytest.approx(mean_squared_error(targets, LOGITS))
    assert MeanAbsoluteError().value(LOGITS, targets, scratch()) == pytest.approx(mean_absolute_error(targets, LOGITS))


def test_huber_is_half_squares_near_and_linear_far() -> None:
    outputs, targets = np.array([[0.5], [10.0]]), np.zeros((2, 1))
    assert Huber(2.0).value(outputs, targets, np.empty((2, 1))) == pytest.approx((0.5 * 0.25 + 2 * (10 - 1)) / 2)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_certainty_about_the_wrong_class_costs_much_and_not_infinitely(dtype: str) -> None:
    logits = np.array([[500.0, -500.0]], dtype)
    gradient = np.empty_like(logits)
    assert CategoricalCrossentropy().value(logits, np.array([1]), gradient) == pytest.approx(1000)
    np.testing.assert_allclose(gradient, [[1, -1]])
    assert BinaryCrossentropy().value(logits[:, :1], np.zeros((1, 1), dtype), gradient[:, :1]) == pytest.approx(500)

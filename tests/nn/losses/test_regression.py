"""Losses for numbers: values against their formulas."""

import numpy as np
import pytest
from sklearn.metrics import (
    mean_absolute_error,
    mean_pinball_loss,
    mean_poisson_deviance,
    mean_squared_error,
)

from steelyard.nn.losses import (
    HalfSquaredError,
    Huber,
    LogCosh,
    MeanAbsoluteError,
    MeanSquaredError,
    Poisson,
    Quantile,
)
from tests.nn.losses.rows import GENERATOR, LOGITS, VALUES, value


def test_regression_losses_are_scikit_learns() -> None:
    assert value(MeanSquaredError(), LOGITS, VALUES) == pytest.approx(mean_squared_error(VALUES, LOGITS))
    assert value(HalfSquaredError(), LOGITS, VALUES) == pytest.approx(mean_squared_error(VALUES, LOGITS) / 2)
    assert value(MeanAbsoluteError(), LOGITS, VALUES) == pytest.approx(mean_absolute_error(VALUES, LOGITS))
    expected = mean_pinball_loss(VALUES, LOGITS, alpha=0.8)
    assert value(Quantile(0.8), LOGITS, VALUES) == pytest.approx(expected)


def test_poisson_is_half_the_deviance_but_for_a_constant() -> None:
    counts = GENERATOR.poisson(3, size=(20, 1)).astype(float) + 1
    first, second = LOGITS[:, :1] / 4, LOGITS[:, 1:2] / 4
    between = value(Poisson(), first, counts) - value(Poisson(), second, counts)
    expected = [mean_poisson_deviance(counts, np.exp(z)) / 2 for z in (first, second)]
    assert between == pytest.approx(expected[0] - expected[1])


def test_log_cosh_is_that() -> None:
    assert value(LogCosh(), LOGITS, VALUES) == pytest.approx(np.log(np.cosh(LOGITS - VALUES)).mean())
    assert value(LogCosh(), np.array([[500.0]]), np.array([[-500.0]])) == pytest.approx(1000 - np.log(2))


def test_huber_is_half_squares_near_and_linear_far() -> None:
    outputs, targets = np.array([[0.5], [10.0]]), np.zeros((2, 1))
    assert value(Huber(2.0), outputs, targets) == pytest.approx((0.5 * 0.25 + 2 * (10 - 1)) / 2)

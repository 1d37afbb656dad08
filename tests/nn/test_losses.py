"""Losses: values against their formulas, and numbers at the edge."""

import numpy as np
import pytest
from scipy.special import expit, log_softmax, softmax
from sklearn.metrics import (
    log_loss,
    mean_absolute_error,
    mean_pinball_loss,
    mean_poisson_deviance,
    mean_squared_error,
)

from steelyard.nn.activations import Tanh
from steelyard.nn.layers import Dense
from steelyard.nn.losses import (
    LOSSES,
    BinaryCrossentropy,
    CategoricalCrossentropy,
    CategoricalFocalCrossentropy,
    Cost,
    Hinge,
    Huber,
    LogCosh,
    Loss,
    MeanAbsoluteError,
    MeanSquaredError,
    Poisson,
    Quantile,
)
from tests.nn.gradients import output_for, relative_error, targets

GENERATOR = np.random.default_rng(0)
LOGITS = GENERATOR.normal(size=(20, 4)) * 3
CLASSES = GENERATOR.integers(4, size=20)
VALUES = GENERATOR.normal(size=LOGITS.shape)
LABELS = GENERATOR.integers(2, size=LOGITS.shape).astype(float)


def value(loss: Loss, outputs: np.ndarray, targets: np.ndarray, weights: np.ndarray | None = None) -> float:
    rows, units = outputs.shape
    return Cost(loss, rows, units, outputs.dtype).value(outputs, targets, weights)


def test_categorical_crossentropy_is_the_log_loss() -> None:
    expected = log_loss(CLASSES, softmax(LOGITS, axis=1), labels=range(4))
    assert value(CategoricalCrossentropy(), LOGITS, CLASSES) == pytest.approx(expected)


def test_label_smoothing_spreads_the_targets() -> None:
    smooth = np.eye(4)[CLASSES] * 0.7 + 0.3 / 4
    expected = -(smooth * log_softmax(LOGITS, axis=1)).sum(axis=1).mean()
    assert value(CategoricalCrossentropy(0.3), LOGITS, CLASSES) == pytest.approx(expected)


def test_focal_crossentropy_follows_its_formula() -> None:
    chances, smooth = softmax(LOGITS, axis=1), np.eye(4)[CLASSES] * 0.8 + 0.2 / 4
    expected = -0.3 * (smooth * (1 - chances) ** 1.5 * np.log(chances)).sum(axis=1).mean()
    assert value(CategoricalFocalCrossentropy(0.3, 1.5, 0.2), LOGITS, CLASSES) == pytest.approx(expected)
    plain = value(CategoricalCrossentropy(), LOGITS, CLASSES)
    assert value(CategoricalFocalCrossentropy(1.0, 0.0), LOGITS, CLASSES) == pytest.approx(plain)


def test_binary_crossentropy_is_the_log_loss() -> None:
    expected = log_loss(LABELS[:, 0], expit(LOGITS[:, 0]))
    assert value(BinaryCrossentropy(), LOGITS[:, :1], LABELS[:, :1]) == pytest.approx(expected)
    several = np.mean([log_loss(LABELS[:, label], expit(LOGITS[:, label])) for label in range(4)])
    assert value(BinaryCrossentropy(), LOGITS, LABELS) == pytest.approx(several)


def test_hinge_is_the_distance_to_the_margin() -> None:
    assert value(Hinge(), LOGITS, LABELS) == pytest.approx(np.maximum(0, 1 - (2 * LABELS - 1) * LOGITS).mean())


def test_regression_losses_are_scikit_learns() -> None:
    assert value(MeanSquaredError(), LOGITS, VALUES) == pytest.approx(mean_squared_error(VALUES, LOGITS))
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


def slope(loss: Loss, output: float, target: float) -> float:
    cost = Cost(loss, 1, 1, np.dtype(float))
    cost.value(np.array([[output]]), np.array([[target]]))
    return float(cost.gradient[0, 0])


@pytest.mark.parametrize(
    ("loss", "output", "target", "expected"),
    [
        (Hinge(), 1.0, 1.0, 0),
        (Hinge(), 0.999, 1.0, -1),
        (Hinge(), -1.0, 0.0, 0),
        (Hinge(), -0.999, 0.0, 1),
        (MeanAbsoluteError(), 2.0, 2.0, 0),
        (Quantile(0.8), 2.0, 2.0, 0),
        (Quantile(0.8), 1.9, 2.0, -0.8),
        (Quantile(0.8), 2.1, 2.0, 0.2),
        (Huber(0.5), 0.5, 0.0, 0.5),
        (Huber(0.5), 0.4, 0.0, 0.4),
        (Huber(0.5), -7.0, 0.0, -0.5),
    ],
    ids=str,
)
def test_slopes_at_and_beside_corners(loss: Loss, output: float, target: float, expected: float) -> None:
    assert slope(loss, output, target) == pytest.approx(expected)


def test_labels_are_smoothed_only_where_it_is_asked_for() -> None:
    plain, smoothed = CategoricalCrossentropy(), CategoricalCrossentropy(0.25)
    assert (plain.smoothing, smoothed.smoothing) == (0, 0.25)
    assert plain.curve.parameters == smoothed.curve.parameters == ()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_certainty_about_the_wrong_class_costs_much_and_not_infinitely(dtype: str) -> None:
    logits = np.array([[500.0, -500.0]], dtype)
    cost = Cost(CategoricalCrossentropy(), 1, 2, np.dtype(dtype))
    assert cost.value(logits, np.array([1])) == pytest.approx(1000)
    np.testing.assert_allclose(cost.gradient, [[1, -1]])
    assert value(BinaryCrossentropy(), logits[:, :1], np.zeros((1, 1), dtype)) == pytest.approx(500)
    assert value(BinaryCrossentropy(), logits[:, :1], np.ones((1, 1), dtype)) == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("loss", [part() for part in LOSSES], ids=lambda loss: loss.name)
def test_a_row_of_weight_two_is_two_rows_and_one_of_none_is_none(loss: Loss) -> None:
    y = targets(loss, 20, 4, np.random.default_rng(1))
    weights = np.random.default_rng(2).integers(0, 4, size=20)
    repeated = np.repeat(np.arange(20), weights)
    weighted = Cost(loss, 20, 4, LOGITS.dtype)
    plain = Cost(loss, len(repeated), 4, LOGITS.dtype)
    assert weighted.value(LOGITS, y, weights.astype(float)) == pytest.approx(plain.value(LOGITS[repeated], y[repeated]))
    summed = np.zeros_like(LOGITS)
    np.add.at(summed, repeated, plain.gradient)
    np.testing.assert_allclose(weighted.gradient, summed, rtol=1e-10, atol=1e-15)


def test_a_batch_without_weight_is_without_loss() -> None:
    cost = Cost(MeanSquaredError(), 20, 4, LOGITS.dtype)
    assert cost.value(LOGITS, VALUES, np.zeros(20)) == 0
    assert not cost.gradient.any()


@pytest.mark.parametrize("loss", [CategoricalCrossentropy(0.2), BinaryCrossentropy(0.2)], ids=str)
def test_label_smoothing_has_the_right_gradient(loss: Loss) -> None:
    assert relative_error([Dense(3, output_for(loss))], loss) < 1e-6


@pytest.mark.parametrize("loss", [part() for part in LOSSES], ids=lambda loss: loss.name)
def test_weighted_rows_have_the_right_gradient(loss: Loss) -> None:
    assert relative_error([Dense(4, Tanh()), Dense(3, output_for(loss))], loss, weighted=True) < 1e-6

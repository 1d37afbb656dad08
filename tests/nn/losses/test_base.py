"""Losses of rows, weights and corners: what all of them have in common."""

import numpy as np
import pytest

from steelyard.nn.activations import Tanh
from steelyard.nn.layers import Dense
from steelyard.nn.losses import (
    LOSSES,
    CategoricalCrossentropy,
    Cost,
    Hinge,
    Huber,
    Loss,
    MeanAbsoluteError,
    MeanSquaredError,
    Quantile,
)
from tests.nn.gradients import output_for, relative_error, targets
from tests.nn.losses.rows import LOGITS, VALUES


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


@pytest.mark.parametrize("loss", [part() for part in LOSSES], ids=lambda loss: loss.name)
def test_weighted_rows_have_the_right_gradient(loss: Loss) -> None:
    assert relative_error([Dense(4, Tanh()), Dense(3, output_for(loss))], loss, weighted=True) < 1e-6

"""Losses for classes: values against their formulas, and numbers at the edge."""

import numpy as np
import pytest
from scipy.special import expit, log_softmax, softmax
from sklearn.metrics import (
    log_loss,
)

from steelyard.nn.layers import Dense
from steelyard.nn.losses import (
    BinaryCrossentropy,
    CategoricalCrossentropy,
    CategoricalFocalCrossentropy,
    Cost,
    Hinge,
    Loss,
)
from tests.nn.gradients import output_for, relative_error
from tests.nn.losses.rows import CLASSES, LABELS, LOGITS, value


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


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_certainty_about_the_wrong_class_costs_much_and_not_infinitely(dtype: str) -> None:
    logits = np.array([[500.0, -500.0]], dtype)
    cost = Cost(CategoricalCrossentropy(), 1, 2, np.dtype(dtype))
    assert cost.value(logits, np.array([1])) == pytest.approx(1000)
    np.testing.assert_allclose(cost.gradient, [[1, -1]])
    assert value(BinaryCrossentropy(), logits[:, :1], np.zeros((1, 1), dtype)) == pytest.approx(500)
    assert value(BinaryCrossentropy(), logits[:, :1], np.ones((1, 1), dtype)) == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("loss", [CategoricalCrossentropy(0.2), BinaryCrossentropy(0.2)], ids=str)
def test_label_smoothing_has_the_right_gradient(loss: Loss) -> None:
    assert relative_error([Dense(3, output_for(loss))], loss) < 1e-6

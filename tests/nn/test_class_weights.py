"""Class weights against scikit-learn's."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.utils.class_weight import compute_class_weight

from steelyard.nn import MLPClassifier
from steelyard.nn.class_weights import balance


@given(seed=st.integers(0, 2**32), classes=st.integers(2, 5))
def test_balanced_weights_are_scikit_learns(seed: int, classes: int) -> None:
    generator = np.random.default_rng(seed)
    y = np.concatenate([np.arange(classes), generator.integers(classes, size=30)])
    weights = generator.uniform(0.1, 3, len(y))
    found = balance(y, weights, classes)
    expected = compute_class_weight("balanced", classes=np.arange(classes), y=y, sample_weight=weights)
    np.testing.assert_allclose(found, expected)
    totals = np.bincount(y, weights=found[y] * weights)
    np.testing.assert_allclose(totals, totals[0])


def test_a_class_without_weight_counts_for_nothing() -> None:
    found = balance(np.array([0, 0, 1, 2]), np.array([1.0, 1, 0, 2]), 4)
    assert found.tolist() == [1, 0, 1, 0]


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_a_classifier_balances_its_classes_by_weight() -> None:
    generator = np.random.default_rng(0)
    x, weights = generator.normal(size=(40, 2)), generator.integers(1, 4, 40)
    y = (x[:, 0] > 0.5).astype(int)
    options: dict[str, Any] = {
        "hidden_layer_sizes": (3,),
        "max_iter": 5,
        "batch_size": 200,
        "shuffle": False,
        "random_state": 0,
    }
    balanced = MLPClassifier(class_weight="balanced", **options).fit(x, y, sample_weight=weights)
    by_hand = balance(y, weights, 2)[y] * weights
    plain = MLPClassifier(**options).fit(x, y, sample_weight=by_hand)
    np.testing.assert_allclose(balanced.predict_proba(x), plain.predict_proba(x), rtol=1e-12)

"""The linear models of the baseline, against scikit-learn's."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression, Ridge

from steelyard.nn.linear_models import LinearModel, softmax

RNG = np.random.default_rng(0)
X = RNG.normal(size=(300, 4)) * [1, 10, 0.1, 1000] + [0, 5, -1, 1e4]
Z = (X - X.mean(axis=0)) / X.std(axis=0)
WEIGHTS = RNG.uniform(0.5, 2, size=300)


def test_ridge_is_that_of_scikit_learn_on_standardized_inputs() -> None:
    y = np.stack([Z @ [1, -2, 0.5, 3], Z @ [0, 1, 1, 0]], axis=1) + RNG.normal(size=(300, 2))
    expected = Ridge(alpha=1.0).fit(Z, y).predict(Z)
    assert np.allclose(LinearModel.fit_ridge(X, y).compute(X), expected, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("weights", [None, WEIGHTS])
def test_softmax_regression_is_about_that_of_scikit_learn(weights: np.ndarray | None) -> None:
    y = (Z @ RNG.normal(size=(4, 3)) + RNG.gumbel(size=(300, 3))).argmax(axis=1)
    found = softmax(LinearModel.fit_softmax(X, y, 3, weights).compute(X))
    scale = None if weights is None else weights * len(y) / weights.sum()
    expected = LogisticRegression(C=1.0, max_iter=1000).fit(Z, y, sample_weight=scale).predict_proba(Z)
    assert np.abs(found - expected).max() < 0.02


def test_weights_count_as_rows() -> None:
    y = Z[:, :1] + RNG.normal(size=(300, 1))
    twice = np.concatenate([X, X[:50]])
    weights = np.where(np.arange(300) < 50, 2.0, 1.0)
    expected = LinearModel.fit_ridge(twice, np.concatenate([y, y[:50]])).compute(X)
    assert np.allclose(LinearModel.fit_ridge(X, y, weights).compute(X), expected, atol=1e-2)


def test_constant_inputs_and_a_class_without_rows_do_no_harm() -> None:
    x = np.hstack([X, np.full((300, 1), 7.0)])
    y = (Z[:, 0] > 0).astype(np.int64)
    found = LinearModel.fit_softmax(x, y, 3).compute(x)
    assert np.isfinite(found).all()
    assert (found.argmax(axis=1) == y).mean() > 0.95


def test_more_inputs_than_rows_are_fitted() -> None:
    x, y = RNG.normal(size=(20, 100)), RNG.normal(size=(20, 1))
    assert np.square(LinearModel.fit_ridge(x, y).compute(x) - y).mean() < 0.01 * y.var()

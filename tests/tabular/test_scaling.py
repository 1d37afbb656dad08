"""Scaling against scikit-learn's, and the same bits however many rows."""

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn import preprocessing as reference

from steelyard.errors import InvalidParameter
from steelyard.tabular.json_numbers import LARGEST
from steelyard.tabular.scaling import METHODS, Scaler

X = np.random.default_rng(0).normal(3, 5, size=(40, 3))
REFERENCES = {
    "standard": reference.StandardScaler(),
    "minmax": reference.MinMaxScaler(),
    "robust": reference.RobustScaler(),
}


def scaled(scaler: Scaler, x: NDArray[Any], dtype: str = "float64") -> NDArray[Any]:
    return scaler.transform(x, np.empty(x.shape, dtype))


@pytest.mark.parametrize("method", REFERENCES)
def test_scaling_is_scikit_learns(method: str) -> None:
    ours = scaled(Scaler.fit(X, method), X)
    np.testing.assert_allclose(ours, REFERENCES[method].fit_transform(X), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("method", METHODS)
def test_one_row_comes_out_as_among_many_and_after_storage(method: str) -> None:
    fitted = Scaler.fit(X, method)
    stored = Scaler.from_json(json.loads(json.dumps(fitted.to_json())))
    whole = scaled(fitted, X, "float32")
    for index in range(len(X)):
        assert scaled(stored, X[index : index + 1], "float32").tobytes() == whole[index : index + 1].tobytes()


@pytest.mark.parametrize("method", METHODS)
@given(value=st.floats(-1e6, 1e6))
def test_a_constant_column_becomes_finite(method: str, value: float) -> None:
    x = np.full((7, 1), value)
    assert np.abs(scaled(Scaler.fit(x, method), x)).max() <= abs(value) + 1


@pytest.mark.parametrize("method", METHODS)
def test_inverse_undoes(method: str) -> None:
    fitted = Scaler.fit(X, method)
    np.testing.assert_allclose(fitted.inverse(scaled(fitted, X)), X)


def test_nearly_constant_columns_are_those_that_only_rounding_spreads() -> None:
    x = np.array([[0.1, 1e9], [0.1, 1e9 + 1], [0.1, 1e9 + 2]])
    assert Scaler.fit(x, "standard").scale.tolist() == [1.0, pytest.approx(np.sqrt(2 / 3))]


@pytest.mark.parametrize("method", METHODS)
def test_the_largest_numbers_that_are_read_do_not_overflow(method: str) -> None:
    x = np.array([[LARGEST, 0.0], [-LARGEST, LARGEST], [LARGEST / 3, -LARGEST]])
    found = scaled(Scaler.fit(x, method), x)
    assert np.isfinite(found).all()
    assert (found.argsort(axis=0) == x.argsort(axis=0)).all()


def test_an_unknown_method_is_refused() -> None:
    with pytest.raises(InvalidParameter, match="did you mean 'standard'"):
        Scaler.fit(X, "standart")

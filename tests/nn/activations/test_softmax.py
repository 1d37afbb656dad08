"""Softmax and its logarithm against SciPy's; their gradients are in test_base."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special

from steelyard.nn.activations import ACTIVATIONS

REFERENCES = {"softmax": special.softmax, "log_softmax": special.log_softmax}


@pytest.mark.parametrize("name", REFERENCES)
@given(seed=st.integers(0, 2**32), rows=st.integers(1, 5), units=st.integers(1, 6), size=st.sampled_from([1, 30, 1e4]))
def test_rows_are_scipys(name: str, seed: int, rows: int, units: int, size: float) -> None:
    z = np.random.default_rng(seed).normal(size=(rows, units)) * size
    before = z.copy()
    out = np.empty_like(z)
    ACTIVATIONS[name]().forward(z, out, np.empty_like(z))
    np.testing.assert_allclose(out, REFERENCES[name](z, axis=1), atol=1e-12)
    assert (z == before).all()


@pytest.mark.parametrize("name", REFERENCES)
@given(seed=st.integers(0, 2**32), rows=st.integers(1, 5), units=st.integers(1, 6))
def test_gradients_are_the_jacobians(name: str, seed: int, rows: int, units: int) -> None:
    z, grad = np.random.default_rng(seed).normal(size=(2, rows, units))
    p = special.softmax(z, axis=1)
    identity = np.eye(units)
    jacobian = p[:, :, None] * (identity - p[:, None, :]) if name == "softmax" else identity - p[:, None, :]
    expected = np.einsum("ru,ruv->rv", grad, jacobian)
    a: Any = REFERENCES[name](z, axis=1)
    ACTIVATIONS[name]().backward(z, a, grad, np.empty_like(z))
    np.testing.assert_allclose(grad, expected, atol=1e-12)

"""Tensors in a few numbers."""

import numpy as np
import pytest

from steelyard.nn.statistics import summarize


def test_a_tensor_is_summarized_as_numpy_has_it() -> None:
    tensor = np.array([[1.0, 0.0, -2.0], [0.5, 0.0, 3.0]], np.float32)
    expected = {
        "mean": tensor.mean(),
        "std": tensor.std(),
        "min": -2,
        "max": 3,
        "norm": np.linalg.norm(tensor),
        "zeros": 1 / 3,
    }
    assert summarize(tensor) == pytest.approx(expected)
    assert all(type(value) is float for value in summarize(tensor).values())


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_what_is_not_finite_is_not_given(value: float) -> None:
    found = summarize(np.array([value, 0.0]))
    assert (found["mean"], found["max"], found["norm"], found["zeros"]) == (None, None, None, 0.5)


def test_sums_of_small_floats_are_long() -> None:
    assert summarize(np.full(10, 1e30, np.float32))["norm"] == pytest.approx(np.sqrt(10) * 1e30)

"""Tensors for the tests of formats."""

from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

FLOATS = arrays.arrays(
    st.sampled_from([np.float32, np.float64]), arrays.array_shapes(min_dims=1, max_dims=3, max_side=4)
)


TENSORS: dict[str, Any] = {
    "dense_1/kernel": np.random.default_rng(0).normal(size=(3, 2)).astype(np.float32),
    "dense_1/bias": np.array([0.1, -2.5], np.float64),
    "späť/kernel": np.asfortranarray(np.arange(6.0).reshape(2, 3)),
}


METADATA = {key: f'{key} — "quoted"\n' for key in ("snapshot", "job", "a", "b", "c", "d")}


LARGE: dict[str, Any] = {
    "a": np.random.default_rng(1).normal(size=(3, 700_000)),
    "b": np.arange(5, dtype=np.float32),
}


def assert_same(found: dict[str, Any], expected: dict[str, Any]) -> None:
    assert found.keys() == expected.keys()
    for name, tensor in expected.items():
        assert (found[name].dtype, found[name].shape) == (tensor.dtype, tensor.shape)
        assert found[name].tobytes() == tensor.tobytes()

"""Tensors as JSON's lists."""

import json
from math import prod
from typing import Any

import numpy as np
import orjson
import pytest
from hypothesis import given

from steelyard.exports import nested
from steelyard.exports.pieces import PiecewiseTensor
from tests.exports.tensors import FLOATS, LARGE


@pytest.mark.parametrize("shape", [(0,), (3, 0), (0, 3), (3,), (2, 3), (2, 3, 4), (7, 1), (1, 7)])
def test_tensors_of_any_shape_are_written_in_pieces(monkeypatch: pytest.MonkeyPatch, shape: tuple[int, ...]) -> None:
    monkeypatch.setattr(nested, "PIECE_BYTES", 16)
    tensor = np.arange(prod(shape), dtype=np.float64).reshape(shape)
    assert json.loads(b"".join(nested.dump(PiecewiseTensor.of(tensor)))) == tensor.tolist()


@given(FLOATS)
def test_json_lists_give_the_same_values_back_and_have_no_nan(tensor: Any) -> None:
    text = json.dumps(nested.to_lists(tensor), allow_nan=False)
    back = np.array(json.loads(text), np.float64).astype(tensor.dtype)  # null becomes nan
    np.testing.assert_array_equal(back, np.where(np.isfinite(tensor), tensor, np.nan))
    assert back.shape == tensor.shape


def test_float32_is_written_as_the_shortest_decimal() -> None:
    assert nested.to_lists(np.array([[0.1, np.nan], [np.inf, 1e-30]], np.float32)) == [[0.1, None], [None, 1e-30]]
    assert nested.to_lists(np.array([3, 4]).T) == [3, 4]


def test_large_tensors_are_written_in_pieces_that_are_what_they_are_at_once() -> None:
    for tensor in LARGE.values():
        assert b"".join(nested.dump(PiecewiseTensor.of(tensor))) == orjson.dumps(nested.to_lists(tensor))

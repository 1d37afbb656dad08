"""What compiled functions find in arrays is what NumPy finds."""

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose, assert_array_equal

from steelyard.nn.engines.compiled import statistics
from steelyard.nn.engines.compiled.statistics import SUMS

DTYPES = pytest.mark.parametrize("dtype", ["float32", "float64"])
NUMBERS = st.sampled_from([0.0, -0.0, 1.0, -1.0, 1e-30, -1e-30, np.inf, -np.inf, np.nan]) | st.floats(-4, 4, width=32)
EDGES = [-2.0, -1e-20, 0.0, 0.5, 2.0]


def order(weights: Any, spans: Any, ranks: Any) -> tuple[Any, Any, Any]:
    """Values, bins and zeros."""
    values, bins = (
        np.empty((len(spans), len(ranks[0])), weights.dtype),
        np.empty((len(spans), len(EDGES) + 1), np.uint32),
    )
    zeros, room = np.empty(len(spans)), np.empty((2, len(weights)), f"u{weights.itemsize}")
    edges = np.array(EDGES, weights.dtype)
    statistics.order(weights, np.array(spans), np.array(ranks), edges, values, bins, zeros, room)
    return values, bins, zeros


@DTYPES
@settings(deadline=None)  # the first call makes or loads the function
@given(weights=arrays(np.float32, st.integers(1, 300), elements=NUMBERS))
def test_values_by_rank_are_those_of_numpys_sort(weights: Any, dtype: str) -> None:
    weights = weights.astype(dtype)
    count = len(weights)
    [values], [bins], [zero] = order(weights, [(0, count, 1)], [range(count)])
    assert_array_equal(values, np.sort(weights))
    assert not np.signbit(values[values == 0]).any()
    places = np.searchsorted(EDGES, weights, "right")
    assert bins.tolist() == np.bincount(places, minlength=len(EDGES) + 1).tolist()
    assert zero == (weights == 0).mean()


@DTYPES
def test_tensors_are_sorted_by_themselves_and_every_third_weight_if_that_is_asked(dtype: str) -> None:
    weights = np.random.default_rng(0).normal(size=2_000).astype(dtype)
    spans = [(0, 1_000, 3), (1_000, 1_010, 1), (1_010, 2_000, 1)]
    found, bins, _ = order(weights, spans, [(0, 5), (9, 0), (989, 1)])
    for (start, stop, step), values, counts, ranks in zip(spans, found, bins, [(0, 5), (9, 0), (989, 1)], strict=True):
        kept = np.sort(weights[start:stop:step])
        assert values.tolist() == kept[[*ranks]].tolist()
        assert counts.sum() == len(kept)


@DTYPES
@pytest.mark.parametrize("is_known", [True, False])
def test_sums_are_those_of_each_tensor(dtype: str, is_known: bool) -> None:
    weights, initial, before, gradient = np.random.default_rng(0).normal(3, 1, (4, 900)).astype(dtype)
    sums, starts = np.empty((3, len(SUMS))), np.array([0, 1, 300, 900])
    statistics.sum_up(weights, initial, before if is_known else before[:0], gradient, starts, sums)
    for tensor, (start, stop) in enumerate(pairwise(starts)):
        w, began, last, g = (each[start:stop].astype(np.float64) for each in (weights, initial, before, gradient))
        squares = [np.square(each).sum() for each in (w - w[0], began, w - began, w - last, g)]
        expected = dict(zip(SUMS, [(w - w[0]).sum(), *squares, w.min(), w.max()], strict=True))
        if not is_known:
            expected["update²"] = np.nan
        assert dict(zip(SUMS, sums[tensor], strict=True)) == pytest.approx(expected, nan_ok=True)


@pytest.mark.parametrize("place", [0, 1, 4])
def test_one_weight_that_is_no_number_is_both_extremes(place: int) -> None:
    weights = np.arange(5.0)
    weights[place] = np.nan
    sums = np.empty((1, len(SUMS)))
    statistics.sum_up(weights, weights, weights, weights, np.array([0, 5]), sums)
    assert np.isnan(sums[0, -2:]).all()


@DTYPES
@pytest.mark.parametrize("shape", [(1, 1), (256, 1), (3, 40), (256, 64)])
def test_the_spread_is_numpys_also_far_from_zero(shape: tuple[int, int], dtype: str) -> None:
    values = np.random.default_rng(0).normal(100, 1, shape).astype(dtype)
    found = statistics.mean_and_std(values)
    exact = values.astype(np.float64)
    assert_allclose(found, (exact.mean(), exact.std()), rtol=1e-5 if dtype == "float32" else 1e-12, atol=1e-12)


@DTYPES
def test_directions_are_units_of_length_one(dtype: str) -> None:
    values = np.random.default_rng(0).normal(size=(60, 7)).astype(dtype)
    values[:, 3] = 0
    directions = np.empty_like(values)
    statistics.take_directions(values, directions)
    lengths = np.linalg.norm(values, axis=0)
    assert_allclose(directions, values / np.where(lengths == 0, 1, lengths), rtol=1e-5)


def test_units_are_alike_if_the_cosine_with_another_is_above_the_limit_in_size() -> None:
    cosines = np.eye(5)
    cosines[1, 3] = cosines[3, 1] = -0.95
    cosines[0, 2] = cosines[2, 0] = 0.9
    cosines[4, 1] = cosines[1, 4] = np.nan
    assert statistics.count_alike(cosines, 0.9) == 2
    assert statistics.count_alike(cosines, 0.8) == 4
    assert statistics.count_alike(cosines, 0.96) == 0

"""Bins that several arrays share."""

import numpy as np
import pytest

from steelyard.replays.ranges import count, edges_of


def test_bins_reach_from_the_least_to_the_largest_value() -> None:
    np.testing.assert_allclose(edges_of(-1, 3, 4), [-1, 0, 1, 2, 3])


@pytest.mark.parametrize(("low", "high", "expected"), [(2.0, 2.0, [1.5, 2.5]), (np.inf, -np.inf, [-0.5, 0.5])])
def test_a_range_without_width_gets_one(low: float, high: float, expected: list[float]) -> None:
    assert edges_of(low, high, 1).tolist() == expected


def test_every_finite_value_is_counted_once() -> None:
    assert count(np.array([-1.0, 0.0, 3.0, np.nan, np.inf]), edges_of(-1, 3, 4)) == [1, 1, 0, 1]

"""Numbers as what they have of each bin: fitted to quantiles, bounded, the same bits for a row alone."""

import numpy as np
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from steelyard.tabular.piecewise_linear import BINS, LEAST_BINS, ROWS_FOR_EDGES, SCALE, PiecewiseLinear

NUMBERS = st.floats(-1e12, 1e12, allow_subnormal=False)
Array = NDArray[np.float64]
COLUMNS = arrays(np.float64, st.integers(1, 60), elements=NUMBERS)


def encoded(fitted: PiecewiseLinear, x: Array) -> Array:
    return fitted.transform(x, np.empty((len(x), fitted.width)))


def test_a_number_has_passed_the_bins_below_it_and_a_part_of_its_own() -> None:
    fitted = PiecewiseLinear(((0.0, 1.0, 3.0, 7.0),), (0.25, 0.5, 0.75))
    found = encoded(fitted, np.array([[-5.0], [0.0], [0.5], [2.0], [6.0], [99.0]])) / SCALE + [0.25, 0.5, 0.75]
    expected = np.array([[0, 0, 0], [0, 0, 0], [0.5, 0, 0], [1, 0.5, 0], [1, 1, 0.75], [1, 1, 1]])
    np.testing.assert_allclose(found, expected)


def test_edges_are_quantiles_of_the_values_that_are_there() -> None:
    values = np.random.default_rng(0).normal(size=500)
    holed = np.append(values, [np.nan, np.nan])
    [edges] = PiecewiseLinear.fit([holed]).edges
    np.testing.assert_allclose(edges, np.quantile(values, np.linspace(0, 1, BINS + 1)))


def test_columns_of_few_values_or_none_have_no_bins() -> None:
    few = [np.array([0.0, 1, 2, 0, 1, 2] * 9), np.array([1.0]), np.array([np.nan, np.nan]), np.zeros(0)]
    assert PiecewiseLinear.fit(few).edges == ((), (), (), ())
    assert PiecewiseLinear.fit([np.arange(LEAST_BINS + 1.0)]).width >= LEAST_BINS


def test_a_spread_beyond_the_largest_number_has_no_bins() -> None:
    assert PiecewiseLinear.fit([np.array([-1.7e308, -1e308, 1e308, 1.7e308])]).edges == ((),)


def test_many_rows_are_sampled_evenly() -> None:
    values = np.arange(3.0 * ROWS_FOR_EDGES)
    [edges] = PiecewiseLinear.fit([values]).edges
    np.testing.assert_allclose(edges, np.linspace(0, values[-1], BINS + 1), atol=3)


@given(COLUMNS)
def test_inputs_are_bounded_and_grow_with_the_number(column: Array) -> None:
    fitted = PiecewiseLinear.fit([column])
    found = encoded(fitted, np.sort(column)[:, None])
    assert (np.abs(found) <= SCALE).all()
    np.testing.assert_allclose(found.mean(axis=0), 0, atol=1e-9)
    assert (np.diff(found, axis=0) >= 0).all()


@given(COLUMNS)
def test_a_row_alone_has_the_bits_that_it_has_among_others_and_after_json(column: Array) -> None:
    fitted = PiecewiseLinear.fit([column, column[::-1]])
    again = PiecewiseLinear.from_json(orjson.loads(orjson.dumps(fitted.to_json())))
    x = np.stack([column, column[::-1]], axis=1)
    together = encoded(fitted, x)
    for row in range(len(x)):
        assert encoded(again, x[row : row + 1]).tobytes() == together[row].tobytes()


def test_places_and_titles_are_those_of_the_columns() -> None:
    fitted = PiecewiseLinear(((0.0, 1.0, 2.0, 3.0), (), (5.0, 6.5, 7.0, 8.0, 9.0)), (0.5,) * 7)
    assert [[*fitted.places_of(column)] for column in range(3)] == [[0, 1, 2], [], [3, 4, 5, 6]]
    assert fitted.width == 7
    assert fitted.titles(["a", "b", "c"])[2:5] == ["a 2 to 3", "c 5 to 6.5", "c 6.5 to 7"]


@pytest.mark.parametrize("target", [np.sign, lambda x: np.where(np.abs(x) < 0.2, 1.0, 0.0)])
def test_a_line_through_the_inputs_fits_what_one_through_the_number_does_not(target: object) -> None:
    assert callable(target)
    x = np.random.default_rng(1).uniform(-1, 1, (400, 1))
    y = target(x[:, 0])
    inputs = np.column_stack([encoded(PiecewiseLinear.fit([x[:, 0]]), x), np.ones(len(x))])
    errors = [
        np.std(y - each @ np.linalg.lstsq(each, y, rcond=None)[0]) for each in (inputs, np.column_stack([x, x**0]))
    ]
    assert errors[0] < 0.5 * errors[1]

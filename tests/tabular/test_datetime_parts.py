"""The parts of moments are those of Python's calendar."""

from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from steelyard.tabular.datetime_parts import PARTS, YEAR, Parts, read_parts

MOMENTS = st.lists(st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30)), min_size=1, max_size=9)


def seconds(moments: list[datetime]) -> np.ndarray[Any, Any]:
    return np.array([moment.replace(tzinfo=UTC).timestamp() for moment in moments])


@given(moments=MOMENTS)
def test_parts_are_those_of_the_calendar(moments: list[datetime]) -> None:
    year, month, day, weekday, hour = read_parts(seconds(moments), "parts")
    assert year.tolist() == [moment.year for moment in moments]
    assert month.tolist() == [moment.month for moment in moments]
    assert day.tolist() == [moment.day for moment in moments]
    assert weekday.tolist() == [moment.weekday() for moment in moments]
    hours = [
        (moment - moment.replace(hour=0, minute=0, second=0, microsecond=0)).total_seconds() / 3600
        for moment in moments
    ]
    np.testing.assert_allclose(hour, hours, atol=1e-7)


@given(moments=MOMENTS)
def test_cyclic_parts_are_points_of_circles(moments: list[datetime]) -> None:
    found = read_parts(seconds(moments), "cyclic")
    _, month, _, weekday, hour = read_parts(seconds(moments), "parts")
    turns = ((month - 1) / 12, weekday / 7, hour / 24)
    for place, turn in enumerate(turns):
        np.testing.assert_allclose(found[1 + 2 * place], np.sin(2 * np.pi * turn), atol=1e-12)
        np.testing.assert_allclose(found[2 + 2 * place], np.cos(2 * np.pi * turn), atol=1e-12)
    np.testing.assert_allclose(found[0] * YEAR, seconds(moments))


@pytest.mark.parametrize("how", ["parts", "cyclic"])
def test_a_missing_moment_has_missing_parts_and_changes_no_other(how: Parts) -> None:
    moments = seconds([datetime(2026, 11, 28, 15, 30), datetime(1969, 12, 31)])
    with_missing = np.array([moments[0], np.nan, moments[1]])
    found = read_parts(with_missing, how)
    assert found.shape == (len(PARTS[how]), 3)
    assert np.isnan(found[:, 1]).all()
    assert found[:, [0, 2]].tobytes() == read_parts(moments, how).tobytes()


@pytest.mark.parametrize("how", ["parts", "cyclic"])
def test_moments_of_any_shape_have_their_parts_along_the_first_axis(how: Parts) -> None:
    moments = np.arange(12.0).reshape(3, 4) * 1e7
    found = read_parts(moments, how)
    assert found.shape == (len(PARTS[how]), 3, 4)
    assert found.reshape(len(PARTS[how]), -1).tobytes() == read_parts(moments.ravel(), how).tobytes()


def test_known_moments() -> None:
    found = read_parts(seconds([datetime(1970, 1, 1), datetime(2026, 11, 28, 18, 45)]), "parts")
    assert found.T.tolist() == [[1970, 1, 1, 3, 0], [2026, 11, 28, 5, 18.75]]

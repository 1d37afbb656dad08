"""Arrow's columns become ours, as they would from Python's own values."""

from datetime import datetime
from typing import Any

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from steelyard.tabular.column import coded
from steelyard.tabular.datetimes import read_moments
from steelyard.tabular.prefetch import threads_begun
from steelyard.tabular.readers.arrow import Read, read_columns

WRITTEN = ["%Y-%m-%dT%H:%M:%S.%fZ", "%d.%m.%Y", "%m/%d/%Y %I:%M %p", "%d/%m/%Y, %H:%M:%S", "%b %d, %Y", "%d\n%m %H:%M"]
LONG = "13/2/2019" + 60 * " " + "10:00"
DAYS = st.datetimes(datetime(1000, 1, 1), datetime(9999, 12, 31))


@given(
    texts=st.lists(st.none() | st.builds(datetime.strftime, DAYS, st.sampled_from(WRITTEN)), min_size=1, max_size=8)
    | st.lists(
        st.sampled_from(["1/2/2019", "13/2/2019 10:00", "2/13/2019", "soon", "2019-02-13T10:00+01:00", LONG, None])
    ),
)
def test_dates_are_found_as_they_are_in_rows_of_json(texts: list[str | None]) -> None:

    def describe(read: Read) -> dict[str, Any]:
        return {"is_moment": read.is_moment, "day_first": read.day_first}

    column = pa.chunked_array([pa.array(texts, pa.string())])
    with threads_begun(1) as threads:
        [(values, said)] = read_columns(["a"], [column], describe, threads, finds_dates=True)
    expected = read_moments(coded(texts)) if any(texts) else None
    if expected is None:
        assert not said["is_moment"]
        assert values.to_list() == texts
    else:
        moments, day_first = expected
        assert said == {"is_moment": True, "day_first": day_first}
        assert np.array_equal(values.array, moments.array, equal_nan=True)  # to the bit


@given(st.lists(st.none() | st.text(st.sampled_from(" \t\n\v\f\r\x1c\x1f\x85\xa0\u2003ab"), max_size=4), min_size=1))
def test_texts_are_trimmed_as_they_are_in_rows_of_json(texts: list[str | None]) -> None:
    column = pa.chunked_array([pa.array(texts[:1], pa.string()), pa.array(texts[1:], pa.string())])
    with threads_begun(1) as threads:
        [(values, _)] = read_columns(["a"], [column], lambda _: {}, threads, finds_dates=False)
    expected = coded(texts)
    assert values.labels == expected.labels
    assert values.array.tolist() == expected.array.tolist()

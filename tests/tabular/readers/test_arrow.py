"""Arrow's columns become ours, as they would from Python's own values."""

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from steelyard.tabular.prefetch import threads_begun
from steelyard.tabular.readers.arrow import Recognition, read_columns
from steelyard.tabular.values import coded


@given(st.lists(st.none() | st.text(st.sampled_from(" \t\n\v\f\r\x1c\x1f\x85\xa0\u2003ab"), max_size=4), min_size=1))
def test_texts_are_trimmed_as_they_are_in_rows_of_json(texts: list[str | None]) -> None:
    column = pa.chunked_array([pa.array(texts[:1], pa.string()), pa.array(texts[1:], pa.string())])
    with threads_begun(1) as threads:
        [(values, _)] = read_columns(["a"], [column], lambda _: {}, threads, Recognition(is_wanted=True))
    expected = coded(texts)
    assert values.labels == expected.labels
    assert values.array.tolist() == expected.array.tolist()

"""Times of day are read as people write them, and are numbers of seconds."""

from datetime import UTC, datetime, time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from steelyard.tabular.types.time_of_day import TimeOfDay


@given(st.times(), st.sampled_from(["%H:%M", "%H:%M:%S", "%I:%M %p", "%I:%M:%S.%f%p", "%H:%M:%S.%f UTC"]))
def test_a_time_of_day_is_its_seconds(of_day: time, written: str) -> None:
    text = of_day.strftime(written)
    seconds = datetime.strptime(text, written).replace(1970, tzinfo=UTC).timestamp()
    assert TimeOfDay().parse(text) == seconds
    assert TimeOfDay().read(seconds) == seconds
    [form] = TimeOfDay().write([seconds])
    assert TimeOfDay().parse(form) == seconds
    assert time.fromisoformat(form) == datetime.strptime(text, written).time()


@pytest.mark.parametrize("text", ["", "14", "24:00", "12:60", "2:1", "13:00 pm", "10:00+01:00", "10:00 soon", "٠٩:٣٠"])
def test_what_is_no_time_of_day_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a time of day"):
        TimeOfDay().parse(text)


def test_a_column_is_of_times_of_day_if_all_its_strings_are() -> None:
    ones = np.ones(2, np.int64)
    assert TimeOfDay().recognize(["9:30", "14:30:15.5"], ones) == (TimeOfDay(), [34_200, 52_215.5])
    assert TimeOfDay().recognize(["9:30", "soon"], ones) == (TimeOfDay(), [34_200, None])
    assert TimeOfDay().recognize(["later", "soon"], ones) is None

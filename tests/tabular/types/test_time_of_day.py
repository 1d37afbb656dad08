"""Times of day are read as people write them, and are numbers of seconds."""

from datetime import UTC, datetime, time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from steelyard.tabular.types.time_of_day import SECOND, TimeOfDay, read_clock


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


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("12:00 AM", 0),
        ("1:00 AM", 3600),
        ("12:59 AM", 59 * 60),
        ("12:00 pm", 12 * 3600),
        ("1:00 p.m.", 13 * 3600),
        ("11:59:59 PM", 86_399),
        ("0:00", 0),
        ("23:59:59", 86_399),
        ("9:05:00.25", 9 * 3600 + 300.25),
    ],
)
def test_halves_of_a_day_are_read(text: str, seconds: float) -> None:
    assert TimeOfDay().parse(text) == seconds


@pytest.mark.parametrize(
    "text", ["24:00", "23:60", "23:59:60", "0:00 AM", "13:00 PM", "10", "10:5", "10:00+01:00", "10:00 XM", ""]
)
def test_what_is_no_time_of_day_is_rejected(text: str) -> None:
    with pytest.raises(ValueError, match="is not a time of day"):
        TimeOfDay().parse(text)


@pytest.mark.parametrize(
    ("text", "hours"),
    [("10:00Z", 10), ("10:00+01:00", 9), ("10:00-01:30", 11.5), ("0:30+0100", -0.5), ("23:00-23:59", 47 - 1 / 60)],
)
def test_a_zone_moves_the_clock_of_a_datetime(text: str, hours: float) -> None:
    assert read_clock(text) == round(hours * 3600 * SECOND)


@pytest.mark.parametrize("text", ["10:00+24:00", "10:00+01:60", "24:00+01:00", "10:00:61Z", "10:60+01:00"])
def test_a_zone_that_is_none_is_rejected(text: str) -> None:
    with pytest.raises(ValueError, match="is not a time of day"):
        read_clock(text)

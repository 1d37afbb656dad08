"""Dates are read as people write them, where that has one meaning."""

from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from steelyard.tabular.types.category import Category
from steelyard.tabular.types.datetime import Datetime, looks_like_one, written
from steelyard.tabular.types.recognize import recognize
from steelyard.tabular.values import coded

DAYS = [
    *("%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%d.%m.%Y"),
    *("%d %b %Y", "%d-%b-%Y", "%d %B %Y", "%b %d, %Y", "%B %d %Y", "%b. %d, %Y"),
]
TIMES = ["", " %H:%M", "T%H:%M:%S", " %H:%M:%S.%f", " %I:%M %p", ", %I:%M:%S %p"]
DAY_FIRST, MONTH_FIRST = ["%d/%m/%Y", "%d-%m-%Y"], ["%m/%d/%Y", "%m-%d-%Y"]
ANY = st.datetimes(datetime(1000, 1, 1), datetime(9999, 12, 31))


@given(day=ANY, form=st.sampled_from(DAYS), time=st.sampled_from(TIMES))
def test_what_is_written_is_read(day: datetime, form: str, time: str) -> None:
    text = day.strftime(form + time)
    expected = datetime.strptime(text, form + time).replace(tzinfo=UTC)
    assert Datetime().parse(text) == (expected - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds()
    assert looks_like_one(text)


@given(day=ANY, place=st.integers(0, 1))
def test_day_and_month_are_taken_for_what_the_column_says(day: datetime, place: int) -> None:
    expected = Datetime().parse(day.strftime("%Y-%m-%d"))
    for day_first, form in ((True, DAY_FIRST[place]), (False, MONTH_FIRST[place])):
        text = day.strftime(form)
        assert Datetime(day_first).parse(text) == expected
        assert Datetime(day_first).parse(f"{text} 00:00") == expected
        with pytest.raises(ValueError, match="is not a supported date format"):
            Datetime().parse(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("5.1.2019 7:05", "2019-01-05T07:05:00Z"),
        ("2019/1/5 12:00 am", "2019-01-05T00:00:00Z"),
        ("5 sept 2019 12:30 p.m.", "2019-09-05T12:30:00Z"),
        ("Jan 5, 2019 01:00:00+02:00", "2019-01-04T23:00:00Z"),
        ("2019/01/05 10:00 UTC", "2019-01-05T10:00:00Z"),
        ("2019/01/05 10:00:00.25Z", "2019-01-05T10:00:00.250000Z"),
        ("2019-01-05T10:00:00-0500", "2019-01-05T15:00:00Z"),
    ],
)
def test_single_digits_halves_of_a_day_and_zones_are_read(text: str, expected: str) -> None:
    assert written(Datetime().parse(text)) == expected


@pytest.mark.parametrize(
    "text",
    [
        *("31.2.2019", "2019/13/01", "0.1.2019", "1.1.19", "1.1", "5 January", "maybe 5, 2019", "5 Janu 2019"),
        *("5.1.2019 25:00", "5.1.2019 13:00 pm", "5.1.2019 0:30 am", "5.1.2019 7", "5.1.2019 soon", "5.1/2019"),
        *("10.0.0.1", "v1.2.2019", "٥.1.2019", "", "1.1.2019" + 1_000_000 * " ", "1.1.2019" + 1_000_000 * " 1:"),
    ],
)
def test_what_is_no_date_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 -- Python's own words for it differ
        Datetime(day_first=True).parse(text)


@given(text=st.text(max_size=40) | st.from_regex(r"[0-9]{1,4}[./ -][0-9A-Za-z]{1,9}[./ -][0-9]{1,4}[T0-9:apm ]*"))
def test_any_text_is_a_date_or_is_refused(text: str) -> None:
    for day_first in (None, True, False):
        try:
            assert np.isfinite(Datetime(day_first).parse(text))
        except ValueError:
            continue
        assert looks_like_one(text) or text[:4].isdecimal()  # ISO 8601 has more ways to write a date


@given(days=st.lists(ANY, min_size=1, max_size=20), form=st.sampled_from([*DAY_FIRST, *MONTH_FIRST]))
def test_a_column_tells_which_number_is_the_day(days: list[datetime], form: str) -> None:
    texts = [day.strftime(form) for day in days]
    found = Datetime().recognize(texts, np.ones(len(texts), np.int64))
    if any(day.day > 12 for day in days):
        assert found is not None
        column_type, seconds = found
        assert column_type.day_first is form.startswith("%d")
        assert seconds == [Datetime().parse(day.strftime("%Y-%m-%d")) for day in days]
    else:
        assert found is None
        assert "day and month are ambiguous in all of them" in Datetime.why_not(texts, np.ones(len(texts), np.int64))


@pytest.mark.parametrize(
    ("texts", "reason"),
    [
        (["13/1/2019", "1/13/2019"], "some have the day first"),
        (["13/13/2019"], "some have the day first"),
        (["2019-01-01", "soon"], "'soon' is not a supported date format"),
        (["2019-01-01", "2019-02-30"], "'2019-02-30' is not a date in the calendar"),
        (["1.1.2019", "2019-01-01T99:00"], "'99:00' is not a time of day"),
        (["1.1.2019", "2019-01-01T10:00 soon"], "'10:00 soon' is not a time of day"),
        (["1.1.2019", "20190101"], "'20190101' is not a supported date format"),
    ],
)
def test_a_column_that_is_not_of_dates_stays_as_it_is_and_it_is_said_why(texts: list[Any], reason: str) -> None:
    found = recognize("when", coded(texts))
    assert (found.type, found.values.to_list()) == (Category(), texts)
    assert reason in Datetime.why_not(texts, np.ones(len(texts), np.int64))


def test_dates_written_in_several_clear_ways_may_stand_in_one_column() -> None:
    texts = ["2019-01-13", "1/13/2019", "13.1.2019", "13 Jan 2019", "Jan 13, 2019 00:00"]
    found = Datetime().recognize(texts, np.ones(len(texts), np.int64))
    assert found is not None
    assert {*found[1]} == {Datetime().parse("2019-01-13")}
    assert found[0] == Datetime(day_first=False)


@pytest.mark.parametrize(
    ("kind", "reason", "expected"),
    [
        (Datetime(), "its values are dates or datetimes", "2026-11-24T09:30:00Z"),
        (Datetime(day_first=False), "its values are dates or datetimes, the month before the day", "or as 11/24/2026"),
        (Datetime(day_first=True), "its values are dates or datetimes, the day before the month", "or as 24/11/2026"),
        (Datetime(format="%d.%m.%y"), "its values are dates or datetimes", "or as %d.%m.%y"),
    ],
)
def test_how_dates_are_written_is_told(kind: Datetime, reason: str, expected: str) -> None:
    assert kind.reason == reason
    assert kind.expected.startswith("it must be a date like 2026-11-24 or 2026-11-24T09:30:00Z")
    assert kind.expected.endswith(expected)


def test_a_format_is_read_first_and_iso_8601_after_it() -> None:
    kind = Datetime(format="%d.%m.%y")
    day = datetime(2026, 11, 24, tzinfo=UTC).timestamp()
    assert kind.parse("24.11.26") == kind.parse("2026-11-24") == day
    assert Datetime(format="%y%m%d %H:%M").parse("261124 10:30") == day + 10.5 * 3600
    with pytest.raises(ValueError, match=r"'24\.13\.26' is not a"):
        kind.parse("24.13.26")


@pytest.mark.parametrize("value", ["%d.%m.%y", "%Y-%j", "%c", "%d %B %Y", "%Y%m%d" + " " * 58])
def test_a_format_needs_the_year_the_month_and_the_day(value: str) -> None:
    assert Datetime.format_fault(value) is None


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("%d.%m.", "must have the year, the month and the day"),
        ("%m/%Y", "must have the year, the month and the day"),
        ("%H:%M", "must have the year"),
        ("%Q", "must be a strptime format such as"),
        ("%d%", "must be a strptime format"),
        ("", "must have the year"),
        (3, "must be a strptime format"),
        (None, "must be a strptime format"),
        ("%Y%m%d" + " " * 59, "must be a strptime format"),
    ],
)
def test_a_format_that_is_none_is_explained(value: object, words: str) -> None:
    assert words in str(Datetime.format_fault(value))

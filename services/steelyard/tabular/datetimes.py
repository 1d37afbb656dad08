"""Dates as they are written: read to seconds since 1970 in UTC, and told as RFC 3339. Times of day: to seconds.

A column's dates are read as ISO 8601 has them, and as people write them where that has one meaning: 2026/11/24,
24.11.2026, 24 Nov 2026, November 24, 2026. Of 11/24/2026 and 24/11/2026 it is the whole column that tells which number
is the day; what it told is kept, since a single date that comes later may not tell it.
"""

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import numpy as np

from steelyard.errors import shown
from steelyard.tabular.column import Values

EPOCH, EPOCH_WITHOUT_ZONE = datetime(1970, 1, 1, tzinfo=UTC), datetime(1970, 1, 1)
SECOND = 1_000_000  # microseconds
CUT = r"^(?P<date>.*?)(?:[ ,T]+(?P<time>\d{1,2}:.*))?$"  # as Arrow reads expressions, too
LONGEST = 64  # characters
LOOSE = re.compile(r"\d{1,4}([./-])\d{1,2}\1\d{1,4}(?:[ T,]|$)")
MONTHS = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
SHORT = [name[:3] for name in MONTHS]
MONTH = rf"(?P<name>{'|'.join((*MONTHS, *SHORT, 'sept'))})\.?"
NUMBERS = re.compile(r"(?P<one>\d{1,2})([/-])(?P<two>\d{1,2})\2(?P<year>\d{4})", re.ASCII)
CLEAR = [
    re.compile(written, re.IGNORECASE | re.ASCII)
    for written in (
        r"(?P<year>\d{4})([./-])(?P<month>\d{1,2})\2(?P<day>\d{1,2})",
        r"(?P<day>\d{1,2})\.(?P<month>\d{1,2})\.(?P<year>\d{4})",
        rf"(?P<day>\d{{1,2}})[ -]{MONTH}[ -](?P<year>\d{{4}})",
        rf"{MONTH} (?P<day>\d{{1,2}}),? (?P<year>\d{{4}})",
    )
]
TIME = re.compile(
    r"(?P<hour>\d{1,2}):(?P<minute>\d\d)(?::(?P<second>\d\d)(?:\.(?P<fraction>\d{1,9}))?)?"
    r"(?: ?(?P<half>[ap])\.?m\.?)?(?: ?(?:Z|UTC)|(?P<sign>[+-])(?P<hours>\d\d):?(?P<minutes>\d\d))?",
    re.IGNORECASE | re.ASCII,
)
EXAMPLES = {None: "", False: ", or as 11/24/2026", True: ", or as 24/11/2026"}


def moment(seconds: float) -> str:
    """Seconds since 1970 as RFC 3339, to the microsecond where that is not a whole second."""
    said = EPOCH + timedelta(microseconds=round(seconds * 1e6))
    return said.isoformat().replace("+00:00", "Z")


def time_of_day(seconds: float) -> str:
    """Seconds of a day as ISO 8601 has them, to the microsecond where that is not a whole second."""
    return (EPOCH + timedelta(microseconds=round(seconds * 1e6))).time().isoformat()


def should_be(day_first: bool | None) -> str:
    """The error for a value that is not a date, in a column of dates."""
    return f"it must be a date like 2026-11-24 or 2026-11-24T09:30:00Z{EXAMPLES[day_first]}"


def read_moment(text: str, day_first: bool | None = None) -> float:
    """A date in seconds since 1970; without a zone, it is of UTC.

    `day_first` tells what 01/02/2026 is: the first of February, the second of January, or, with `None`, not known.
    Raises `TypeError`, `ValueError`.
    """
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        date, time = cut(text)
        return (_read_day(date, day_first) + _read_time(time)) / SECOND
    return (read - (EPOCH if read.tzinfo else EPOCH_WITHOUT_ZONE)).total_seconds()


def read_moments(values: Values) -> tuple[Values, bool | None] | None:
    """Texts as the moments that they are, and their `day_first`; `None` if they are not."""
    labels = values.labels or ()
    if not labels or not isinstance(labels[0], str) or not looks_like_one(labels[0]):
        return None  # as with most columns: no need to look further
    parts = [*map(cut, labels)]
    try:
        days, times, day_first = read_distinct(*zip(*parts, strict=True))
    except ValueError:
        return None
    moments = [(days[date] + times[time]) / SECOND for date, time in parts]
    return Values(np.array([*moments, np.nan])[values.array]), day_first  # the last place is for MISSING, which is -1


def read_time(text: str) -> float:
    """A time of day in seconds. One with a zone is none: that is part of a moment. Raises `ValueError`."""
    found = TIME.fullmatch(text)
    if found is None or found["sign"]:
        raise ValueError(f"{shown(text)} is not a time of day")
    return _read_time(text) / SECOND


def read_times(values: Values) -> Values | None:
    """Texts as the times of day that they are; `None` if they are not."""
    labels = values.labels or ()
    if not labels or not isinstance(labels[0], str) or TIME.fullmatch(labels[0]) is None:
        return None
    try:
        times = [read_time(label) for label in labels]
    except ValueError:
        return None
    return Values(np.array([*times, np.nan])[values.array])


def read_distinct(dates: Iterable[str], times: Iterable[str]) -> tuple[dict[str, int], dict[str, int], bool | None]:
    """Microseconds by the dates of a column, to which they lie from 1970, and by the times of day; its `day_first`.

    There are far fewer of them than moments, and each is read once. Raises `ValueError`, which tells what is wrong.
    """
    different = dict.fromkeys(dates)
    day_first = _find_day_first(different)
    days = {date: _read_day(date, day_first) for date in different}
    return days, {time: _read_time(time) for time in dict.fromkeys(times)}, day_first


def looks_like_one(text: str) -> bool:
    """Whether a text seems to be meant for a date, read or not."""
    return any(written.match(text) for written in (LOOSE, *CLEAR))


def why_not(labels: Iterable[str]) -> str:
    """What keeps texts, most of which look like dates, from being such."""
    try:
        read_distinct(*zip(*map(cut, labels), strict=True))
    except ValueError as error:
        return str(error)
    return ""


def cut(text: str) -> tuple[str, str]:
    """The date and the time of day."""
    found = re.match(CUT, text) if len(text) <= LONGEST else None  # it takes the square of the length
    return (text, "") if found is None else (found["date"], found["time"] or "")


def _find_day_first(dates: Iterable[str]) -> bool | None:
    """Whether the day stands before the month, as one beyond the twelfth tells. Raises `ValueError`."""
    pairs = [found.group("one", "two") for date in dates if (found := NUMBERS.fullmatch(date))]
    if not pairs:
        return None
    firsts, seconds = (max(map(int, numbers)) for numbers in zip(*pairs, strict=True))
    if firsts <= 12 and seconds <= 12:
        raise ValueError("day and month are ambiguous in all of them; write dates as 2026-11-24")
    if firsts > 12 and seconds > 12:
        raise ValueError("some have the day first, others the month")
    return firsts > 12


def _read_day(date: str, day_first: bool | None) -> int:
    """The microseconds from 1970 to a date. Raises `ValueError`."""
    found = next((found for written in CLEAR if (found := written.fullmatch(date))), None)
    if found is not None:
        day, year = found["day"], found["year"]
        month = found["month"] if "month" in found.re.groupindex else SHORT.index(found["name"][:3].lower()) + 1
    elif day_first is not None and (found := NUMBERS.fullmatch(date)):
        year = found["year"]
        day, month = found.group("one", "two") if day_first else found.group("two", "one")
    else:
        raise ValueError(f"{shown(date)} is not a supported date format; write it as 2026-11-24")
    try:
        return (datetime(int(year), int(month), int(day)) - EPOCH_WITHOUT_ZONE).days * 86_400 * SECOND
    except ValueError:
        raise ValueError(f"{shown(date)} is not a date in the calendar") from None


def _read_time(time: str) -> int:
    """The microseconds of a day in UTC, which may be before it or behind. Raises `ValueError`."""
    if not time:
        return 0
    if (found := TIME.fullmatch(time)) is None:
        raise ValueError(f"{shown(time)} is not a time of day")
    hour = int(found["hour"])
    if found["half"]:
        hour = hour % 12 + (12 if found["half"] in "pP" else 0) if 1 <= hour <= 12 else 24
    fraction = (found["fraction"] or "").ljust(6, "0")[:6]
    minute, second, ahead, also = (int(found[name] or 0) for name in ("minute", "second", "hours", "minutes"))
    if hour > 23 or minute > 59 or second > 59 or ahead > 23 or also > 59:
        raise ValueError(f"{shown(time)} is not a time of day")
    zone = (ahead * 60 + also) * (-1 if found["sign"] == "-" else 1)
    return ((hour * 60 + minute - zone) * 60 + second) * SECOND + int(fraction)

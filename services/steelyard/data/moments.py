"""Moments: numbers of seconds since 1970 in UTC, and how they are written."""

import re
from datetime import UTC, datetime, timedelta
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from steelyard.data.column import Values

DATE = re.compile(r"\d{4}-\d{2}-\d{2}(?:[T ]|$)")
DATES, MONTHS = np.dtype("datetime64[D]"), np.dtype("datetime64[M]")
FIRST = np.array([1970.0, 1.0, 1.0, 0.0, 0.0])  # what the numbers of the year, the month and the day begin with
DAY, YEAR = 86_400.0, 31_556_952.0  # seconds; a year of the Gregorian calendar on average


def moment(seconds: float) -> str:
    """Seconds since 1970 as RFC 3339, to the microsecond where that is not a whole second."""
    said = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=round(seconds * 1e6))
    return said.isoformat().replace("+00:00", "Z")


def read_moment(text: str) -> float:
    """A date as RFC 3339 and ISO 8601 have it, in seconds since 1970; without a zone, it is of UTC.

    Raises `TypeError`, `ValueError`.
    """
    read = datetime.fromisoformat(text)
    return (read if read.tzinfo else read.replace(tzinfo=UTC)).timestamp()


def read_moments(values: Values) -> Values | None:
    """Texts as the moments that they are, or `None` if one of them is none; only dates with hyphens are dates."""
    if not values.labels or not all(isinstance(label, str) and DATE.match(label) for label in values.labels):
        return None
    try:
        moments = [read_moment(label) for label in values.labels]
    except ValueError:
        return None
    return Values(np.array([*moments, np.nan])[values.array])  # the last place is for MISSING, which is -1


def _circle(parts: int) -> NDArray[np.float64]:
    """The sines of so many equal parts of a turn, from 0 on, and their cosines: `(2, parts)`."""
    angles = 2 * np.pi * (np.arange(parts) / parts)
    return np.array([np.sin(angles), np.cos(angles)])


CIRCLE_OF_MONTHS, CIRCLE_OF_WEEKDAYS = _circle(12), _circle(7)
Parts = Literal["parts", "cyclic"]
PARTS: dict[str, tuple[str, ...]] = {
    "parts": ("year", "month", "day", "weekday", "hour"),
    "cyclic": (
        "time",
        "month sine",
        "month cosine",
        "weekday sine",
        "weekday cosine",
        "hour sine",
        "hour cosine",
    ),
}


def read_parts(seconds: NDArray[np.float64], how: Parts) -> NDArray[np.float64]:
    """The parts of each moment, along a last axis of their own, NaN where it is missing.

    `parts` are numbers: the year, the month from 1, the day from 1, the weekday from Monday as 0, and the hour with
    its fraction. `cyclic` are the years since 1970, and the month, the weekday and the hour as points of a circle, so
    that December lies next to January.
    """
    missing = np.isnan(seconds)
    some_are_missing = missing.any()
    stamps = np.where(missing, 0, seconds) if some_are_missing else seconds
    days = np.floor(stamps / DAY)
    numbers = days.astype(np.int64)
    dates = numbers.view(DATES)
    months = dates.astype(MONTHS)
    years, month = np.divmod(months.view(np.int64), 12)
    weekday = (numbers + 3) % 7  # 1970-01-01 was a Thursday
    hour = (stamps - days * DAY) / 3600
    found = np.empty((*seconds.shape, len(PARTS[how])))
    if how == "parts":
        day = (dates - months.astype(DATES)).view(np.int64)
        for place, part in enumerate((years, month, day, weekday, hour)):
            found[..., place] = part
        found += FIRST
    else:
        found[..., 0] = stamps / YEAR
        found[..., 1] = CIRCLE_OF_MONTHS[0].take(month)
        found[..., 2] = CIRCLE_OF_MONTHS[1].take(month)
        found[..., 3] = CIRCLE_OF_WEEKDAYS[0].take(weekday)
        found[..., 4] = CIRCLE_OF_WEEKDAYS[1].take(weekday)
        angles = 2 * np.pi * (hour / 24)
        found[..., 5] = np.sin(angles)
        found[..., 6] = np.cos(angles)
    if some_are_missing:
        found[missing] = np.nan
    return found

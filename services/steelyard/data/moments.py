"""Moments: numbers of seconds since 1970 in UTC, and how they are written."""

import re
from datetime import UTC, datetime, timedelta
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from steelyard.data.column import Values

DATE = re.compile(r"\d{4}-\d{2}-\d{2}(?:[T ]|$)")
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
    stamps = np.where(missing, 0, seconds)
    days = np.floor(stamps / DAY)
    dates = days.astype("datetime64[D]")
    months = dates.astype("datetime64[M]")
    month = months.astype(np.int64) % 12
    weekday = (days + 3) % 7  # 1970-01-01 was a Thursday
    hour = (stamps - days * DAY) / 3600
    found = np.empty((*seconds.shape, len(PARTS[how])))
    if how == "parts":
        found[..., 0] = 1970.0 + months.astype(np.int64) // 12
        found[..., 1] = month + 1.0
        found[..., 2] = (dates - months.astype("datetime64[D]")).astype(np.int64) + 1.0
        found[..., 3] = weekday
        found[..., 4] = hour
    else:
        found[..., 0] = stamps / YEAR
        for place, turn in enumerate((month / 12, weekday / 7, hour / 24)):
            angle = 2 * np.pi * turn
            found[..., 2 * place + 1] = np.sin(angle)
            found[..., 2 * place + 2] = np.cos(angle)
    found[missing] = np.nan
    return found

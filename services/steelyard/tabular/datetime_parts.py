"""The parts of datetimes, which are seconds since 1970 in UTC, as inputs of a network."""

from typing import Literal

import numpy as np
from numpy.typing import NDArray

DATES, MONTHS = np.dtype("datetime64[D]"), np.dtype("datetime64[M]")
DAY, YEAR = 86_400.0, 31_556_952.0  # seconds; a year of the Gregorian calendar on average


def _circle(parts: int, first: int = 0) -> NDArray[np.float64]:
    """The sines of so many equal parts of a turn, from the part `first` on, and their cosines: `(2, parts)`."""
    angles = 2 * np.pi * ((np.arange(parts) + first) % parts / parts)
    return np.array([np.sin(angles), np.cos(angles)])


CIRCLE_OF_MONTHS = _circle(12)
THURSDAY = 3  # 1970-01-01 was one
CIRCLE_OF_WEEKDAYS = _circle(7, THURSDAY)  # from that day on
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
    """The parts of each datetime along the first axis, NaN for a missing one.

    `parts` are numbers: the year, the month from 1, the day from 1, the weekday from Monday as 0, and the hour with
    its fraction. `cyclic` are the years since 1970, and the month, the weekday and the hour as points of a circle, so
    that December lies next to January.
    """
    missing = None
    if np.isnan(np.add.reduce(seconds, axis=None)):
        missing = np.isnan(seconds)
        seconds = np.where(missing, 0, seconds)
    days = np.floor(seconds / DAY)
    numbers = days.astype(np.int64)
    dates = numbers.view(DATES)
    months = dates.astype(MONTHS)
    hour = (seconds - days * DAY) / 3600
    found = np.empty((len(PARTS[how]), *seconds.shape))
    if how == "parts":
        years, month = np.divmod(months.view(np.int64), 12)
        day = (dates - months.astype(DATES)).view(np.int64)
        for place, part in enumerate((years + 1970, month + 1, day + 1, (numbers + THURSDAY) % 7, hour)):
            found[place] = part
    else:
        np.divide(seconds, YEAR, out=found[0])
        # The mode is the one in which NumPy writes to `out` itself.
        CIRCLE_OF_MONTHS.take(months.view(np.int64) % 12, axis=1, out=found[1:3], mode="clip")
        CIRCLE_OF_WEEKDAYS.take(numbers % 7, axis=1, out=found[3:5], mode="clip")
        angles = 2 * np.pi * (hour / 24)
        np.sin(angles, out=found[5])
        np.cos(angles, out=found[6])
    if missing is not None:
        found[:, missing] = np.nan
    return found

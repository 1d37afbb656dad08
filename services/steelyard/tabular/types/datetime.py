"""Datetimes, held as seconds since 1970 in UTC and written as RFC 3339.

Dates are read as ISO 8601 has them, and as people write them where that has one meaning: 2026/11/24, 24.11.2026,
24 Nov 2026, November 24, 2026. In 11/24/2026 and 24/11/2026, the whole column shows which number is the day. The type
keeps that, since a single date to predict may be ambiguous.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from steelyard.errors import shown
from steelyard.tabular.types.column_type import MOST, ColumnType, Encoding, Recognizable, attempt, is_common
from steelyard.tabular.types.time_of_day import SECOND, read_clock
from steelyard.tabular.values import Kind, Values

EPOCH, EPOCH_WITHOUT_ZONE = datetime(1970, 1, 1, tzinfo=UTC), datetime(1970, 1, 1)
CUT = re.compile(r"(?P<date>.*?)(?:[ ,T]+(?P<time>\d{1,2}:.*))?")
LONGEST = 64  # characters
LOOSE = re.compile(r"\d{1,4}([./-])\d{1,2}\1\d{1,4}(?:[ T,]|$)")
FOREIGN = re.compile(r"\d{1,2}\.? (?:de )?[^\W\d]{3,10}\.? (?:de )?\d{4}$")  # 24. Dezember 2026
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
ORDERS = {None: "", False: ", the month before the day", True: ", the day before the month"}
EXAMPLES = {None: "", False: ", or as 11/24/2026", True: ", or as 24/11/2026"}


@dataclass(frozen=True)
class Datetime(Recognizable):
    """A date, with or without a time of day; without a zone, it is of UTC.

    `day_first` says how to read 01/02/2026: as February 1 if true, as January 2 if false; `None` means unknown.
    `format` is one of Python's `strptime`, such as `%d.%m.%y`; strings that do not fit it may still be ISO 8601.
    """

    name: ClassVar[str] = "datetime"
    kind: ClassVar[Kind] = "datetime"
    encoding: ClassVar[Encoding] = "datetime"
    rewrites_strings: ClassVar[bool] = True

    day_first: bool | None = None
    format: str | None = field(default=None, kw_only=True)

    @property
    def reason(self) -> str:
        """Why a column has this type, and how its dates are written."""
        return f"its values are dates or datetimes{ORDERS[self.day_first]}"

    @property
    def expected(self) -> str:
        """What a value must be."""
        example = EXAMPLES[self.day_first] if self.format is None else f", or as {self.format}"
        return f"it must be a date like 2026-11-24 or 2026-11-24T09:30:00Z{example}"

    def parse(self, text: str) -> float:
        """The seconds from 1970 to a datetime."""
        try:
            read = datetime.fromisoformat(text) if self.format is None else self._formatted(text)
        except ValueError:
            date, time = cut(text)
            return (_read_day(date, self.day_first) + _read_time(time)) / SECOND
        return (read - (EPOCH if read.tzinfo else EPOCH_WITHOUT_ZONE)).total_seconds()

    def _formatted(self, text: str) -> datetime:
        """A datetime in the format, or else in ISO 8601. Raises `ValueError`."""
        assert self.format is not None
        try:
            return datetime.strptime(text, self.format)
        except ValueError:
            return datetime.fromisoformat(text)

    @staticmethod
    def format_fault(value: object) -> str | None:
        """What is wrong with a format."""
        example = datetime(2026, 11, 24)
        try:
            if isinstance(value, str) and len(value) <= LONGEST:
                if datetime.strptime(example.strftime(value), value).date() == example.date():
                    return None
                return f"is {shown(value)}; it must have the year, the month and the day, as '%d.%m.%Y' has"
        except ValueError:
            pass
        return f"is {shown(value)}; it must be a strptime format such as '%d.%m.%Y'"

    def recognize(self, labels: Sequence[str], counts: NDArray[np.int64]) -> tuple[Self, list[float | None]] | None:
        """The strings that are datetimes, and which number is the day."""
        if not is_common(looks_like_one, labels):
            return None
        # There are fewer dates and times than datetimes, and each is read once.
        parts = [*map(cut, labels)]
        weights: Counter[str] = Counter()
        for (date, _), count in zip(parts, counts.tolist(), strict=True):
            weights[date] += count
        try:
            day_first = _find_day_first(weights)
        except ValueError:
            return None
        days = {date: attempt(partial(_read_day, day_first=day_first), date) for date in weights}
        times = {time: attempt(_read_time, time) for time in dict.fromkeys(time for _, time in parts)}
        return replace(self, day_first=day_first), [
            None if (day := days[date]) is None or (of_day := times[time]) is None else (day + of_day) / SECOND
            for date, time in parts
        ]

    @classmethod
    def why_not(cls, labels: Sequence[str], counts: NDArray[np.int64]) -> str:
        """What keeps strings, most of which look like dates, from being such."""
        parts = [*map(cut, labels)]
        try:
            day_first = _find_day_first(dict(zip((date for date, _ in parts), counts.tolist(), strict=True)))
            for date, time in parts:
                _read_day(date, day_first)
                _read_time(time)
        except ValueError as error:
            return str(error)
        return ""

    def write(self, values: list[Any]) -> list[Any]:
        """RFC 3339, to the microsecond where that is not a whole second."""
        return [None if value is None else written(value) for value in values]

    def convert(self, values: Values, source: ColumnType) -> Values:
        """Datetimes as they are, and strings by what they say."""
        return values if isinstance(source, Datetime) else super().convert(values, source)


def written(seconds: float) -> str:
    """Seconds since 1970 as RFC 3339."""
    at = EPOCH + timedelta(microseconds=round(seconds * SECOND))
    return at.isoformat().replace("+00:00", "Z")


def looks_like_one(text: str) -> bool:
    """Whether a string looks like a date, even one in a format that is not supported."""
    return any(pattern.match(text) for pattern in (LOOSE, FOREIGN, *CLEAR))


def cut(text: str) -> tuple[str, str]:
    """The date and the time of day."""
    found = CUT.fullmatch(text) if len(text) <= LONGEST else None  # it takes the square of the length
    return (text, "") if found is None else (found["date"], found["time"] or "")


def _find_day_first(dates: Mapping[str, int]) -> bool | None:
    """Whether the day comes before the month, which a number above 12 shows. `dates` have their counts.

    Raises `ValueError` if no date shows it, or if more than a few contradict the others.
    """
    numbers = {date: found.group("one", "two") for date in dates if (found := NUMBERS.fullmatch(date))}
    if not numbers:
        return None
    firsts = sum(dates[date] for date, (one, _) in numbers.items() if int(one) > 12)
    seconds = sum(dates[date] for date, (_, two) in numbers.items() if int(two) > 12)
    if not firsts and not seconds:
        raise ValueError("day and month are ambiguous in all of them; write dates as 2026-11-24")
    if min(firsts, seconds) > (1 - MOST) * (firsts + seconds):
        raise ValueError("some have the day first, others the month")
    return firsts > seconds


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
    """The microseconds of the time of a datetime, which may have none."""
    return read_clock(time) if time else 0

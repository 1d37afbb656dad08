"""Dates as they are written: read to seconds since 1970 in UTC, and told as RFC 3339.

A column's dates are read as ISO 8601 has them, and as people write them where that has one meaning: 2026/11/24,
24.11.2026, 24 Nov 2026, November 24, 2026. Of 11/24/2026 and 24/11/2026 it is the whole column that tells which number
is the day; what it told is kept, since a single date that comes later may not tell it.
"""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from steelyard.data.column import Values
from steelyard.errors import shown

EPOCH, EPOCH_WITHOUT_ZONE = datetime(1970, 1, 1, tzinfo=UTC), datetime(1970, 1, 1)
ISO = re.compile(r"\d{4}-\d{2}-\d{2}(?:[T ]|$)")
MONTHS = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
SHORT = [name[:3] for name in MONTHS]
MONTH = rf"(?P<name>{'|'.join((*MONTHS, *SHORT, 'sept'))})\.?"
TIME = (
    r"(?:,?[T ] ?(?P<hour>\d{1,2}):(?P<rest>\d\d(?::\d\d(?:\.\d{1,9})?)?)"
    r"(?: ?(?P<half>[ap])\.?m\.?)?(?P<zone>Z| ?UTC|[+-]\d\d:?\d\d)?)?"
)
LOOSE = re.compile(r"\d{1,4}([./-])\d{1,2}\1\d{1,4}(?:[ T,]|$)")
NUMBERS = re.compile(rf"(?P<one>\d{{1,2}})([/-])(?P<two>\d{{1,2}})\2(?P<year>\d{{4}}){TIME}", re.IGNORECASE | re.ASCII)
CLEAR = [
    re.compile(written + TIME, re.IGNORECASE | re.ASCII)
    for written in (
        r"(?P<year>\d{4})([./-])(?P<month>\d{1,2})\2(?P<day>\d{1,2})",
        r"(?P<day>\d{1,2})\.(?P<month>\d{1,2})\.(?P<year>\d{4})",
        rf"(?P<day>\d{{1,2}})[ -]{MONTH}[ -](?P<year>\d{{4}})",
        rf"{MONTH} (?P<day>\d{{1,2}}),? (?P<year>\d{{4}})",
    )
]
EXAMPLES = {None: "", False: ", or as 11/24/2026", True: ", or as 24/11/2026"}


def moment(seconds: float) -> str:
    """Seconds since 1970 as RFC 3339, to the microsecond where that is not a whole second."""
    said = EPOCH + timedelta(microseconds=round(seconds * 1e6))
    return said.isoformat().replace("+00:00", "Z")


def should_be(day_first: bool | None) -> str:
    """What is told of a value that is no date in a column of such."""
    return f"it must be a date like 2026-11-24 or 2026-11-24T09:30:00Z{EXAMPLES[day_first]}"


def read_moment(text: str, day_first: bool | None = None) -> float:
    """A date in seconds since 1970; without a zone, it is of UTC.

    `day_first` tells what 01/02/2026 is: the first of February, the second of January, or, with `None`, not known.
    Raises `TypeError`, `ValueError`.
    """
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        read = datetime.fromisoformat(_as_iso(text, day_first))
    return (read - (EPOCH if read.tzinfo else EPOCH_WITHOUT_ZONE)).total_seconds()


def read_moments(values: Values) -> tuple[Values, bool | None] | None:
    """Texts as the moments that they are, and their `day_first`; `None` if they are not."""
    try:
        moments, day_first = _read_all(values.labels or ())
    except ValueError:
        return None
    return Values(np.array([*moments, np.nan])[values.array]), day_first  # the last place is for MISSING, which is -1


def looks_like_one(text: str) -> bool:
    """Whether a text seems to be meant for a date, read or not."""
    return any(written.match(text) for written in (ISO, LOOSE, *CLEAR))


def why_not(labels: tuple[Any, ...]) -> str:
    """What keeps `read_moments` from reading texts, most of which look like dates."""
    try:
        _read_all(labels)
    except ValueError as error:
        return str(error)
    return ""


def _read_all(labels: tuple[Any, ...]) -> tuple[list[float], bool | None]:
    """Moments, and their `day_first`. Raises `ValueError`, which tells what is wrong."""
    if not labels:
        raise ValueError("there are none")
    for label in labels:
        if not isinstance(label, str) or not looks_like_one(label):
            raise ValueError(f"{shown(label)} is none")
    day_first = _find_day_first(labels)
    moments = []
    for label in labels:
        try:
            moments.append(read_moment(label, day_first))
        except ValueError:
            raise ValueError(f"{shown(label)} is none that is read; as 2026-11-24 it would be") from None
    return moments, day_first


def _find_day_first(labels: tuple[str, ...]) -> bool | None:
    """Whether the day stands before the month, as one beyond the twelfth tells. Raises `ValueError`."""
    pairs = [found.group("one", "two") for label in labels if (found := NUMBERS.fullmatch(label))]
    if not pairs:
        return None
    firsts, seconds = (max(map(int, numbers)) for numbers in zip(*pairs, strict=True))
    if firsts <= 12 and seconds <= 12:
        raise ValueError("none of them tells the day from the month; as 2026-11-24 they would be clear")
    if firsts > 12 and seconds > 12:
        raise ValueError("the day stands first in some of them, the month in others")
    return firsts > 12


def _as_iso(text: str, day_first: bool | None) -> str:
    """A date that is written in another way. Raises `ValueError`."""
    found = next((found for written in CLEAR if (found := written.fullmatch(text))), None)
    if found is None:
        found = NUMBERS.fullmatch(text)
        if found is None or day_first is None:
            raise ValueError("it is no date, or not clear")
        day, month = found.group("one", "two") if day_first else found.group("two", "one")
    else:
        day = found["day"]
        month = found["month"] if "month" in found.re.groupindex else _find_month(found["name"])
    return f"{found['year']}-{month:>02}-{day:>02}T{_time(found)}"


def _find_month(name: str) -> str:
    """The number of a month that is written out, or cut short."""
    return str(SHORT.index(name[:3].lower()) + 1)


def _time(found: re.Match[str]) -> str:
    """The time of day. Raises `ValueError`."""
    if found["hour"] is None:
        return "00:00"
    hour = int(found["hour"])
    if found["half"]:
        if not 1 <= hour <= 12:
            raise ValueError("a clock of twelve hours has no such hour")
        hour = hour % 12 + (12 if found["half"] in "pP" else 0)
    zone = (found["zone"] or "").strip().upper().replace("UTC", "Z")
    return f"{hour:02}:{found['rest']}{zone}"

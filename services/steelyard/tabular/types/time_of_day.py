"""Times of day: `14:30`, `2:30 PM`."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from steelyard.errors import shown
from steelyard.tabular.types.column_type import ColumnType, Recognizable, attempt, is_common
from steelyard.tabular.types.number import Number
from steelyard.tabular.values import Kind, Values

SECOND = 1_000_000  # microseconds
CLOCK = re.compile(
    r"(?P<hour>\d{1,2}):(?P<minute>\d\d)(?::(?P<second>\d\d)(?:\.(?P<fraction>\d{1,9}))?)?"
    r"(?: ?(?P<half>[ap])\.?m\.?)?(?: ?(?:Z|UTC)|(?P<sign>[+-])(?P<hours>\d\d):?(?P<minutes>\d\d))?",
    re.IGNORECASE | re.ASCII,
)


@dataclass(frozen=True)
class TimeOfDay(Recognizable):
    """A time of day, held as its seconds since midnight. One with a zone is none: that is part of a datetime."""

    name: ClassVar[str] = "time_of_day"
    kind: ClassVar[Kind] = "numeric"
    rewrites_strings: ClassVar[bool] = True

    @property
    def reason(self) -> str:
        """Why a column has this type."""
        return "its values are times of day, in seconds"

    @property
    def expected(self) -> str:
        """What a value must be."""
        return "it must be a time of day like 14:30, or seconds since midnight"

    def parse(self, text: str) -> float:
        """The seconds of a time."""
        found = CLOCK.fullmatch(text)
        if found is None or found["sign"]:
            raise ValueError(f"{shown(text)} is not a time of day")
        return read_clock(text) / SECOND

    def read(self, value: Any) -> float:
        """The seconds of a time that came as a string or as its seconds."""
        return self.parse(value) if isinstance(value, str) else Number().read(value)

    def recognize(
        self,
        labels: Sequence[str],
        counts: NDArray[np.int64],  # noqa: ARG002 -- as all types have it
    ) -> tuple[Self, list[float | None]] | None:
        """The strings that are times of day."""
        if not is_common(lambda text: CLOCK.fullmatch(text) is not None, labels):
            return None
        return self, [attempt(self.parse, label) for label in labels]

    def write(self, values: list[Any]) -> list[Any]:
        """Times as ISO 8601 has them, to the microsecond where that is not a whole second."""
        return [None if value is None else written(value) for value in values]

    def convert(self, values: Values, source: ColumnType) -> Values:
        """Times as they are, and numbers as their seconds."""
        return values if isinstance(source, (TimeOfDay, Number)) else super().convert(values, source)


def written(seconds: float) -> str:
    """A time of day as ISO 8601 has it."""
    return (datetime.min + timedelta(microseconds=round(seconds * SECOND))).time().isoformat()


def read_clock(text: str) -> int:
    """The microseconds of a time of day in UTC, which may be before that day or after. Raises `ValueError`."""
    if (found := CLOCK.fullmatch(text)) is None:
        raise ValueError(f"{shown(text)} is not a time of day")
    hour = int(found["hour"])
    if found["half"]:
        hour = hour % 12 + (12 if found["half"] in "pP" else 0) if 1 <= hour <= 12 else 24
    fraction = (found["fraction"] or "").ljust(6, "0")[:6]
    minute, second, ahead, also = (int(found[name] or 0) for name in ("minute", "second", "hours", "minutes"))
    if hour > 23 or minute > 59 or second > 59 or ahead > 23 or also > 59:
        raise ValueError(f"{shown(text)} is not a time of day")
    zone = (ahead * 60 + also) * (-1 if found["sign"] == "-" else 1)
    return ((hour * 60 + minute - zone) * 60 + second) * SECOND + int(fraction)

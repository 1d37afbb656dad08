"""The raw columns of a model, and how they become inputs: what the preprocessing of every format is written from.

Numbers are float64, NaN for a missing one; datetimes are seconds since 1970 and times of day seconds since midnight,
as dates and times are not parsed outside of the service. Categories are strings, and the empty string is missing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from steelyard.exports.formula import Expression, call, evaluate, named
from steelyard.tabular.categories import Categories
from steelyard.tabular.datetime_parts import YEAR
from steelyard.tabular.encoder import Encoder
from steelyard.tabular.piecewise_linear import SCALE
from steelyard.tabular.types.boolean import Boolean
from steelyard.tabular.types.column_type import ColumnType
from steelyard.tabular.types.number import Number, read_number
from steelyard.tabular.types.time_of_day import TimeOfDay
from steelyard.tabular.values import trimmed

Array = NDArray[Any]
RawKind = Literal["number", "boolean", "seconds_of_day", "seconds", "string"]
DAY = 86_400.0
REFUSED = -1  # the place of a string that the model does not accept


@dataclass(frozen=True)
class RawColumn:
    """A column as an exported model takes it. The numbers in `missing` count as missing values."""

    name: str
    kind: RawKind
    missing: tuple[float, ...] = ()


@dataclass(frozen=True)
class Places:
    """The place of each string of a column; any other has the place `unknown`. Places are from 0 to `count - 1`."""

    column: str
    of: dict[str, int]
    unknown: int
    count: int

    def find(self, text: str) -> int:
        """The place of a string, with or without spaces around it."""
        place = self.of.get(text)
        return self.of.get(trimmed(text), self.unknown) if place is None else place


@dataclass(frozen=True)
class Bins:
    """The input `scale · (clip((x − low) / size, 0, 1) − center)` of each bin; `column` is its place in the block."""

    column: NDArray[np.int64]
    low: NDArray[np.float64]
    size: NDArray[np.float64]
    center: NDArray[np.float64]
    scale: float


@dataclass(frozen=True)
class Preprocessing:
    """From raw columns to the network's inputs, for what an encoder holds."""

    encoder: Encoder

    @cached_property
    def columns(self) -> list[RawColumn]:
        """The raw columns, in the order of the model's inputs."""
        return [RawColumn(name, kind_of(kind), _sentinels(kind)) for name, kind in self.encoder.features.items()]

    @cached_property
    def by_name(self) -> dict[str, RawColumn]:
        """The same by name."""
        return {column.name: column for column in self.columns}

    @property
    def numbers(self) -> list[str]:
        """The columns that begin the block of numbers; the parts of `datetimes` follow."""
        return self.encoder.numbers

    @property
    def datetimes(self) -> list[str]:
        """The columns of which parts are inputs."""
        return self.encoder.datetimes

    @property
    def block_width(self) -> int:
        """How many numbers are scaled."""
        return len(self.encoder.fill)

    @property
    def fill(self) -> NDArray[np.float64]:
        """What missing values of the block are replaced by."""
        return self.encoder.fill

    @property
    def center(self) -> NDArray[np.float64]:
        """What is taken from each number of the block."""
        return self.encoder.scaler.center

    @property
    def scale(self) -> NDArray[np.float64]:
        """What it is then divided by."""
        return self.encoder.scaler.scale

    @property
    def indicators(self) -> list[int]:
        """The numbers of the block of which it is an input whether they were missing."""
        return self.encoder.indicators

    @property
    def refuses_missing(self) -> bool:
        """Whether the model accepts no missing value."""
        return self.encoder.options.missing == "error"

    @property
    def refuses_unknown(self) -> bool:
        """Whether the model accepts no category that was not in the training data."""
        return self.encoder.options.unknown == "error"

    @property
    def is_one_hot(self) -> bool:
        """Whether categories are one-hot inputs, rather than numbers for an embedding."""
        return self.encoder.options.categorical != "embedding"

    @cached_property
    def parts(self) -> list[Expression]:
        """The inputs that are made of each datetime `seconds`."""
        how = self.encoder.options.datetime
        return [] if how == "ignore" else datetime_parts(how)

    @cached_property
    def bins(self) -> Bins | None:
        """The bins of a piecewise-linear encoding."""
        found = self.encoder.piecewise
        if found is None or not found.width:
            return None
        return Bins(*found.bins, SCALE)

    @cached_property
    def categories(self) -> list[Places]:
        """The columns of categories, in the order of their inputs."""
        return [_places(each, self.encoder.features[each.name], self) for each in self.encoder.categories]

    @property
    def width(self) -> int:
        """How many inputs the network has."""
        return self.encoder.layout.width

    def encode(self, rows: Sequence[dict[str, Any]], dtype: Any) -> Array:
        """The network's inputs for raw rows: numbers, `nan`, and strings by column. What other runtimes compute."""
        block = np.empty((len(rows), self.block_width))
        for place, name in enumerate(self.numbers):
            block[:, place] = self._read(name, rows)
        for number, name in enumerate(self.datetimes):
            first = len(self.numbers) + number * len(self.parts)
            for step, part in enumerate(self.parts):
                block[:, first + step] = evaluate(part, {"seconds": self._read(name, rows)})
        missing = np.isnan(block)
        block = np.where(missing, self.fill, block)
        parts = [(block - self.center) / self.scale, missing[:, self.indicators]]
        if (bins := self.bins) is not None:
            passed = np.clip((block[:, bins.column] - bins.low) / bins.size, 0.0, 1.0)
            parts.append(bins.scale * (passed - bins.center))
        for each in self.categories:
            places = np.array([each.find(row[each.column]) for row in rows])
            parts.append(np.eye(each.count)[places] if self.is_one_hot else places[:, None])
        return np.concatenate(parts, axis=1).astype(dtype)

    def _read(self, name: str, rows: Sequence[dict[str, Any]]) -> NDArray[np.float64]:
        values = np.array([row[name] for row in rows], np.float64)
        return np.where(np.isin(values, self.by_name[name].missing), np.nan, values)


def kind_of(kind: ColumnType) -> RawKind:
    """How an exported model takes a column of this type."""
    if kind.encoding == "categories":
        return "string"
    if kind.encoding == "datetime":
        return "seconds"
    if isinstance(kind, TimeOfDay):
        return "seconds_of_day"
    return "boolean" if isinstance(kind, Boolean) else "number"


def _sentinels(kind: ColumnType) -> tuple[float, ...]:
    """The numbers that mean a missing value."""
    if isinstance(kind, Number):
        found = [read_number(str(each)) for each in kind.missing]
        return tuple(dict.fromkeys(each for each in found if each is not None))
    if kind.encoding != "number":
        return ()
    return tuple(float(each) for each in kind.missing if not isinstance(each, str))


def _places(categories: Categories, kind: ColumnType, about: Preprocessing) -> Places:
    """The places of all strings that are known: labels, and those that mean a missing value."""
    missing = REFUSED if about.refuses_missing else categories.place(None)
    others = dict.fromkeys(["", *sorted(categories.nulls)], missing)
    declared = dict.fromkeys(map(str, kind.missing), missing)
    unknown = REFUSED if about.refuses_unknown else categories.places - 1
    return Places(categories.name, others | {**categories.known} | declared, unknown, categories.places)


def datetime_parts(how: Literal["parts", "cyclic"]) -> list[Expression]:
    """The same as `steelyard.tabular.datetime_parts`, of a single datetime `seconds`, in arithmetic alone.

    Source: the calendar as H. Hinnant has it, https://howardhinnant.github.io/date_algorithms.html, civil_from_days.
    """
    seconds = named("seconds")

    def floor(value: Expression) -> Expression:
        return call("floor", value)

    days = floor(seconds / DAY)
    hour = (seconds - days * DAY) / 3600.0
    weekday = (days + 3.0) - 7.0 * floor((days + 3.0) / 7.0)
    shifted = days + 719_468.0  # from March 1 of the year 0
    era = floor(shifted / 146_097.0)
    day_of_era = shifted - era * 146_097.0
    leaps = floor(day_of_era / 1460.0) - floor(day_of_era / 36_524.0) + floor(day_of_era / 146_096.0)
    year_of_era = floor((day_of_era - leaps) / 365.0)
    day_of_year = day_of_era - (365.0 * year_of_era + floor(year_of_era / 4.0) - floor(year_of_era / 100.0))
    from_march = floor((5.0 * day_of_year + 2.0) / 153.0)
    month = call("where", from_march < 10.0, from_march + 3.0, from_march - 9.0)
    if how == "parts":
        year = year_of_era + era * 400.0 + call("where", month <= 2.0, 1.0, 0.0)
        day = day_of_year - floor((153.0 * from_march + 2.0) / 5.0) + 1.0
        return [year, month, day, weekday, hour]
    circles = [((month - 1.0) / 12.0), weekday / 7.0, hour / 24.0]
    angles = [2 * np.pi * circle for circle in circles]
    return [seconds / YEAR, *(call(curve, angle) for angle in angles for curve in ("sin", "cos"))]

"""Which type a column has, from its values, with the reason in words."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from steelyard.errors import shown
from steelyard.tabular.remarks import Remark
from steelyard.tabular.types.boolean import Boolean
from steelyard.tabular.types.category import Category, Text
from steelyard.tabular.types.column_type import MOST, ColumnType, Recognizable
from steelyard.tabular.types.datetime import Datetime, looks_like_one
from steelyard.tabular.types.doubtful_values import date_doubts, number_doubts, string_doubts, unit_doubts
from steelyard.tabular.types.markers import is_marker
from steelyard.tabular.types.number import Number
from steelyard.tabular.types.registry import candidates
from steelyard.tabular.values import MISSING, Values

MOST_CATEGORIES = 10_000
FEW_LABELS = 20  # so few are categories, however few rows there are
ROWS_FOR_ID = 20
LONG_TEXT = 80  # characters on average
HALF = 0.5  # from this share on, a remark says that a column of strings may have another type
SAMPLE = 200  # so many strings show what the others look like
MOST_NAMED = 3  # odd values that a remark shows
MOST_KEPT = 100  # odd values that a type remembers as missing ones
IDS = ("id", "ids", "uuid", "guid", "idno", "rowid")
NUMBERINGS = ("index", "row", "obs", "case", "rownumber", "rownum", "rowno", "rowname", "rownames")
# What pandas calls an index that it saved; that of some rows, or in another order, is no sequence.
NUMBERED = re.compile(r"^unnamed: 0$|^__index_level_\d+__$", re.IGNORECASE)
WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")


@dataclass(frozen=True)
class Recognized:
    """The type of a column and its values, and the reason.

    `is_id` is true if it only identifies rows. `guess` is what it would be if its owner had not given the type.
    """

    type: ColumnType
    values: Values
    reason: str
    is_id: bool = False
    remarks: tuple[Remark, ...] = ()
    guess: "Recognized | None" = None


def recognize(
    name: str,
    values: Values,
    known: ColumnType | None = None,
    *,
    among: Sequence[Recognizable] | None = None,
    nulls: Collection[str] = (),
    has_doubts: bool = True,
) -> Recognized:
    """The type of a column with these values; `known` is the type that a file states.

    `among` are the types that its strings may be of, else those of `candidates`; strings of `nulls` are missing values.
    Without `has_doubts`, no remarks are made on values that may mean something else.

    Strings become numbers, dates, times of day or booleans where at least `MOST` of them are; the others count as
    missing. Unique strings, and unique integers in a column with a name like `id`, identify rows. Strings that are too
    many or too long for categories are texts.
    """
    if known is not None:
        found = Recognized(known, values, known.reason)
        return with_doubts(name, found) if has_doubts else found
    if values.labels is not None and not values.are_texts:
        return Recognized(Boolean(), values, Boolean().reason)
    if values.labels is None:
        found = _recognize_numbers(name, Number(), values)
    else:
        found = _recognize_strings(name, values, candidates() if among is None else among, nulls)
    return with_doubts(name, found) if has_doubts else found


def with_doubts(name: str, found: Recognized) -> Recognized:
    """The column with remarks on values that may mean something else, if it is one of numbers or of strings."""
    values = found.values
    if isinstance(found.type, Number) and values.labels is None and not found.is_id:
        return replace(found, remarks=(*found.remarks, *number_doubts(name, values.array)))
    if isinstance(found.type, Datetime):
        return replace(found, remarks=(*found.remarks, *date_doubts(name, values.array)))
    if isinstance(found.type, Category) and values.labels is not None and not found.remarks:
        counts = np.bincount(values.array[values.array >= 0], minlength=len(values.labels))
        return replace(found, remarks=tuple(string_doubts(name, values.labels, counts)))
    return found


def declare(
    name: str, values: Values, known: ColumnType | None, declared: ColumnType, *, guess: Recognized
) -> Recognized:
    """A column of the type that its owner gave; values that do not fit the type count as missing."""
    source = known or source_of(values)
    held, odd = declared.coerce(values, source)
    remarks: tuple[Remark, ...] = ()
    if odd.any():
        cells = [(int(row), source.write([values.at(row)])[0]) for row in np.flatnonzero(odd)[:MOST_NAMED]]
        remarks = (_odd_values(name, declared, int(odd.sum()), len(odd), cells),)
    return Recognized(declared, held, "its type was given", remarks=remarks, guess=guess)


def source_of(values: Values) -> ColumnType:
    """The type of values of which no more is known than their form."""
    return Number() if values.labels is None else Category() if values.are_texts else Boolean()


def _recognize_numbers(name: str, column_type: ColumnType, values: Values) -> Recognized:
    count = int(np.count_nonzero(~values.missing))
    if not count:
        return Recognized(column_type, values, "it has no values")
    if why := _identifies_rows(name, values.array, count):
        return Recognized(column_type, values, why, is_id=True)
    return Recognized(column_type, values, column_type.reason)


def _recognize_strings(name: str, values: Values, among: Sequence[Recognizable], nulls: Collection[str]) -> Recognized:
    assert values.labels is not None
    counts = np.bincount(values.array[values.array >= 0], minlength=len(values.labels))
    nearest: tuple[float, Reading] | None = None
    for candidate in among:
        if (found := candidate.recognize(values.labels, counts)) is not None:
            reading = Reading(*found, labels=values.labels, counts=counts)
            if reading.share >= MOST:
                return _of_reading(name, values, reading)
            if reading.share >= HALF and (nearest is None or reading.share > nearest[0]):
                nearest = reading.share, reading
    strings = _as_strings(*_without(nulls, values))
    if why := _why_no_dates(values.labels, counts):
        strings = replace(strings, reason=f"{strings.reason}; they look like dates, but {why}")
    if nearest is not None:
        return replace(strings, remarks=(_mixed_values(name, nearest[1], values),))
    return replace(strings, remarks=(_no_dates(name, why),)) if why else strings


def _without(nulls: Collection[str], values: Values) -> tuple[Values, tuple[str, ...]]:
    """The strings, missing where they are one of `nulls`, and those of `nulls` that were found."""
    assert values.labels is not None
    seen = tuple(label for label in values.labels if label in nulls)
    if not seen:
        return values, ()
    labels = [label for label in values.labels if label not in nulls]
    place = {label: code for code, label in enumerate(labels)}
    codes = np.array([*(place.get(label, MISSING) for label in values.labels), MISSING], np.int32)
    return Values(codes[values.array], tuple(labels)), seen


@dataclass(frozen=True)
class Reading:
    """What the strings of a column are as values of a type; `None` for those that are not."""

    type: ColumnType
    found: list[Any]
    labels: tuple[str, ...]
    counts: NDArray[np.int64]

    @cached_property
    def odd(self) -> list[int]:
        """The strings that are not of the type and do not mean a missing value."""
        return [
            place
            for place, value in enumerate(self.found)
            if value is None and self.counts[place] and not is_marker(self.labels[place])
        ]

    @cached_property
    def share(self) -> float:
        """The share of the values that are of the type."""
        good = int(self.counts[[value is not None for value in self.found]].sum())
        return good / max(1, good + int(self.counts[self.odd].sum()))


def _of_reading(name: str, values: Values, reading: Reading) -> Recognized:
    odd = [reading.labels[place] for place in reading.odd]
    column_type = replace(reading.type, missing=tuple(odd[:MOST_KEPT]))
    held = column_type.hold([*reading.found, None]).take(values.array)
    recognized = Recognized(column_type, held, column_type.reason)
    if isinstance(column_type, Number):
        recognized = _recognize_numbers(name, column_type, held)
    if isinstance(column_type, Number):
        read = [place for place, value in enumerate(reading.found) if value is not None and reading.counts[place]]
        units = unit_doubts(name, [reading.labels[place] for place in read], reading.counts[read].tolist())
        recognized = replace(recognized, remarks=tuple(units))
    if not odd:
        return recognized
    total = int(np.count_nonzero(~values.missing))
    remark = _odd_values(name, column_type, int(reading.counts[reading.odd].sum()), total, _cells(reading, values))
    return replace(recognized, remarks=(remark, *recognized.remarks))


def _cells(reading: Reading, values: Values) -> list[tuple[int, Any]]:
    """The first odd values, with the numbers of their rows."""
    rows = sorted((int((values.array == place).argmax()), place) for place in reading.odd[:MOST_KEPT])
    return [(row, reading.labels[place]) for row, place in rows[:MOST_NAMED]]


def _odd_values(name: str, column_type: ColumnType, odd: int, count: int, cells: list[tuple[int, Any]]) -> Remark:
    return Remark(
        code="odd_values",
        level="warning",
        message=f"{odd} of {count} values of {shown(name)} cannot be read as {column_type.name} and count as missing: "
        f"{_listed(cells, odd)}.",
        suggestion=f'Correct them, or give the column another type: columns={{"{name}": {{"type": "category"}}}}.',
    )


def _mixed_values(name: str, reading: Reading, values: Values) -> Remark:
    odd = int(reading.counts[reading.odd].sum())
    count = int(reading.counts.sum())
    return Remark(
        code="mixed_values",
        level="warning",
        message=f"{reading.share:.0%} of the values of {shown(name)} can be read as {reading.type.name}, but {odd} of "
        f"{count} cannot: {_listed(_cells(reading, values), odd)}. The column was read as strings.",
        suggestion=f'If the others are missing values, send columns={{"{name}": {{"type": "{reading.type.name}"}}}}.',
    )


def _no_dates(name: str, why: str) -> Remark:
    return Remark(
        code="dates_as_strings",
        level="warning",
        message=f"The values of {shown(name)} look like dates, but were read as strings: {why}.",
        suggestion=f'Send columns={{"{name}": {{"type": "datetime", "day_first": true}}}} with the file, or a format '
        'such as "%d.%m.%y".',
    )


def _listed(cells: list[tuple[int, Any]], count: int) -> str:
    more = "" if count <= len(cells) else ", …"
    return ", ".join(f"{shown(value)} (row {row})" for row, value in cells) + more


def _as_strings(values: Values, missing: tuple[str, ...]) -> Recognized:
    """Categories, or texts; `missing` are the strings that mean a missing value."""
    assert values.labels is not None
    counts = np.bincount(values.array[values.array >= 0], minlength=len(values.labels))
    labels, count, category = values.labels, int(counts.sum()), Category(missing=missing)
    if not count:
        return Recognized(category, values, "it has no values")
    distinct = len(labels)
    if count >= ROWS_FOR_ID and distinct == count:
        return Recognized(category, values, f"each of its {count} strings is unique", is_id=True)
    said = f"{distinct} different strings in {count} rows"
    if distinct <= FEW_LABELS or (distinct <= count / 2 and distinct <= MOST_CATEGORIES and not _is_long(labels)):
        return Recognized(category, values, said)
    return Recognized(Text(missing=missing), values, f"{said} are too many or too long for categories")


def _why_no_dates(labels: tuple[str, ...], counts: NDArray[np.int64]) -> str:
    """Why strings that look like dates are not read as such; nothing if they do not look so."""
    some = labels[:SAMPLE]
    return Datetime.why_not(labels, counts) if sum(map(looks_like_one, some)) > len(some) / 2 else ""


def _identifies_rows(name: str, numbers: NDArray[np.float64], count: int) -> str | None:
    """Why a column of numbers is an ID: unique integers under a name like `id`, or rows that are numbered."""
    words = [word.lower() for word in WORD.findall(name)]
    whole = "".join(words)
    is_named_so = bool(words) and (words[-1] in IDS or whole in IDS)
    if not is_named_so and whole not in NUMBERINGS and NUMBERED.search(name) is None:
        return None
    if count < ROWS_FOR_ID or count < len(numbers) or not np.array_equal(numbers, np.rint(numbers)):
        return None
    ordered = np.sort(numbers)
    if not (np.diff(ordered) > 0).all():
        return None
    if is_named_so:
        return "unique integers, in a column named like an ID"
    if NUMBERED.search(name) is not None:
        return "unique integers, in a column without a name: the index of the table that was saved"
    return "it numbers the rows" if ordered[-1] - ordered[0] == count - 1 else None


def _is_long(labels: tuple[str, ...]) -> bool:
    return sum(map(len, labels)) > LONG_TEXT * len(labels)

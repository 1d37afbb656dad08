"""Remarks on values that may mean something else: numbers for missing values or dates, and numbers with a unit."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from steelyard.errors import shown
from steelyard.tabular.remarks import Remark
from steelyard.tabular.types.column_type import MOST
from steelyard.tabular.types.misspelled import misspelled_labels
from steelyard.tabular.types.number import read_number, unit_of

FEWEST = 3  # values, before they are remarkable
MOST_SENTINELS = 4  # of a column
OFTEN = 5  # times as often as other values
NEXT = 2  # 97 and 98 are sentinels beside 99
NEAR = 0.1  # of the range of the others
# The smallest and largest integers of 16 and 32 bits, and what well logs have.
SENTINELS = frozenset({-32768.0, 32767.0, -2147483648.0, 2147483647.0, -999.25})
NINES = re.compile(r"-?99+(?:\.9*0?)?|-9(?:\.0)?")
FAR_DATES = {
    text: datetime.fromisoformat(f"{text}T00:00:00+00:00").timestamp()
    for text in ("0001-01-01", "1900-01-01", "1970-01-01", "2099-12-31", "2999-12-31", "9999-12-31")
}
FIRST_DAY = date(1899, 12, 30)  # the day 0 of Excel
EXCEL_DAYS = (20_000, 60_000)  # 1954 to 2064
FIRST_WRITTEN, LAST_WRITTEN = 1900_01_01, 2100_12_31
MOST_LABELS = 1_000  # that are compared
LONGEST = 64  # characters, of a number with a unit
DURATION = re.compile(r"-?\d{1,5}:[0-5]\d(?::[0-5]\d(?:[.,]\d{1,9})?)?", re.ASCII)
DATE_NAME = re.compile(r"(?i)(?:date|datum|fecha|dato)s?$|^(?:date|datum|fecha|dato|day|tag|dt)(?:\b|_)")
WITH_UNIT = re.compile(
    r"(?P<number>[+-]?\d(?:[\d.,']*\d)?)(?P<unit>\s+\D\S{0,9}(?: \D\S{0,9})?|[a-zµ°Ω][^\s\d]{0,5}(?: [^\s\d]{1,6})?)"
)


def number_doubts(name: str, numbers: NDArray[np.floating]) -> Iterator[Remark]:
    """At numbers, those that repeat far away from the others, and those that may be dates."""
    present = numbers[~np.isnan(numbers)]
    if len(present) >= FEWEST:
        found = [*_sentinels(present)]
        if found:
            others = present[~np.isin(present, [value for value, _ in found])]
            yield _sentinel_values(name, found, others)
        yield from _dates(name, present)


def _sentinels(present: NDArray[np.floating]) -> Iterator[tuple[float, int]]:
    """Numbers that may stand for missing values, each with its count."""
    known: list[float] = []
    while len(present) and len(known) < MOST_SENTINELS:
        for value in (float(present.min()), float(present.max())):
            if not _looks_like_sentinel(value, known):
                continue
            is_one = present == value
            if _is_apart(value, int(is_one.sum()), present[np.abs(present - value) > NEXT]):
                known.append(value)
                yield value, int(is_one.sum())
                present = present[~is_one]
                break
        else:
            return


def _looks_like_sentinel(value: float, known: Sequence[float]) -> bool:
    """Whether it is written with nines, is in `SENTINELS`, or is next to one that was found, as -98 is to -99."""
    return (
        value in SENTINELS or NINES.fullmatch(str(value)) is not None or any(abs(value - each) <= 2 for each in known)
    )


def _is_apart(value: float, count: int, others: NDArray[np.floating]) -> bool:
    """Whether the value repeats, and is far from the others, below 0 unlike them, or far more frequent than they."""
    if count < FEWEST or not len(others):
        return False
    least, most = float(others.min()), float(others.max())
    gap, size = max(least - value, value - most), most - least
    if not size:
        return False
    if gap > size or value < 0 <= least:
        return True
    return gap > NEAR * size and count * len(np.unique(others)) > OFTEN * len(others)


def _dates(name: str, present: NDArray[np.floating]) -> Iterator[Remark]:
    least, most = float(present.min()), float(present.max())
    if least == most:
        return
    if least >= FIRST_WRITTEN and most <= LAST_WRITTEN and (present == np.floor(present)).all():
        months, days = present // 100 % 100, present % 100
        if (months >= 1).all() and (months <= 12).all() and (days >= 1).all() and (days <= 31).all():
            yield _dates_as_numbers(
                name,
                f"such as {least:.0f}, look like dates without separators",
                f'Send columns={{"{name}": {{"type": "datetime", "format": "%Y%m%d"}}}} with the file.',
            )
    elif least >= EXCEL_DAYS[0] and most <= EXCEL_DAYS[1] and DATE_NAME.search(name):
        yield _dates_as_numbers(
            name,
            f"such as {least:g}, look like the numbers of days in Excel: {FIRST_DAY + timedelta(int(least))}",
            "Format the column as a date in Excel and save the file again, or write dates as 2026-11-24.",
        )


def date_doubts(name: str, seconds: NDArray[np.floating]) -> Iterator[Remark]:
    """At datetimes, a far one such as 9999-12-31 that repeats apart from the others."""
    present = seconds[~np.isnan(seconds)]
    for written, value in FAR_DATES.items():
        others = present[present != value]
        count = len(present) - len(others)
        if _is_apart(value, count, others) and not others.min() <= value <= others.max():
            yield Remark(
                code="sentinel_values",
                level="info",
                message=f"{count} values of {shown(name)} are {written}, apart from the others. They may mean a "
                "missing value, but were read as dates.",
                suggestion=f'If so, send columns={{"{name}": {{"type": "datetime", "missing": ["{written}"]}}}} with '
                "the file; write the date as the file has it.",
            )


def unit_doubts(name: str, labels: Sequence[str], counts: Sequence[int]) -> Iterator[Remark]:
    """At strings that say numbers, that some have a currency or a percent sign, and others none, or another."""
    units: dict[str, list[int]] = {}
    for place, label in enumerate(labels):
        units.setdefault(unit_of(label), []).append(place)
    if len(units) > 1:
        several = []
        for unit, places in units.items():
            count = sum(counts[place] for place in places)
            several.append(f"{count} with{f' {unit}' if unit else 'out'}, such as {shown(labels[places[0]])}")
        yield Remark(
            code="mixed_units",
            level="warning",
            message=f"The values of {shown(name)} have different signs, which were dropped: {', '.join(several)}.",
            suggestion="If that changes what the numbers mean, write all of them in the same unit.",
        )


def string_doubts(name: str, labels: Sequence[str], counts: NDArray[np.int64]) -> Iterator[Remark]:
    """At strings that are nearly all numbers with a unit, durations or quoted, or nearly alike."""
    total = int(counts.sum())
    units: Counter[str] = Counter()
    durations = quoted = formulas = 0
    first: dict[str, str] = {}
    for label, count in zip(labels, counts.tolist(), strict=True):
        if (found := WITH_UNIT.fullmatch(label[:LONGEST])) and read_number(found["number"]) is not None:
            unit = found["unit"].strip()
            units[unit] += count
            first.setdefault(unit, label)
        durations += count * (DURATION.fullmatch(label) is not None)
        quoted += count * (len(label) > 1 and label[0] == label[-1] == "'")
        formulas += count * (label.startswith('="') and label.endswith('"'))
    least = max(FEWEST, MOST * total)
    [(unit, count)] = units.most_common(1) or [("", 0)]
    if count >= least:
        yield _numbers_with_unit(name, count, unit, first[unit])
    elif durations >= least:
        yield _durations(name, durations, next(label for label in labels if DURATION.fullmatch(label)))
    elif quoted >= least:
        yield _quoted_strings(name, quoted, labels[0])
    elif formulas >= least:
        yield _formulas(name, formulas, labels[0])
    else:
        yield from _similar_labels(name, [label for place, label in enumerate(labels) if counts[place]])
        yield from misspelled_labels(name, labels, counts)


def _numbers_with_unit(name: str, count: int, unit: str, cell: str) -> Remark:
    return Remark(
        code="numbers_with_unit",
        level="warning",
        message=f"{count} values of {shown(name)} are numbers with the unit {shown(unit)}, such as {shown(cell)}; they "
        "were read as strings.",
        suggestion="Remove the unit from the cells, so that they are numbers.",
    )


def _durations(name: str, count: int, cell: str) -> Remark:
    return Remark(
        code="durations_as_strings",
        level="warning",
        message=f"{count} values of {shown(name)} look like durations, such as {shown(cell)}, of which some are longer "
        "than a day; they were read as strings.",
        suggestion="Write them as numbers, in seconds or hours.",
    )


def _quoted_strings(name: str, count: int, cell: str) -> Remark:
    return Remark(
        code="quoted_strings",
        level="warning",
        message=f"{count} values of {shown(name)} are between single quotes, such as {shown(cell)}, and were read with "
        "them.",
        suggestion="Send the file with quotechar=' (a single quote).",
    )


def _formulas(name: str, count: int, cell: str) -> Remark:
    return Remark(
        code="quoted_strings",
        level="warning",
        message=f"{count} values of {shown(name)} are formulas of a spreadsheet, such as {shown(cell)}, and were read "
        "as they are written.",
        suggestion='Remove =" and " from the cells.',
    )


def _similar_labels(name: str, labels: Sequence[str]) -> Iterator[Remark]:
    """Few labels, of which some differ in case alone."""
    if len(labels) > MOST_LABELS:
        return
    alike: dict[str, list[str]] = {}
    for label in labels:
        alike.setdefault(label.casefold(), []).append(label)
    several = [group for group in alike.values() if len(group) > 1]
    if several:
        listed = "; ".join(", ".join(map(shown, group)) for group in several[:FEWEST])
        yield Remark(
            code="similar_labels",
            level="info",
            message=f"Some values of {shown(name)} differ in upper and lower case only: {listed}. They are different "
            "categories.",
            suggestion="If they mean the same, write them alike.",
        )


def _sentinel_values(name: str, found: Sequence[tuple[float, int]], others: NDArray[np.floating]) -> Remark:
    listed = " and ".join(f"{count} are {value:.15g}" for value, count in found)
    missing = ", ".join(f"{value:.15g}" for value, _ in found)
    return Remark(
        code="sentinel_values",
        level="info",
        message=f"Of the values of {shown(name)}, {listed}, apart from the others ({others.min():.6g} to "
        f"{others.max():.6g}). They may mean a missing value, but were read as numbers.",
        suggestion=f'If so, send columns={{"{name}": {{"type": "number", "missing": [{missing}]}}}} with the file.',
    )


def _dates_as_numbers(name: str, why: str, suggestion: str) -> Remark:
    return Remark(
        code="dates_as_numbers",
        level="info",
        message=f"The values of {shown(name)}, {why}; they were read as numbers.",
        suggestion=suggestion,
    )

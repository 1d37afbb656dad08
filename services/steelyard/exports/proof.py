"""Rows that show that an exported model answers as the service does: 20 of them, with missing and unknown values.

They are drawn around the values of the training data, which the scaling of a model describes; no row of it is kept.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.random import Generator

from steelyard.exports.bundle import ModelBundle
from steelyard.exports.columns import Preprocessing, RawColumn
from steelyard.tabular.datetime_parts import YEAR
from steelyard.tabular.types.datetime import written as write_datetime
from steelyard.tabular.types.time_of_day import written as write_time

ROWS = 20
MOST_MISSING = 8  # rows that lack the value of a column
ROW_OF_UNKNOWN = 10
UNKNOWN = "(a category that was not in the training data)"
DIGITS = 6
FIRST, LAST = -2_000_000_000, 4_000_000_000  # seconds from 1970: the dates of the rows lie between
NAN = float("nan")
Rows = list[dict[str, Any]]


def draw_rows(about: Preprocessing) -> Rows:
    """Raw rows as exported models take them, `None` for a missing value; the same for the same model."""
    generator = np.random.default_rng(0)
    values = {column.name: _draw(column, about, generator) for column in about.columns}
    rows = [dict(zip(values, row, strict=True)) for row in zip(*values.values(), strict=True)]
    if not about.refuses_missing:
        for row, name in zip(rows[:MOST_MISSING], values, strict=False):
            row[name] = None
    if not about.refuses_unknown:
        rows[ROW_OF_UNKNOWN] |= {each.column: UNKNOWN for each in about.categories}
    return rows


def as_requests(about: Preprocessing, rows: Rows) -> Rows:
    """The same rows as a predict request has them: dates and times as strings."""
    writers = {"seconds": write_datetime, "seconds_of_day": write_time}
    found = [row.copy() for row in rows]
    for column in about.columns:
        for row in found:
            if column.kind in writers and row[column.name] is not None:
                row[column.name] = writers[column.kind](row[column.name])
    return found


def as_raw(about: Preprocessing, rows: Rows) -> Rows:
    """The same rows with NaN and empty strings for missing values, as the preprocessing takes them."""
    blank = {column.name: "" if column.kind == "string" else NAN for column in about.columns}
    return [{name: blank[name] if row[name] is None else row[name] for name in blank} for row in rows]


def largest_difference(bundle: ModelBundle, rows: Rows, values: Any) -> float:
    """By how much our `values` for rows differ from the steps of the export in float64, relative to their size."""
    about = bundle.preprocessing
    x = about.encode(as_raw(about, rows), bundle.network.dtype).astype(np.float64)
    exact = bundle.values(bundle.outputs(x))
    given = np.asarray(values, np.float64).reshape(exact.shape)
    return float((np.abs(given - exact) / bundle.size_of(exact)).max())


def _draw(column: RawColumn, about: Preprocessing, generator: Generator) -> list[Any]:
    match column.kind:
        case "string":
            labels = next(each.labels for each in about.encoder.categories if each.name == column.name)
            return [labels[place] for place in generator.integers(0, len(labels), ROWS)] if labels else [UNKNOWN] * ROWS
        case "boolean":
            return [bool(value) for value in generator.integers(0, 2, ROWS)]
        case "seconds_of_day":
            return [float(value) for value in generator.integers(0, 86_400, ROWS)]
        case "seconds":
            place = len(about.numbers) + about.datetimes.index(column.name) * len(about.parts)
            years = _around(place, about, generator) - (1970 if about.encoder.options.datetime == "parts" else 0)
            return [float(round(value)) for value in np.clip(years * YEAR, FIRST, LAST)]
        case _:
            place = about.numbers.index(column.name)
            return [float(f"{value:.{DIGITS}g}") for value in _around(place, about, generator)]


def _around(place: int, about: Preprocessing, generator: Generator) -> Any:
    """Values around those of the training data, for a place in the block of numbers."""
    return about.center[place] + about.scale[place] * generator.standard_normal(ROWS)


def document(bundle: ModelBundle, format_name: str, rows: Rows, answers: Mapping[str, Any]) -> dict[str, Any]:
    """What `proof.json` holds."""
    return {
        "model": bundle.id,
        "format": format_name,
        "classes": bundle.labels,
        "rows": as_requests(bundle.preprocessing, rows),
        "inputs": rows,
        "sizes": bundle.size_of(np.asarray(answers["values"], np.float64)),
        **answers,
    }

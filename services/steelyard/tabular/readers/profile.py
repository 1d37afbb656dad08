"""What there is to know of a column at a glance: how many values, which, and how they lie."""

from typing import Any

import numpy as np

from steelyard.tabular.column import Kind
from steelyard.tabular.datetimes import moment
from steelyard.tabular.kinds import infer
from steelyard.tabular.readers.arrow import Read


def profile(column: Read) -> dict[str, Any]:
    """The profile of a column, as JSON. Extremes and moments are of numbers; those of dates are RFC 3339."""
    values = column.values
    distinct, top = column.counts
    kind, reason = infer(
        column.name, values, is_moment=column.is_moment, day_first=column.day_first, is_time=column.is_time
    )
    ordered = column.ordered
    missing = int(values.missing.sum()) if ordered is None else len(values.array) - len(ordered)
    facts: dict[str, Any] = {"name": column.name, "dtype": column.dtype, "kind": kind, "reason": reason}
    facts |= {"day_first": column.day_first, "time_of_day": column.is_time}
    facts |= {"missing": missing, "distinct": distinct, "min": None, "max": None, "mean": None, "std": None}
    if ordered is not None and len(ordered):
        mean = float(ordered.mean())
        spread = ordered - mean
        std = float(np.sqrt(np.dot(spread, spread) / len(spread)))
        numbers = {"min": float(ordered[0]), "max": float(ordered[-1]), "mean": mean, "std": std}
        facts |= {key: _said(value, kind) if key != "std" else value for key, value in numbers.items()}
    return facts | {"top": [{"value": value, "count": count} for value, count in top]}


def describe_kind(column: Read) -> dict[str, Any]:
    """No more than its name and kind, texts being texts: of a column that is not for being described."""
    if column.values.are_texts:
        return {"name": column.name, "kind": "text", "time_of_day": False}
    kind, _ = infer(column.name, column.values, is_moment=column.is_moment, is_time=column.is_time)
    return {"name": column.name, "kind": kind, "time_of_day": column.is_time}


def _said(value: float, kind: Kind) -> float | str:
    return moment(value) if kind == "datetime" else value

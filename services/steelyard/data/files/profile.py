"""What there is to know of a column at a glance: how many values, which, and how they lie."""

from typing import Any

import numpy as np

from steelyard.data.column import Kind
from steelyard.data.files.arrow import Read
from steelyard.data.kinds import infer
from steelyard.data.moments import moment


def profile(column: Read) -> dict[str, Any]:
    """The profile of a column, as JSON. Extremes and moments are of numbers; those of dates are RFC 3339."""
    values = column.values
    distinct, top = column.counts
    kind, reason = infer(column.name, values, is_moment=column.is_moment)
    missing = int(values.missing.sum())
    facts: dict[str, Any] = {"name": column.name, "dtype": column.dtype, "kind": kind, "reason": reason}
    facts |= {"missing": missing, "distinct": distinct, "min": None, "max": None, "mean": None, "std": None}
    if values.labels is None and missing < len(values.array):
        present = values.array[~values.missing] if missing else values.array
        mean = float(present.mean())
        spread = present - mean
        std = float(np.sqrt(np.dot(spread, spread) / len(present)))
        numbers = {"min": float(present.min()), "max": float(present.max()), "mean": mean, "std": std}
        facts |= {key: _said(value, kind) if key != "std" else value for key, value in numbers.items()}
    return facts | {"top": [{"value": value, "count": count} for value, count in top]}


def _said(value: float, kind: Kind) -> float | str:
    return moment(value) if kind == "datetime" else value

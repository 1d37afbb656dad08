"""The profile of a column: how many values it has, which, and how they are distributed."""

from typing import Any

import numpy as np

from steelyard.tabular.column import Column
from steelyard.tabular.readers.arrow import Read


def profile(column: Read) -> dict[str, Any]:
    """The profile of a column, as JSON. `min`, `max` and `mean` are written as the column's type writes its values."""
    recognized, values = column.recognized, column.values
    distinct, top = column.counts
    ordered = column.ordered
    missing = int(values.missing.sum()) if ordered is None else len(values.array) - len(ordered)
    guess = recognized.guess
    guessed = None if guess is None else {"schema": guess.type.to_json(), "reason": guess.reason}
    facts = describe_type(column) | {"dtype": column.dtype, "reason": recognized.reason, "guess": guessed}
    facts |= {"missing": missing, "distinct": distinct, "min": None, "max": None, "mean": None, "std": None}
    if ordered is not None and len(ordered):
        mean = float(ordered.mean())
        spread = ordered - mean
        facts["std"] = float(np.sqrt(np.dot(spread, spread) / len(spread)))
        written = recognized.type.write([float(ordered[0]), float(ordered[-1]), mean])
        facts |= dict(zip(("min", "max", "mean"), written, strict=True))
    return facts | {"top": [{"value": value, "count": count} for value, count in top]}


def describe_type(column: Read) -> dict[str, Any]:
    """The name and the type of a column."""
    recognized = column.recognized
    found = Column.of(recognized.type, recognized.values, is_id=recognized.is_id, remarks=recognized.remarks)
    return {"name": column.name} | found.to_json()

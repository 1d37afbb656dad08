"""Rejects cells of a CSV file that are too large for a number, such as the code 47E0590, as they are written."""

import re
from collections.abc import Collection

import pyarrow as pa
import pyarrow.compute as pc

from steelyard.errors import shown
from steelyard.tabular.json_numbers import LARGEST
from steelyard.tabular.readers.unreadable import Unreadable

INFINITY = re.compile(r"[+-]?inf(?:inity)?", re.IGNORECASE)


def first_infinite(table: pa.Table, only: Collection[str] | None) -> str | None:
    """The name of the first column with an infinite number; among `only` these columns, if given."""
    for name, column in zip(table.column_names, table.columns, strict=True):
        is_read = only is None or name in only
        if is_read and pa.types.is_float64(column.type) and pc.any(pc.is_inf(column)).as_py():
            return str(name)
    return None


def refuse_infinite(numbers: pa.ChunkedArray, texts: pa.ChunkedArray, name: str) -> None:
    """Raise `Unreadable` over the first infinite number, with the text of its cell."""
    row = pc.index(pc.is_inf(numbers).fill_null(False), True).as_py()
    cell = texts[row].as_py()
    if INFINITY.fullmatch(cell):
        hint = f'if it means a missing value, use columns={{"{name}": {{"type": "number", "missing": ["{cell}"]}}}}'
    else:
        hint = f"to read codes as strings, use texts={name}"
    raise Unreadable(f"{shown(cell)} must be within ±{LARGEST:g}; {hint}", row=row + 1, column=name)

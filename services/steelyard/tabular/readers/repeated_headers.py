"""Lines of column names that are repeated inside a file, as in several files that were concatenated."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

MARK = "\ufeff"  # with which each of the files may begin


def repeated_headers(table: pa.Table, names: Sequence[str]) -> list[int]:
    """The rows whose cells are all the `names` of their columns, as they are written in the first line."""
    strings = [place for place, kind in enumerate(table.schema.types) if pa.types.is_string(kind)]
    if table.num_columns < 2 or not strings:
        return []
    first, name = table.column(strings[0]), names[strings[0]]
    equal = pc.or_(pc.equal(first, name), pc.equal(first, MARK + name)).fill_null(False)
    if not pc.any(equal).as_py():
        return []
    rows = pc.indices_nonzero(equal)
    few = table.take(rows)
    is_header = [_are_names(few, place, names) for place in range(len(rows))]
    return [row for row, found in zip(rows.to_pylist(), is_header, strict=True) if found]


def _are_names(few: pa.Table, row: int, names: Sequence[str]) -> bool:
    return all(_is_name(column[row].as_py(), name) for column, name in zip(few.columns, names, strict=True))


def _is_name(cell: object, name: str) -> bool:
    """Whether the cell is the name; that of a numeric column may be one, such as 2026."""
    if cell is None:
        return not name.strip()
    if isinstance(cell, str):
        return cell.removeprefix(MARK).strip() == name.strip()
    try:
        return float(name) == cell
    except ValueError:
        return False


def without_rows(table: pa.Table, rows: Sequence[int]) -> pa.Table:
    """The table without these rows."""
    keep = np.ones(table.num_rows, bool)
    keep[[*rows]] = False
    return table.filter(pa.array(keep))

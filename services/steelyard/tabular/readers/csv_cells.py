"""Cleans up the names and cells that the CSV parser returns: spaces, empty cells, decimal commas."""

import itertools
import re
from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

from steelyard.tabular.readers.arrow import require_size
from steelyard.tabular.readers.options import Dialect
from steelyard.tabular.readers.unreadable import Unreadable
from steelyard.tabular.values import trimmed

WITH_COMMA = r"^[+-]?(?:\d+|\d{1,3}(?:[.' ]\d{3})+)(?:,\d+)?$"
DECIMAL_COMMA = r"^[+-]?(?:\d+,(?:\d{1,2}|\d{4,})|\d{4,},\d+|\d{1,3}(?:[.' ]\d{3})+,\d+)$"
NUMBER = re.compile(r"[+-]?(?:\d+[.,]?\d*|[.,]\d+)(?:[eE][+-]?\d+)?")


def called(name: str, place: int) -> str:
    """The name of a column. A first column without a name is called `Unnamed: 0`, as in pandas.

    It holds the numbers or names of rows, where pandas or R wrote the file.
    """
    return trimmed(name) or ("Unnamed: 0" if place == 0 else "")


def numbered(names: Sequence[str]) -> list[str]:
    """The names, where a repeated one gets a number as in pandas: `a`, `a.1`. Empty names stay."""
    taken, seen, found = {*names}, set[str](), list[str]()
    for name in names:
        ours = name
        if name in seen:
            ours = next(each for count in itertools.count(1) if (each := f"{name}.{count}") not in taken)
            taken.add(ours)
        found.append(ours)
        seen.update({name} - {""})
    return found


def tidy(table: pa.Table, dialect: Dialect, *, parse: bool = False) -> pa.Table:
    """The table with a name for each of its columns, and its cells without spaces around them.

    With `parse`, strings are parsed again, because rows were removed that were not numbers.

    An empty cell is a missing value, with quotes or without. Many programs quote every cell, or put a space after every
    delimiter; the parser then reads a column of numbers with empty cells as strings.
    """
    table = _named(table, dialect)
    for place, name in enumerate(table.column_names):
        column = table.column(place)
        if not pa.types.is_string(column.type):
            continue
        cells = _trimmed(column)
        if cells is not None or parse:
            cells = column if cells is None else cells
            table = table.set_column(place, name, cells if name in dialect.texts else _as_numbers(cells, dialect))
    return table


def _named(table: pa.Table, dialect: Dialect) -> pa.Table:
    """The table with trimmed names, without columns that have neither name nor value: lines may end in a delimiter."""
    columns = enumerate(zip(table.column_names, table.schema.types, strict=True))
    table = table.select([place for place, (name, kind) in columns if name.strip() or not pa.types.is_null(kind)])
    if dialect.header:
        names = numbered([called(name, place) for place, name in enumerate(table.column_names)])
        if "" in names:
            place = names.index("") + 1
            raise Unreadable(
                f"the name of column {place} is empty; every column needs a name; if the names are in a later line, "
                "state its number, such as header=2"
            )
    else:
        names = [f"x{place}" for place in range(table.num_columns)]
    require_size(table.num_rows, names)
    return table.rename_columns(names)


def _trimmed(cells: pa.ChunkedArray) -> pa.ChunkedArray | None:
    """The cells without spaces around them, null where nothing is left; `None` if that changes nothing."""
    trimmed = pc.ascii_trim_whitespace(cells)
    nothing = pc.equal(trimmed, "")
    is_same = pc.sum(pc.binary_length(trimmed)) == pc.sum(pc.binary_length(cells))
    if is_same and not pc.any(nothing).as_py():
        return None
    return pc.if_else(nothing, pa.scalar(None, pa.string()), trimmed)


def has_decimal_commas(table: pa.Table) -> bool:
    """Whether half of the cells of a column are numbers, some with a comma that cannot separate thousands."""
    for column in table.columns:
        if pa.types.is_string(column.type) and len(column):
            cells = pc.ascii_trim_whitespace(column)
            numbers = pc.sum(pc.match_substring_regex(cells, WITH_COMMA)).as_py() or 0
            commas = pc.sum(pc.match_substring_regex(cells, DECIMAL_COMMA)).as_py() or 0
            if commas and numbers >= (len(cells) - cells.null_count) / 2:
                return True
    return False


def _as_numbers(texts: pa.ChunkedArray, dialect: Dialect) -> pa.ChunkedArray:
    """Strings as numbers or booleans if all of them are; else unchanged."""
    if texts.null_count == len(texts):
        return pa.chunked_array([pa.nulls(len(texts))])
    written = texts if dialect.decimal == "." else pc.replace_substring(texts, dialect.decimal, ".")
    for plain, kind in ((texts, pa.int64()), (written, pa.float64()), (texts, pa.bool_())):
        try:
            return plain.cast(kind)
        except pa.ArrowInvalid:
            continue
    return texts


def require_words(names: Sequence[str]) -> None:
    """Raise `Unreadable` if the first line holds only numbers: it is probably a row of data."""
    if len(names) > 1 and all(NUMBER.fullmatch(name.strip()) for name in names):
        first = ", ".join(names[:3])
        raise Unreadable(
            f"its first line holds only numbers ({first} …); add a line of column names, or use header=false"
        )

"""Data that came inside a request, as a table. Every fault is named with its place in the request.

The good case is read at the speed of C; single values are looked at only to say what is wrong with them. Which
columns are inputs and which are targets is not known here.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from itertools import chain
from types import NoneType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from steelyard.errors import Fault, pointer, shown
from steelyard.tabular.faults import refuse
from steelyard.tabular.json_numbers import number_fault, read_matrix, read_numbers
from steelyard.tabular.remarks import LARGEST_EXACT, Remark, large_integers
from steelyard.tabular.table import Table, numeric_table, table_of
from steelyard.tabular.values import Values, booleans, coded, trimmed

AT = ("data", "inline")
KINDS = {int: "numbers", float: "numbers", str: "strings", bool: "booleans"}
DEFAULT_TARGETS = ("target", "y")
MOST_COLUMNS = 10_000  # as of files
MOST_GAPS = 1_000_000  # values for which rows of other columns are looked through


def read_inline(document: dict[str, Any]) -> tuple[Table, list[str]]:
    """The table of `{"x": [[…]], "y": […]}` or `{"rows": [{…}]}`, and its default targets.

    Columns of `x` without `feature_names` are `x0`, `x1` …; the target is `y`, or `y0`, `y1` … where a row has several.
    Of `rows`, the target is the column `target` or `y`; a column has datetimes if each of its strings is a date, and
    of times of day likewise, as in a file. Booleans within `x` count as 0 and 1.

    Args:
        document: the lists of `x`, `y` and `rows` are not empty.

    Raises:
        ValidationFailed: with every fault, up to `refusal.MOST_FAULTS`.
    """
    return _read_rows(document["rows"]) if "rows" in document else _read_arrays(document)


def _read_arrays(document: dict[str, Any]) -> tuple[Table, list[str]]:
    x, y = document["x"], document["y"]
    refuse(chain(_width_faults(_width(x), "x"), _width_faults(_width(y), "y")))
    several = isinstance(y[0], list)
    features = read_matrix(x, _width(x))
    targets = _columns_of(read_matrix(y, _width(y))) if several else _single(read_column(y))
    target_names = [f"y{index}" for index in range(len(y[0]))] if several else ["y"]
    names = [*map(trimmed, document.get("feature_names") or [f"x{index}" for index in range(_width(x))])]
    refuse(
        chain(
            [] if len(x) == len(y) else [Fault(pointer(*AT, "y"), f"has {len(y)} values for the {len(x)} rows of x")],
            _name_faults(names, _width(x), target_names),
            () if features is not None else _matrix_faults(x, "x"),
            () if targets is not None else _matrix_faults(y, "y") if several else _column_faults(y, _in_y),
        )
    )
    assert features is not None
    assert targets is not None
    return numeric_table(
        dict(zip(names, features.T, strict=True)),
        dict(zip(target_names, targets, strict=True)),
        _locate_in_arrays([*names], [*target_names]),
        _large(target_names[:1], lambda _: y, {} if several else {"y": targets[0]}),
    ), target_names


def _large(names: Sequence[str], sent: Callable[[str], list[Any]], read: Mapping[str, Values]) -> dict[str, Remark]:
    """The remarks on columns with integers that no float64 holds exactly."""
    found = {}
    for name in names:
        values = read.get(name)
        if values is not None and values.labels is None and (np.abs(values.array) >= LARGEST_EXACT).any():
            rows = [row for row, each in enumerate(sent(name)) if type(each) is int and abs(each) > LARGEST_EXACT]
            if rows:
                found[name] = large_integers(name, len(rows), rows[0])
    return found


def _columns_of(matrix: NDArray[np.float64] | None) -> list[Values] | None:
    return None if matrix is None else [Values(column) for column in matrix.T]


def _single(values: Values | None) -> list[Values] | None:
    return None if values is None else [values]


def _locate_in_arrays(names: list[str], targets: list[str]) -> Callable[[str, int | None], str]:
    places = {name: ("x", index) for index, name in enumerate(names)}
    places |= {name: ("y", index) for index, name in enumerate(targets)}

    def locate(column: str, row: int | None) -> str:
        key, index = places[column]
        if row is None:
            return pointer(*AT, key)
        return _in_y(row) if targets == ["y"] and key == "y" else pointer(*AT, key, row, index)

    return locate


def place_of(names: list[str], targets: list[str], *, are_records: bool) -> Callable[[str, int | None], str]:
    """The places of these columns' values in rows that are objects, or in `x` and `y`."""
    if are_records:
        return _in_rows
    return _locate_in_arrays([name for name in names if name not in targets], targets)


def _in_y(row: int) -> str:
    return pointer(*AT, "y", row)


def _width(rows: list[Any]) -> int:
    return len(rows[0]) if isinstance(rows[0], list) else 0


def _width_faults(width: int, *place: str | int) -> Iterator[Fault]:
    if width > MOST_COLUMNS:
        yield Fault(pointer(*AT, *place), f"has {width} columns; the limit is {MOST_COLUMNS}")


def _name_faults(names: list[str], width: int, targets: list[str]) -> Iterator[Fault]:
    if width and len(names) != width:
        yield Fault(pointer(*AT, "feature_names"), f"has {len(names)} names for {width} columns of x")
    seen: set[str] = set()
    for index, name in enumerate(names):
        if name in seen:
            yield Fault(
                pointer(*AT, "feature_names", index), f"is {shown(name)}, which appears twice; names must be unique"
            )
        elif name in targets:
            yield Fault(pointer(*AT, "feature_names", index), f"is {shown(name)}, which is the name of the target")
        seen.add(name)


def _matrix_faults(rows: list[Any], key: str) -> Iterator[Fault]:
    width = _width(rows)
    if not width:
        yield Fault(pointer(*AT, key, 0), f"is {shown(rows[0])}; it must be a list of at least one number")
        return
    for index, row in enumerate(rows):
        if not isinstance(row, list):
            yield Fault(pointer(*AT, key, index), f"is {shown(row)}; it must be a list of {width} numbers")
        elif len(row) != width:
            yield Fault(pointer(*AT, key, index), f"has {len(row)} values; the first row has {width}")
        else:
            for column, value in enumerate(row):
                if fault := number_fault(value):
                    yield Fault(pointer(*AT, key, index, column), fault)


def _read_rows(rows: list[Any]) -> tuple[Table, list[str]]:
    sent = list(rows[0]) if isinstance(rows[0], dict) else []
    refuse(_width_faults(len(sent), "rows"))
    names = [*map(trimmed, sent)]
    if names != sent:
        refuse(_alike_faults(rows))
        rows = [{trimmed(name): row[name] for name in row} if isinstance(row, dict) else row for row in rows]
    wanted = set(names)
    alike = bool(names) and all(type(row) is dict and row.keys() == wanted for row in rows)
    if not alike and len(names) * len(rows) > MOST_GAPS:
        refuse(_row_faults(rows, names))
    records = rows if alike else [row if isinstance(row, dict) else {} for row in rows]
    columns = {name: read_column([row.get(name) for row in records]) for name in names}
    refuse(
        chain(
            () if alike else _row_faults(rows, names),
            *(
                _column_faults([row.get(name) for row in records], partial(_in_rows, name))
                for name, column in columns.items()
                if column is None
            ),
        )
    )
    read = {name: column for name, column in columns.items() if column is not None}
    remarks = _large([*names], lambda name: [row.get(name) for row in records], read)
    return table_of(read, _in_rows, remarks=remarks), [name for name in DEFAULT_TARGETS if name in names][:1]


def _alike_faults(rows: list[Any]) -> Iterator[Fault]:
    for index, row in enumerate(rows):
        if isinstance(row, dict) and len({*map(trimmed, row)}) < len(row):
            detail = "has two columns whose names differ only in leading or trailing spaces, which are ignored"
            yield Fault(pointer(*AT, "rows", index), detail)


def _in_rows(column: str, row: int | None) -> str:
    return pointer(*AT, "rows") if row is None else pointer(*AT, "rows", row, column)


def _row_faults(rows: list[Any], names: Sequence[str]) -> Iterator[Fault]:
    if not names:
        yield Fault(pointer(*AT, "rows", 0), f"is {shown(rows[0])}; it must be an object with a value for each column")
        return
    wanted = set(names)
    for index, row in enumerate(rows):
        if not isinstance(row, dict):
            yield Fault(pointer(*AT, "rows", index), f"is {shown(row)}; it must be an object like the first row")
        elif row.keys() != wanted:
            for name in names:
                if name not in row:
                    yield Fault(pointer(*AT, "rows", index, name), "is missing; the first row has it")
            for name in row:
                if name not in wanted:
                    yield Fault(pointer(*AT, "rows", index, name), "is not a column of the first row")


def read_column(values: list[Any]) -> Values | None:
    """A column of numbers, strings or booleans; `None` if anything is wrong with it."""
    types = {*map(type, values)}
    present = types - {NoneType}
    if present <= {int, float}:
        numbers = read_numbers([np.nan if value is None else value for value in values])
        return None if numbers is None else Values(numbers)
    if present == {bool}:
        return booleans(values)
    return coded(values) if present == {str} else None


def _column_faults(values: list[Any], at: Callable[[int], str]) -> Iterator[Fault]:
    kind = next((found for value in values if (found := KINDS.get(type(value)))), "numbers, strings, or booleans")
    for row, value in enumerate(values):
        if value is not None and KINDS.get(type(value)) != kind:
            yield Fault(at(row), f"is {shown(value)}; this column holds {kind}, and all its values must have one type")
        elif kind == "numbers" and value is not None and (fault := number_fault(value)):
            yield Fault(at(row), fault)

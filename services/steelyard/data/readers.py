"""Data that came inside a request, as a table. Every fault is named with its place in the request.

The good case is read by NumPy in one go; single values are only looked at when that fails.
"""

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from steelyard.data.table import Table
from steelyard.errors import Fault, ValidationFailed, pointer, shown

MOST_FAULTS = 20
LARGEST = 1e300  # squares of larger numbers overflow while they are being scaled
AT = ("data", "inline")


def read_inline(document: dict[str, Any]) -> tuple[Table, list[str]]:
    """The table of `{"x": [[…]], "y": […]}` or `{"rows": [{…}]}`, and the targets that go without saying.

    Raises `ValidationFailed` with at most `MOST_FAULTS` faults.
    """
    return _read_rows(document["rows"]) if "rows" in document else _read_arrays(document)


def _read_arrays(document: dict[str, Any]) -> tuple[Table, list[str]]:
    x, y = document["x"], document["y"]
    if not isinstance(y, list) or len(x) != len(y):
        count = len(y) if isinstance(y, list) else 0
        _refuse([Fault(pointer(*AT, "y"), f"has {count} values for the {len(x)} rows of x; it must have one a row")])
    width = len(x[0]) if isinstance(x[0], list) else 0
    names = document.get("feature_names") or [f"x{index}" for index in range(width)]
    _refuse(_name_faults(names, width))
    features = _matrix(x, "x", width)
    columns: dict[str, NDArray[Any]] = {name: features[:, index] for index, name in enumerate(names)}
    if isinstance(y[0], list):
        targets = _matrix(y, "y", len(y[0]))
        target_names = [f"y{index}" for index in range(targets.shape[1])]
        columns |= {name: targets[:, index] for index, name in enumerate(target_names)}
    else:
        target_names = ["y"]
        columns["y"] = _column(y, lambda row: pointer(*AT, "y", row))
    return Table(columns), target_names


def _name_faults(names: list[str], width: int) -> Iterator[Fault]:
    at = pointer(*AT, "feature_names")
    if len(names) != width:
        yield Fault(at, f"has {len(names)} names for {width} columns of x")
    for index, name in enumerate(names):
        if name in names[:index]:
            yield Fault(pointer(*AT, "feature_names", index), f"{shown(name)} is there twice")
        elif name == "y" or (name.startswith("y") and name[1:].isdigit()):
            yield Fault(pointer(*AT, "feature_names", index), f"{shown(name)} is what the target is called")


def _matrix(rows: list[Any], key: str, width: int) -> NDArray[np.float64]:
    if width == 0:
        _refuse([Fault(pointer(*AT, key, 0), f"is {shown(rows[0])}; it must be a list of at least one number")])
    try:
        array = np.array(rows)
    except ValueError:
        array = np.empty(0, object)
    if array.dtype.kind not in "iufb" or array.shape != (len(rows), width) or not _bounded(array):
        _refuse(_matrix_faults(rows, key, width))
    # A list that mixes numbers and booleans reads as numbers: both are fine.
    return array.astype(np.float64)


def _bounded(array: NDArray[Any]) -> bool:
    return bool(np.isfinite(array).all() and (np.abs(array.astype(np.float64)) <= LARGEST).all())


def _matrix_faults(rows: list[Any], key: str, width: int) -> Iterator[Fault]:
    for index, row in enumerate(rows):
        if not isinstance(row, list):
            yield Fault(pointer(*AT, key, index), f"is {shown(row)}; it must be a list of {width} numbers")
        elif len(row) != width:
            yield Fault(pointer(*AT, key, index), f"has {len(row)} values; the first row has {width}")
        else:
            for column, value in enumerate(row):
                if fault := _number_fault(value):
                    yield Fault(pointer(*AT, key, index, column), fault)


def _number_fault(value: Any) -> str | None:
    if value is None:
        return "is missing; every value must be a number"
    if not isinstance(value, (int, float)):
        return f"is {shown(value)}; it must be a number"
    return None if abs(value) <= LARGEST else f"is {shown(value)}; it must lie within ±{LARGEST:g}"


def _read_rows(rows: list[Any]) -> tuple[Table, list[str]]:
    names = list(rows[0]) if isinstance(rows[0], dict) else []
    _refuse(_row_faults(rows, names))
    columns = {}
    for name in names:
        columns[name] = _column([row[name] for row in rows], lambda row, name=name: pointer(*AT, "rows", row, name))
    return Table(columns), [name for name in ("target", "y") if name in names][:1]


def _row_faults(rows: list[Any], names: Sequence[str]) -> Iterator[Fault]:
    if not names:
        yield Fault(pointer(*AT, "rows", 0), f"is {shown(rows[0])}; it must be an object with a value for each column")
        return
    wanted = set(names)
    for index, row in enumerate(rows):
        if not isinstance(row, dict):
            yield Fault(pointer(*AT, "rows", index), f"is {shown(row)}; it must be an object like the first row")
            continue
        for name in names:
            if name not in row:
                yield Fault(pointer(*AT, "rows", index, name), "is missing; the first row has it")
        for name in row.keys() - wanted:
            yield Fault(pointer(*AT, "rows", index, name), "is not a column of the first row")


def _column(values: list[Any], at: Any) -> NDArray[Any]:
    """A column of numbers as float64, one of texts or booleans as objects; never mixed."""
    kinds = {_kind(value) for value in values}
    if kinds <= {"number"}:
        _refuse(Fault(at(row), fault) for row, value in enumerate(values) if (fault := _number_fault(value)))
        return np.array(values, np.float64)
    if len(kinds - {"missing"}) > 1 or "other" in kinds:
        first = _kind(values[0])
        _refuse(
            Fault(at(row), f"is {shown(value)}; a column holds numbers, texts or booleans, all of one kind")
            for row, value in enumerate(values)
            if _kind(value) not in (first, "missing") or first == "other"
        )
    if kinds <= {"number", "missing"}:
        return np.array([np.nan if value is None else value for value in values], np.float64)
    column = np.empty(len(values), object)
    column[:] = values
    return column


def _kind(value: Any) -> str:
    match value:
        case None:
            return "missing"
        case bool():
            return "boolean"
        case int() | float():
            return "number"
        case str():
            return "text"
        case _:
            return "other"


def _refuse(faults: Any) -> None:
    """Raise `ValidationFailed` if there is any fault; the first ones stand for many."""
    iterator = iter(faults)
    found = list(islice(iterator, MOST_FAULTS))
    if found:
        rest = sum(1 for _ in iterator)
        if rest:
            found.append(Fault(pointer(*AT), f"has {rest} more faults of this kind"))
        raise ValidationFailed(found)

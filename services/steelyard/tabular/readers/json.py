"""Reads JSON files: a list of objects, one object a line, an object of columns, and the forms of data in a request."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.json as pj

from steelyard.errors import shown
from steelyard.tabular.readers.arrow import BROKEN, MOST_COLUMNS, brief, require_size
from steelyard.tabular.readers.ndjson_faults import KINDS, find_fault
from steelyard.tabular.readers.unreadable import Unreadable

BLOCK_BYTES = 8 << 20
FORMS = 'a list of objects, {"rows": [{…}]}, {"x": [[…]], "y": […]}, or an object of columns'


def read_ndjson(path: str) -> pa.Table:
    """The table of a file with an object on each line."""
    with open(path, "rb") as file:  # noqa: PTH123 -- the parser's own process holds nothing but paths
        start = file.read(BLOCK_BYTES).lstrip(b" \t\r\n\xef\xbb\xbf")
    if start and not start.startswith(b"{"):  # pyarrow 26 does not survive a null there
        raise Unreadable(f"begins with {shown(start[:1].decode('latin-1'))}; every line must be an object", row=1)
    reading = pj.ReadOptions(block_size=BLOCK_BYTES)
    try:
        return pj.read_json(path, reading, pj.ParseOptions(newlines_in_values=False))
    except BROKEN as error:
        if "Empty JSON file" in str(error):
            raise Unreadable("it is empty") from None
        raise find_fault(path, brief(error)) from None


def read_json(path: str) -> pa.Table:
    """The table of a list of objects, or of an object.

    That is `{"rows": [{…}]}` or `{"x": [[…]], "y": […]}`, as within a request; columns, which are lists, or objects
    with a key for each row, as pandas writes a table by default; or `{"columns": […], "data": [[…]]}`,
    which it calls split.
    """
    content = Path(path).read_bytes()
    if not content.strip():
        raise Unreadable("it is empty")
    try:
        document = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        raise Unreadable(f"it is not valid JSON: {error.msg} at line {error.lineno}, column {error.colno}") from None
    return _from_object(document) if isinstance(document, dict) else _from_rows(document)


def _from_object(document: dict[str, Any]) -> pa.Table:
    x, rows, names = document.get("x"), document.get("rows"), document.keys()
    if {"columns", "data"} <= names <= {"columns", "data", "index"}:
        return _from_rows([*_records(document["data"], document["columns"], None)])
    if _begins_with(x, list):
        return _from_rows([*_records(x, document.get("feature_names"), document.get("y"))])
    if names == {"rows"} or _begins_with(rows, dict):
        return _from_rows(rows)
    [(name, rows), *others] = document.items() or [("", None)]
    if not others and _begins_with(rows, dict):
        raise Unreadable(f'its rows are under {shown(name)}; send that list alone, or as {{"rows": […]}}')
    if {*map(type, document.values())} in ({list}, {dict}):
        return _from_columns(document)
    raise Unreadable(f"it must be {FORMS}")


def _begins_with(values: Any, kind: type) -> bool:
    return isinstance(values, list) and bool(values) and isinstance(values[0], kind)


def _from_columns(document: dict[str, Any]) -> pa.Table:
    if len(document) > MOST_COLUMNS:
        raise Unreadable(f"it has more than {MOST_COLUMNS} columns")
    first_name, first = next(iter(document.items()))
    columns = {}
    for name, values in document.items():
        if len(values) != len(first) or (isinstance(first, dict) and values.keys() != first.keys()):
            raise Unreadable(f"it has other rows than {shown(first_name)}", column=name)
        columns[name] = _column(name, [values[row] for row in first] if isinstance(first, dict) else values)
    return pa.table(columns)


def _records(x: Any, names: Any, y: Any) -> Iterator[dict[str, Any]]:
    """The rows of arrays as objects."""
    if not _begins_with(x, list):
        raise Unreadable(f"it must be {FORMS}")
    if y is not None and (not isinstance(y, list) or len(y) != len(x)):
        raise Unreadable(f"y must be a list with a value for each of the {len(x)} rows of x")
    names = names or [f"x{place}" for place in range(len(x[0]))]
    if not isinstance(names, list) or len(names) != len(x[0]):
        raise Unreadable(f"the names of its columns must be a list of {len(x[0])}, as many as the first row has values")
    names = [*map(str, names)]
    several = _begins_with(y, list)
    targets = [] if y is None else [f"y{place}" for place in range(len(y[0]))] if several else ["y"]
    require_size(len(x), [*names, *targets])
    for row, values in enumerate(x):
        if not isinstance(values, list) or len(values) != len(names):
            raise Unreadable("it must be a list as long as the first row's", row=row + 1, column="x")
        of_targets = [] if y is None else y[row] if several else [y[row]]
        if not isinstance(of_targets, list) or len(of_targets) != len(targets):
            raise Unreadable("it must be a list as long as the first row's", row=row + 1, column="y")
        yield dict(zip([*names, *targets], [*values, *of_targets], strict=True))


def _from_rows(rows: Any) -> pa.Table:
    if not isinstance(rows, list) or not rows:
        raise Unreadable(f"it must be {FORMS}")
    names: dict[str, None] = {}
    for number, row in enumerate(rows, start=1):
        if not isinstance(row, dict):
            raise Unreadable(f"is {shown(row)}; it must be an object with a value for each column", row=number)
        names.update(dict.fromkeys(row))
        if len(names) > MOST_COLUMNS:
            raise Unreadable(f"it has more than {MOST_COLUMNS} columns")
    return pa.table({name: _column(name, [row.get(name) for row in rows]) for name in names})


def _column(name: str, values: list[Any]) -> pa.Array:
    kind = next((KINDS[type(value)] for value in values if value is not None), None)
    for row, value in enumerate(values, start=1):
        if value is not None and KINDS[type(value)] != kind:
            detail = f"is {shown(value)}, but the column holds {kind}; all of its values must have one type"
            raise Unreadable(detail, row=row, column=name)
    try:
        if kind == "numbers":
            whole = all(type(value) is int and -(2**63) <= value < 2**63 for value in values if value is not None)
            if not whole:  # Arrow takes no integer beyond 64 bits for a float
                return pa.array([None if value is None else float(value) for value in values], pa.float64())
            return pa.array(values, pa.int64())
        return pa.array(values)
    except (*BROKEN, OverflowError) as error:
        raise Unreadable(f"its values cannot be read: {brief(error)}", column=name) from None

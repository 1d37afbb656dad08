"""JSON files: a list of objects, or one object a line; an object of columns; and the forms of data within a request."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.json as pj

from steelyard.data.files.arrow import BROKEN, MOST_COLUMNS, brief
from steelyard.data.files.refusal import Unreadable
from steelyard.errors import shown

BLOCK_BYTES = 8 << 20


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
        raise Unreadable(f"this is not NDJSON that can be read: {brief(error)}") from None


def read_json(path: str) -> pa.Table:
    """The table of a list of objects, or of `{"rows": [{…}]}`, of `{"x": [[…]], "y": […]}`, or of columns.

    These are lists, `{"a": […]}`, or objects with a key for each row, as pandas writes a table unless it is told else.
    """
    content = Path(path).read_bytes()
    if not content.strip():
        raise Unreadable("it is empty")
    try:
        document = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        raise Unreadable(f"this is not JSON: {error.msg} at line {error.lineno}, column {error.colno}") from None
    rows = document
    if isinstance(document, dict):
        x, rows = document.get("x"), document.get("rows")
        if isinstance(x, list) and x and isinstance(x[0], list):
            rows = list(_from_arrays(document))
        elif not (isinstance(rows, list) and rows and isinstance(rows[0], dict)) and _are_columns(document):
            return _from_columns(document)
    if not isinstance(rows, list) or not rows:
        raise Unreadable('it must be a list of objects, or {"rows": [{…}]}, or {"x": [[…]], "y": […]}, or of columns')
    return _table(rows)


def _are_columns(document: dict[str, Any]) -> bool:
    kinds = {*map(type, document.values())}
    return kinds in ({list}, {dict})


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


def _from_arrays(document: dict[str, Any]) -> Iterable[dict[str, Any]]:
    x, y = document["x"], document.get("y")
    if y is not None and (not isinstance(y, list) or len(y) != len(x)):
        raise Unreadable(f"y must be a list with a value for each of the {len(x)} rows of x")
    names = document.get("feature_names")
    for row, values in enumerate(x):
        if not isinstance(values, list) or len(values) != len(x[0]):
            raise Unreadable("it must be a list as long as the first row's", row=row + 1, column="x")
        keys = names if isinstance(names, list) and len(names) == len(values) else [f"x{i}" for i in range(len(values))]
        record = dict(zip(map(str, keys), values, strict=True))
        if y is not None:
            record |= {f"y{i}": each for i, each in enumerate(y[row])} if isinstance(y[row], list) else {"y": y[row]}
        yield record


def _table(rows: list[Any]) -> pa.Table:
    names: dict[str, None] = {}
    for number, row in enumerate(rows, start=1):
        if not isinstance(row, dict):
            raise Unreadable(f"is {shown(row)}; it must be an object with a value for each column", row=number)
        names.update(dict.fromkeys(row))
        if len(names) > MOST_COLUMNS:
            raise Unreadable(f"it has more than {MOST_COLUMNS} columns")
    return pa.table({name: _column(name, [row.get(name) for row in rows]) for name in names})


def _column(name: str, values: list[Any]) -> pa.Array:
    kinds = {bool: "true and false", int: "numbers", float: "numbers", str: "texts"}
    kind = next((kinds.get(type(value)) for value in values if value is not None), None)
    for row, value in enumerate(values, start=1):
        if value is not None and (kinds.get(type(value)) != kind or kind is None):
            detail = (
                f"is {shown(value)}; the column holds {kind or 'no such values'}, and all its values are of one kind"
            )
            raise Unreadable(detail, row=row, column=name)
    try:
        if kind == "numbers":
            whole = all(type(value) is int for value in values if value is not None)
            return pa.array(values, pa.int64() if whole else pa.float64())
        return pa.array(values)
    except (*BROKEN, OverflowError) as error:
        raise Unreadable(f"its values cannot be read: {brief(error)}", column=name) from None

"""A schema: the types that the owner of data gives to columns, by name.

`{"age": {"type": "number", "missing": ["n/k", -999]}, "zip": {"type": "category"}, "note": {"type": "ignore"}}`
"""

from collections.abc import Iterator, Mapping
from dataclasses import fields, replace
from typing import Any

from steelyard.errors import MOST_ERRORS, Fault, ValidationFailed, nearest, pointer, shown
from steelyard.tabular.column import Column
from steelyard.tabular.faults import refuse
from steelyard.tabular.table import Table
from steelyard.tabular.types.column_type import ColumnType
from steelyard.tabular.types.recognize import Recognized, declare
from steelyard.tabular.types.registry import TYPES, type_from_json

MOST_MISSING = 100
Schema = Mapping[str, ColumnType]


def read_schema(document: Any, *at: str) -> dict[str, ColumnType]:
    """The types of a schema at this place of a request. Raises `ValidationFailed` with every fault."""
    if not isinstance(document, dict):
        raise ValidationFailed([Fault(pointer(*at), f"is {shown(document)}; it must be an object of column names")])
    refuse(fault for name, options in document.items() for fault in _option_faults(options, *at, name))
    return {name: type_from_json(options) for name, options in document.items()}


def _option_faults(options: Any, *at: str) -> Iterator[Fault]:
    """What is wrong with the type of one column."""
    if not isinstance(options, dict):
        yield Fault(pointer(*at), f'is {shown(options)}; it must be an object such as {{"type": "number"}}')
        return
    name = options.get("type")
    if not isinstance(name, str) or name not in TYPES:
        seen = f"is {shown(name)}; {nearest(str(name), TYPES)}" if "type" in options else "is missing"
        yield Fault(pointer(*at, "type"), seen)
        return
    known = [each.name for each in fields(TYPES[name])]
    for key, value in options.items():
        if key != "type" and key not in known:
            yield Fault(pointer(*at, key), f"is not an option of the type {name}; {nearest(key, known)}")
        elif (detail := _value_fault(key, value)) is not None:
            yield Fault(pointer(*at, key), detail)


def _value_fault(key: str, value: Any) -> str | None:
    """What is wrong with an option of a type."""
    if key == "missing":
        is_list = isinstance(value, list) and len(value) <= MOST_MISSING
        if is_list and all(isinstance(each, (str, int, float)) and not isinstance(each, bool) for each in value):
            return None
        return f"is {shown(value)}; it must be a list of at most {MOST_MISSING} strings and numbers"
    if key == "decimal":
        return None if value in (".", ",") else f"is {shown(value)}; it must be '.' or ','"
    if key == "day_first":
        return None if isinstance(value, bool) else f"is {shown(value)}; it must be true or false"
    if key == "format":
        return TYPES["datetime"].format_fault(value)  # type: ignore[attr-defined,no-any-return]
    return None


def with_schema(table: Table, schema: Schema, *at: str) -> Table:
    """The table with the types of a schema. Raises `ValidationFailed` if a column does not exist."""
    refuse(
        Fault(pointer(*at, name), f"no column has that name; {nearest(name, table.names)}")
        for name in [name for name in schema if name not in table.columns][:MOST_ERRORS]
    )
    columns = dict(table.columns)
    for name, declared in schema.items():
        column = columns[name]
        guess = Recognized(column.type, column.values, "")
        found = declare(name, column.values, column.type, declared, guess=guess)
        columns[name] = Column.of(found.type, found.values, remarks=found.remarks)
    return replace(table, columns=columns)

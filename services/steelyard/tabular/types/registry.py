"""All column types, by name."""

from collections.abc import Mapping
from typing import Any, Literal

from steelyard.tabular.types.boolean import Boolean
from steelyard.tabular.types.category import Category, Ignore, Text
from steelyard.tabular.types.column_type import ColumnType, Recognizable
from steelyard.tabular.types.datetime import Datetime
from steelyard.tabular.types.number import Number
from steelyard.tabular.types.time_of_day import TimeOfDay

ALL: tuple[type[ColumnType], ...] = (Number, Boolean, Category, Datetime, TimeOfDay, Text, Ignore)
TYPES = {each.name: each for each in ALL}


def candidates(decimal: Literal[","] | None = None) -> tuple[Recognizable, ...]:
    """The types that strings may turn out to be; numbers may have this decimal point."""
    return Number(decimal=decimal), Datetime(), TimeOfDay(), Boolean()


def type_from_json(document: Mapping[str, Any]) -> ColumnType:
    """From what `ColumnType.to_json` gave."""
    options = {key: tuple(value) if key == "missing" else value for key, value in document.items() if key != "type"}
    if options.get("decimal") == ".":  # the default
        del options["decimal"]
    return TYPES[document["type"]](**options)

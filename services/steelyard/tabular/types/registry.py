"""All column types, by name."""

from collections.abc import Mapping
from typing import Any

from steelyard.tabular.types.boolean import Boolean
from steelyard.tabular.types.category import Category, Text
from steelyard.tabular.types.column_type import ColumnType
from steelyard.tabular.types.datetime import Datetime
from steelyard.tabular.types.number import Number
from steelyard.tabular.types.time_of_day import TimeOfDay

ALL: tuple[type[ColumnType], ...] = (Number, Boolean, Category, Datetime, TimeOfDay, Text)
TYPES = {each.name: each for each in ALL}
OF_STRINGS: tuple[type[ColumnType], ...] = (Datetime, TimeOfDay)  # those that strings may turn out to be


def type_from_json(document: Mapping[str, Any]) -> ColumnType:
    """From what `ColumnType.to_json` gave."""
    return TYPES[document["type"]](**{key: value for key, value in document.items() if key != "type"})

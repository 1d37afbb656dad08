"""A column: its type, its values, and how many of them are missing."""

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any

from steelyard.tabular.remarks import Remark
from steelyard.tabular.types.column_type import ColumnType
from steelyard.tabular.types.registry import type_from_json
from steelyard.tabular.values import Kind, Values


class Column:
    """Values of a type. They are loaded when first used, so that a column that nobody reads costs nothing.

    `is_id` columns identify rows; they are no inputs unless the job names them. `remarks` are what was decided about
    the values while they were read.
    """

    def __init__(
        self,
        column_type: ColumnType,
        load: Callable[[], Values],
        *,
        missing: int | None = None,
        is_id: bool = False,
        remarks: Sequence[Remark] = (),
    ) -> None:
        self.type = column_type
        self.is_id = is_id
        self.remarks = tuple(remarks)
        self._missing = missing
        self._load = load

    @classmethod
    def of(
        cls, column_type: ColumnType, values: Values, *, is_id: bool = False, remarks: Sequence[Remark] = ()
    ) -> "Column":
        """A column of loaded values."""
        return cls(column_type, lambda: values, is_id=is_id, remarks=remarks)

    @classmethod
    def from_json(cls, facts: Mapping[str, Any], load: Callable[[], Values], *, missing: int | None = None) -> "Column":
        """A column from what `to_json` gave."""
        remarks = [Remark(**each) for each in facts["findings"]]
        is_id = facts["kind"] == "id"
        return cls(type_from_json(facts["schema"]), load, missing=missing, is_id=is_id, remarks=remarks)

    def to_json(self) -> dict[str, Any]:
        """Its kind, its type as in a schema, and its remarks."""
        findings = [remark.to_json() for remark in self.remarks]
        return {"kind": self.kind, "schema": self.type.to_json(), "findings": findings}

    def with_values(self, load: Callable[[], Values], *, missing: int | None = None) -> "Column":
        """A column of this type with other values."""
        return Column(self.type, load, missing=missing, is_id=self.is_id, remarks=self.remarks)

    @property
    def kind(self) -> Kind:
        """What the API calls it."""
        return "id" if self.is_id else self.type.kind

    @cached_property
    def values(self) -> Values:
        """Its values."""
        return self._load()

    @cached_property
    def missing(self) -> int:
        """How many of them are missing."""
        return int(self.values.missing.sum()) if self._missing is None else self._missing

"""Numbers."""

from dataclasses import dataclass
from typing import Any, ClassVar

from steelyard.errors import shown
from steelyard.tabular.json_numbers import LARGEST
from steelyard.tabular.types.column_type import ColumnType, WrongValue
from steelyard.tabular.values import Kind, Values

TOO_LARGE = f"it must be within ±{LARGEST:g}"


@dataclass(frozen=True)
class Number(ColumnType):
    """An integer or a float of at most `LARGEST` in size. True and false count as 1 and 0."""

    name: ClassVar[str] = "number"
    kind: ClassVar[Kind] = "numeric"

    @property
    def reason(self) -> str:
        """Why a column has this type."""
        return "its values are numbers"

    @property
    def expected(self) -> str:
        """What a value must be."""
        return "it must be a number"

    def parse(self, text: str) -> float:
        """The number that a string says."""
        if "_" in text:  # which Python's own numbers may have
            raise ValueError(self.expected)
        return self.read(float(text))

    def read(self, value: Any) -> float:
        """A number, or a string that says one."""
        if isinstance(value, str):
            return self.parse(value)
        number = float(value)
        if not abs(number) <= LARGEST:
            raise ValueError(TOO_LARGE)
        return number

    def convert(self, values: Values, source: ColumnType) -> Values:
        """Numbers as they are, and others by what they say."""
        return values if isinstance(source, Number) else super().convert(values, source)

    def wrong(self, row: int, value: Any) -> WrongValue:
        """The error for what is no number, or too large a one."""
        if isinstance(value, (int, float)):
            return WrongValue(row, f"is {shown(value)}; {TOO_LARGE}")
        return super().wrong(row, value)

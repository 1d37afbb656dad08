"""Categories, and strings of which nothing is learned."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from steelyard.tabular.types.column_type import ColumnType, Encoding, WrongValue
from steelyard.tabular.values import Kind, Values, coded, trimmed

WORDS = {True: "true", False: "false"}


@dataclass(frozen=True)
class Category(ColumnType):
    """One of several strings, without spaces around it. A number counts as the string that it is written as."""

    name: ClassVar[str] = "category"
    kind: ClassVar[Kind] = "categorical"
    encoding: ClassVar[Encoding] = "categories"
    knows_markers: ClassVar[bool] = False

    @property
    def reason(self) -> str:
        """Why a column has this type."""
        return "its values are strings"

    @property
    def reads_strings(self) -> bool:
        """Whether files must give strings."""
        return True

    @property
    def expected(self) -> str:
        """What a value must be."""
        return "it must be a string, a number, true or false"

    def parse(self, text: str) -> str | None:
        """The label; `None` for a blank one, which is a missing value."""
        return trimmed(text) or None

    def read(self, value: Any) -> str | None:
        """The label of a string, a number, or true or false."""
        if isinstance(value, str):
            return self.parse(value)
        if isinstance(value, bool):
            return WORDS[value]
        if not isinstance(value, (int, float)):
            raise TypeError(self.expected)
        return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)

    def hold(self, values: Sequence[Any]) -> Values:
        """The column of these labels."""
        return coded(values)

    def convert(self, values: Values, source: ColumnType) -> Values:
        """Strings unchanged, other values as strings; dates and times are rejected, since their format is not known."""
        if isinstance(source, Category):
            return super().convert(values, source) if self.missing else values
        if source.rewrites_strings and not values.missing.all():
            row = int((~values.missing).argmax())
            [value] = source.write([values.at(row)])
            raise WrongValue(row, f"is {value}; it must be a string; upload the data set with ?texts= to keep strings")
        return super().convert(values, source)


@dataclass(frozen=True)
class Text(Category):
    """A string that is one of too many, or too long, to be a category."""

    name: ClassVar[str] = "text"
    kind: ClassVar[Kind] = "text"
    why_not_learned: ClassVar[str | None] = "too many different strings for categories"


@dataclass(frozen=True)
class Ignore(Text):
    """Strings that the owner of the data does not want to be learned from."""

    name: ClassVar[str] = "ignore"
    why_not_learned: ClassVar[str | None] = "its schema says so"

"""What a column type is: how its values are recognized, parsed, read from JSON, converted and written."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, ClassVar, Literal, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from steelyard.errors import shown
from steelyard.tabular.types.markers import is_marker
from steelyard.tabular.values import MISSING, Kind, Values, trimmed

Encoding = Literal["number", "datetime", "categories"]
T = TypeVar("T")
MOST = 0.95  # the share of a column's values that makes it a column of their type
SAMPLE = 500
LEAST = 0.25  # of a sample: where fewer strings are of a type, the others are not looked at


class WrongValue(Exception):
    """A value that a column of some type cannot have: the row, and what is wrong."""

    def __init__(self, row: int, detail: str) -> None:
        super().__init__(detail)
        self.row = row
        self.detail = detail


@dataclass(frozen=True)
class ColumnType(ABC):
    """A type of column.

    Its values are float64 with NaN for missing ones, or codes of labels, as `steelyard.tabular.values.Values` has them.

    Attributes:
        name: what a schema calls the type.
        kind: what the API calls a column of this type.
        encoding: how the network gets the values: as one number, as the parts of a datetime, or as categories.
        why_not_learned: why such a column is no input unless the job names it.
        rewrites_strings: whether strings that were recognized as of this type may be written otherwise afterwards.
        knows_markers: whether strings like `n/a` and `-` mean a missing value.
        missing: further strings and numbers that mean that.
    """

    name: ClassVar[str]
    kind: ClassVar[Kind]
    encoding: ClassVar[Encoding] = "number"
    why_not_learned: ClassVar[str | None] = None
    rewrites_strings: ClassVar[bool] = False
    knows_markers: ClassVar[bool] = True

    missing: tuple[str | float, ...] = field(default=(), kw_only=True)

    @property
    @abstractmethod
    def reason(self) -> str:
        """Why a column has this type, in words."""

    @property
    @abstractmethod
    def expected(self) -> str:
        """What a value must be, as the end of an error message."""

    @abstractmethod
    def parse(self, text: str) -> Any:
        """The value of a string. Raises `ValueError`."""

    @property
    def reads_strings(self) -> bool:
        """Whether files must give such a column as strings, whatever the strings look like."""
        return False

    def is_missing(self, value: Any) -> bool:
        """Whether a value other than null means a missing value: a blank string, or one of `missing`."""
        if isinstance(value, str):
            text = trimmed(value)
            return not text or text in self.missing or (self.knows_markers and is_marker(text))
        return value in self.missing

    def read(self, value: Any) -> Any:
        """The value for one of JSON other than null. Raises `TypeError`, `ValueError`."""
        if isinstance(value, str):
            return self.parse(value)
        raise TypeError(self.expected)

    def write(self, values: list[Any]) -> list[Any]:
        """Values, as `Values.to_list` gives them, as JSON has them."""
        return values

    def hold(self, values: Sequence[Any]) -> Values:
        """The column of values that `read` or `parse` gave, and of `None` for missing ones."""
        return Values(np.array(values, np.float64))

    def read_list(self, values: Sequence[Any]) -> Values:
        """A column of JSON's values. Raises `WrongValue`."""
        found, wrong = self._try(values)
        if wrong:
            raise self.wrong(wrong[0], values[wrong[0]])
        return self.hold(found)

    def _try(self, values: Sequence[Any]) -> tuple[list[Any], list[int]]:
        """JSON's values as values of this type, `None` for missing ones, and which of them cannot be read."""
        found, wrong = [], []
        for place, value in enumerate(values):
            try:
                none = value is None or self.is_missing(value)
                found.append(None if none else self.read(trimmed(value) if isinstance(value, str) else value))
            except (TypeError, ValueError, OverflowError):
                found.append(None)
                wrong.append(place)
        return found, wrong

    def convert(self, values: Values, source: "ColumnType") -> Values:
        """A column of this type from one of another, with the value that its JSON would give. Raises `WrongValue`."""
        held, codes, different, wrong = self._convert(values, source)
        if wrong and (rows := np.isin(codes, wrong)).any():
            row = int(rows.argmax())
            raise self.wrong(row, different[codes[row]])
        return held

    def coerce(self, values: Values, source: "ColumnType") -> tuple[Values, NDArray[np.bool_]]:
        """The same, with missing values where `convert` would raise, and which rows those are."""
        held, codes, _, wrong = self._convert(values, source)
        return held, np.isin(codes, wrong)

    def _convert(self, values: Values, source: "ColumnType") -> tuple[Values, NDArray[Any], list[Any], list[int]]:
        """The column, the different values as JSON has them, which of them each row has, and which cannot be read."""
        if values.labels is None:
            distinct, codes = np.unique(values.array, return_inverse=True)
            codes = np.where(values.missing, MISSING, codes)
            different = source.write([None if value != value else value for value in distinct.tolist()])
        else:
            codes, different = values.array, [*values.labels]
        found, wrong = self._try(different)
        return self.hold([*found, None]).take(codes), codes, different, wrong  # the last is for MISSING, which is -1

    def wrong(self, row: int, value: Any) -> WrongValue:
        """The error for a value of a row."""
        return WrongValue(row, f"is {shown(value).removesuffix('.0')}; {self.expected}")

    def to_json(self) -> dict[str, Any]:
        """The type as a schema has it."""
        options = {key: value for key, value in asdict(self).items() if value not in (None, ())}
        return {"type": self.name} | {key: [*value] if key == "missing" else value for key, value in options.items()}


class Recognizable(ColumnType):
    """A type that strings may turn out to be of."""

    @abstractmethod
    def recognize(self, labels: Sequence[str], counts: NDArray[np.int64]) -> tuple[Self, list[Any]] | None:
        """The type that most strings of a column may have, and the value of each string; `None` for the others.

        Args:
            labels: the different strings.
            counts: in how many rows each of them is.

        Returns:
            `None` if few or no strings are of this type, or if they could mean several things.
        """


def is_common(is_one: Callable[[str], bool], labels: Sequence[str]) -> bool:
    """Whether enough strings of a sample match a type to make it worth examining all of them."""
    sample = labels[:: max(1, len(labels) // SAMPLE)]
    return sum(map(is_one, sample)) >= LEAST * max(1, len(sample))


def attempt(read: Callable[[str], T], text: str) -> T | None:
    """What `read` makes of a string; `None` if it raises `ValueError`."""
    try:
        return read(text)
    except ValueError:
        return None

"""What a column type is: how its values are recognized, parsed, read from JSON, converted and written."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, ClassVar, Literal, Self

import numpy as np
from numpy.typing import NDArray

from steelyard.errors import shown
from steelyard.tabular.values import MISSING, Kind, Values, trimmed

Encoding = Literal["number", "datetime", "categories"]


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
        is_learnable: whether such a column is an input unless the job says otherwise.
        rewrites_strings: whether strings that were recognized as of this type may be written otherwise afterwards.
    """

    name: ClassVar[str]
    kind: ClassVar[Kind]
    encoding: ClassVar[Encoding] = "number"
    is_learnable: ClassVar[bool] = True
    rewrites_strings: ClassVar[bool] = False

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
        """The value for which a string stands. Raises `ValueError`."""

    @classmethod
    def recognize(cls, labels: Sequence[str]) -> tuple[Self, list[float]] | None:  # noqa: ARG003 -- for classes below
        """The type, and the value of each of a column's different strings; `None` if the strings are not of it."""
        return None

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
        """A column of JSON's values; null and blank strings are missing. Raises `WrongValue`."""
        found = []
        for row, value in enumerate(values):
            given = trimmed(value) or None if isinstance(value, str) else value
            try:
                found.append(None if given is None else self.read(given))
            except (TypeError, ValueError, OverflowError):
                raise self.wrong(row, value) from None
        return self.hold(found)

    def convert(self, values: Values, source: "ColumnType") -> Values:
        """A column of this type from one of another, with the value that its JSON would give. Raises `WrongValue`."""
        if values.missing.all():
            return self.hold([None] * len(values.array))
        if values.labels is None:
            distinct, codes = np.unique(values.array, return_inverse=True)
            codes = np.where(values.missing, MISSING, codes)
            different = source.write([None if value != value else value for value in distinct.tolist()])
        else:
            codes, different = values.array, [*values.labels]
        return self._of_codes(codes, different)

    def _of_codes(self, codes: NDArray[Any], different: list[Any]) -> Values:
        """The column whose values are those of `different`, by number. Raises `WrongValue` for the first wrong row."""
        found, wrong = [], []
        for code, value in enumerate(different):
            try:
                found.append(None if value is None else self.read(value))
            except (TypeError, ValueError, OverflowError):
                found.append(None)
                wrong.append(code)
        if wrong and (rows := np.isin(codes, wrong)).any():
            row = int(rows.argmax())
            raise self.wrong(row, different[codes[row]])
        held = self.hold([*found, None])  # the last is for MISSING, which is -1
        return held.take(codes)

    def wrong(self, row: int, value: Any) -> WrongValue:
        """The error for a value of a row."""
        return WrongValue(row, f"is {shown(value).removesuffix('.0')}; {self.expected}")

    def to_json(self) -> dict[str, Any]:
        """The type as a schema has it."""
        return {"type": self.name} | {key: value for key, value in asdict(self).items() if value is not None}

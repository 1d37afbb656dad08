"""A table: named columns of equal length, and where their values stand in what the client sent.

It does not know what is to be learned from it, nor what it was read from.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from steelyard.errors import pointer


def in_data(_column: str, _row: int | None) -> str:
    """The place of every value of a table that the client names and does not send: the field that names it."""
    return pointer("data")


@dataclass(frozen=True)
class Table:
    """Columns by name, each `(rows,)`: float64 for numbers (a missing one is NaN), object for anything else.

    An object column holds texts or booleans, never both, and `None` for a missing one. `locate(column, row)` is the
    JSON pointer of a value, and of the column as a whole where `row` is `None`.
    """

    columns: Mapping[str, NDArray[Any]]
    locate: Callable[[str, int | None], str] = in_data

    @property
    def names(self) -> list[str]:
        """The columns' names, in order."""
        return list(self.columns)

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return len(next(iter(self.columns.values()))) if self.columns else 0

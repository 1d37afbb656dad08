"""A table: named columns of equal length."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray


@dataclass(frozen=True)
class Table:
    """Columns by name, each `(rows,)`: float64 for numbers (a missing one is NaN), object for anything else."""

    columns: Mapping[str, NDArray[Any]]

    @property
    def names(self) -> list[str]:
        """The columns' names, in order."""
        return list(self.columns)

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return len(next(iter(self.columns.values()))) if self.columns else 0

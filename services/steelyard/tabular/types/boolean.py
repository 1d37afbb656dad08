"""True and false."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from steelyard.tabular.types.column_type import ColumnType, Recognizable
from steelyard.tabular.values import Kind, Values, booleans

WORDS = {"true": True, "false": False, "1": True, "0": False}


@dataclass(frozen=True)
class Boolean(Recognizable):
    """True or false, which may come as 1 or 0."""

    name: ClassVar[str] = "boolean"
    kind: ClassVar[Kind] = "boolean"

    @property
    def reason(self) -> str:
        """Why a column has this type."""
        return "its values are booleans"

    @property
    def expected(self) -> str:
        """What a value must be."""
        return "it must be true or false"

    def parse(self, text: str) -> bool:
        """True or false, in any case."""
        if (found := WORDS.get(text.lower())) is None:
            raise ValueError(self.expected)
        return found

    def read(self, value: Any) -> bool:
        """True, false, 1, 0, or one of them as a string."""
        if isinstance(value, str):
            return self.parse(value)
        if value not in (0, 1):
            raise ValueError(self.expected)
        return bool(value)

    def recognize(
        self,
        labels: Sequence[str],
        counts: NDArray[np.int64],  # noqa: ARG002 -- as all types have it
    ) -> tuple[Self, list[bool | None]] | None:
        """The strings `true` and `false`, in any case, if both occur."""
        found = [{"true": True, "false": False}.get(label.lower()) for label in labels]
        return (self, found) if {True, False} <= {*found} else None

    def hold(self, values: Sequence[Any]) -> Values:
        """The column of these values."""
        return booleans(values)

    def convert(self, values: Values, source: ColumnType) -> Values:
        """Booleans unchanged, other values as `read` reads them."""
        return values if isinstance(source, Boolean) else super().convert(values, source)

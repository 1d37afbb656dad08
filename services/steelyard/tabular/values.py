"""The values of a column, and how many are missing.

Names and strings from any source have no spaces around them, since some file formats do not keep those.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Kind = Literal["numeric", "boolean", "categorical", "datetime", "text", "id"]
MISSING = -1
SPACES = " \t\n\v\f\r"  # those that Arrow trims, too


@dataclass(frozen=True)
class Values:
    """The values of a column, `(rows,)`.

    Numbers are float64, NaN for a missing one; a datetime is its seconds since 1970 in UTC. While a file is read, they
    may be float32. Anything else is an int32 index into `labels`, or `MISSING`; the
    labels are unique strings, or `False` and `True`.
    """

    array: NDArray[Any]
    labels: tuple[Any, ...] | None = None

    @property
    def are_texts(self) -> bool:
        """Whether they are strings: neither numbers nor booleans."""
        return self.labels not in (None, (False, True))

    @property
    def missing(self) -> NDArray[np.bool_]:
        """Which of them are missing."""
        found: NDArray[np.bool_] = np.isnan(self.array) if self.labels is None else self.array == MISSING
        return found

    def at(self, row: int) -> Any:
        """One of them; `None` if it is missing."""
        return self.to_list(np.array([row]))[0]

    def to_list(self, rows: NDArray[np.int64] | None = None) -> list[Any]:
        """All of them, or those of `rows`, as Python objects; `None` for a missing one."""
        array = self.array if rows is None else self.array[rows]
        if self.labels is not None:
            return [None if code < 0 else self.labels[code] for code in array.tolist()]
        return [None if value != value else value for value in array.tolist()]

    def take(self, rows: NDArray[np.int64]) -> "Values":
        """Those of `rows`."""
        return Values(self.array[rows], self.labels)


def concatenate(several: Sequence[Values]) -> Values:
    """The values of several columns of one kind as one."""
    if several[0].labels is None:
        return Values(np.concatenate([values.array for values in several]))
    if several[0].labels == (False, True):
        return Values(np.concatenate([values.array for values in several]), (False, True))
    known: dict[Any, int] = {}
    arrays = []
    for values in several:
        codes = [known.setdefault(label, len(known)) for label in values.labels or ()]
        # The last code is for MISSING, which is -1.
        arrays.append(np.array([*codes, MISSING], np.int32)[values.array])
    return Values(np.concatenate(arrays), tuple(known))


def trimmed(text: str) -> str:
    """A name or a string without spaces around it."""
    return text.strip(SPACES)


def coded(values: Sequence[str | None]) -> Values:
    """Strings, trimmed; `None` and blank ones are missing. Labels are in the order of their first occurrence."""
    known: dict[str, int] = {}
    labels = [None if value is None else trimmed(value) for value in values]
    codes = [known.setdefault(label, len(known)) if label else MISSING for label in labels]
    return Values(np.array(codes, np.int32), tuple(known))


def booleans(values: Sequence[bool | None]) -> Values:
    """True and false, `None` for a missing one."""
    return Values(np.array([MISSING if value is None else value for value in values], np.int32), (False, True))

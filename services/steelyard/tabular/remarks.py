"""Remarks for the owner of the data: decisions about a column's values while it was read. Rows count from 0."""

from dataclasses import asdict, dataclass
from typing import Any

from steelyard.errors import shown

LARGEST_EXACT = 2**53  # the integers up to here are float64s


@dataclass(frozen=True)
class Remark:
    """One decision: `level` is `info` or `warning`, `suggestion` is what to do about it."""

    code: str
    level: str
    message: str
    suggestion: str

    def to_json(self) -> dict[str, Any]:
        """As JSON has it."""
        return asdict(self)


def large_integers(name: str, count: int, row: int) -> Remark:
    """The remark that `count` integers beyond 2^53, the first in this row, were rounded to float64."""
    return Remark(
        code="large_integers",
        level="warning",
        message=f"{count} values of {shown(name)}, the first in row {row}, are integers beyond 2^53; they were rounded "
        "to the nearest float64.",
        suggestion=f'If they are labels or IDs, send columns={{"{name}": {{"type": "category"}}}} with the file.',
    )

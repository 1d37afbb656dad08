"""Lists of rows that may not fit into memory: read in blocks, with the facts about the whole list known beforehand."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from steelyard.documents.schema import Listed

BLOCK_VALUES = 100_000  # Python objects per block: a few megabytes


@dataclass(frozen=True)
class Blocks:
    """Rows as JSON-ready objects, in blocks that are read on demand.

    `head` is the list without its rows. Lists with different rows have different `version`s. Iterating raises
    `NotFound` if the rows were deleted in the meantime, and `Unavailable`.
    """

    head: Listed
    version: tuple[Any, ...]
    rows: Iterator[list[dict[str, Any]]]


def rows_at_once(values: int) -> int:
    """The number of rows per block, for rows with this many values."""
    return max(1, BLOCK_VALUES // max(1, values))


def paging(*, total: int, limit: int, after: int) -> dict[str, Any]:
    """The number of rows, and the offset of the next page."""
    reached = min(after + limit, total)
    more = reached < total
    return {"rows": total, "has_more": more, "next": str(reached) if more else None}

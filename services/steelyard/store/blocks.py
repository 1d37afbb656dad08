"""Rows that are too many for memory: some at a time, and what is known of all of them beforehand."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from steelyard.documents.schema import Listed

BLOCK_VALUES = 100_000  # of Python's objects at a time: some megabytes


@dataclass(frozen=True)
class Blocks:
    """Rows as JSON-ready objects, a block at a time, each read when it is asked for.

    `head` is the list without its rows. `version` differs where the rows do. Taking the rows raises `NotFound` if they
    are deleted meanwhile, `Unavailable`.
    """

    head: Listed
    version: tuple[Any, ...]
    rows: Iterator[list[dict[str, Any]]]


def rows_at_once(values: int) -> int:
    """How many rows of so many values make a block."""
    return max(1, BLOCK_VALUES // max(1, values))


def paging(*, total: int, limit: int, after: int) -> dict[str, Any]:
    """How many rows there are, and where the page behind these begins."""
    reached = min(after + limit, total)
    more = reached < total
    return {"rows": total, "has_more": more, "next": str(reached) if more else None}

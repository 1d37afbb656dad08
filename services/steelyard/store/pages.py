"""A page of a list, newest first: ids sort by time, so the last id seen says where the next page begins."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select


@dataclass(frozen=True)
class Page:
    """Some objects of a list, JSON-ready, and where to go on."""

    data: list[dict[str, Any]]
    has_more: bool
    next: str | None


def read_page(
    connection: Connection,
    query: Select[Any],
    *,
    key: ColumnElement[str],
    render: Callable[[Row[Any]], dict[str, Any]],
    limit: int,
    after: str | None,
) -> Page:
    """Run `query` from behind the id `after` on. `key` is the column of ids, `render` makes an object of a row."""
    if after is not None:
        query = query.where(key < after)
    rows = connection.execute(query.order_by(key.desc()).limit(limit + 1)).all()
    data = [render(row) for row in rows[:limit]]
    has_more = len(rows) > limit
    return Page(data=data, has_more=has_more, next=data[-1]["id"] if has_more else None)

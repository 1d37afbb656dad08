"""Pages of a list, by age. Ids sort by time, so the last id of a page is the cursor for the next."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, select

from steelyard.errors import InvalidRequest, shown


@dataclass(frozen=True)
class Page:
    """Some objects of a list, and the cursor for the next page."""

    data: list[Any]
    has_more: bool
    next: str | None


def read_page(
    connection: Connection,
    query: Select[Any],
    *,
    key: ColumnElement[str],
    prefix: str,
    render: Callable[[Row[Any]], Any],
    limit: int,
    after: str | None,
    oldest_first: bool = False,
) -> Page:
    """Read the page of `query` after the id `after`.

    `key` is the column of the ids, which begin with `prefix`; `render` turns a row into an object. Raises
    `InvalidRequest` if the id does not exist.
    """
    if after is not None:
        _require_known(connection, key, prefix, after)
        query = query.where(key > after if oldest_first else key < after)
    rows = connection.execute(query.order_by(key if oldest_first else key.desc()).limit(limit + 1)).all()
    data = [render(row) for row in rows[:limit]]
    has_more = len(rows) > limit
    return Page(data=data, has_more=has_more, next=data[-1].id if has_more else None)


def _require_known(connection: Connection, key: ColumnElement[str], prefix: str, after: str) -> None:
    # Check the format first: not every database accepts every string.
    if re.fullmatch(rf"{prefix}_[0-9a-z]{{26}}", after) is None:
        raise InvalidRequest(f"the cursor after={shown(after)} is not the id of a {prefix}_… of an earlier page")
    if connection.execute(select(key).where(key == after)).one_or_none() is None:
        raise InvalidRequest(f"the cursor after={shown(after)} does not exist; start again from the first page")

"""A page of a list, newest first: ids sort by time, so the last id seen says where the next page begins."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, select

from steelyard.errors import InvalidRequest, shown


@dataclass(frozen=True)
class Page:
    """Some objects of a list, and where to go on."""

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
) -> Page:
    """Run `query` from behind the id `after` on.

    `key` is the column of ids, which begin with `prefix`; `render` makes an object of a row. Raises `InvalidRequest` if
    there is no such id.
    """
    if after is not None:
        _require_known(connection, key, prefix, after)
        query = query.where(key < after)
    rows = connection.execute(query.order_by(key.desc()).limit(limit + 1)).all()
    data = [render(row) for row in rows[:limit]]
    has_more = len(rows) > limit
    return Page(data=data, has_more=has_more, next=data[-1].id if has_more else None)


def _require_known(connection: Connection, key: ColumnElement[str], prefix: str, after: str) -> None:
    # By the form first: not every database takes every string.
    if re.fullmatch(rf"{prefix}_[0-9a-z]{{26}}", after) is None:
        raise InvalidRequest(f"the cursor after={shown(after)} is not the id of a {prefix}_… of an earlier page")
    if connection.execute(select(key).where(key == after)).one_or_none() is None:
        raise InvalidRequest(f"the cursor after={shown(after)} does not exist; start again from the first page")

"""Pages of a list, newest first."""

from typing import Any

import pytest
from sqlalchemy import Engine, insert, select

from steelyard.errors import InvalidRequest
from steelyard.store.engine import reading, writing
from steelyard.store.ids import new_id
from steelyard.store.pages import Page, read_page
from steelyard.store.tables import Dataset


@pytest.fixture
def ids(engine: Engine) -> list[str]:
    """Three data sets, the newest first."""
    made = sorted((new_id("ds") for _ in range(3)), reverse=True)
    facts = {"created_at": 0.0, "media_type": "text/csv", "bytes": 1, "rows": 1, "found": {}, "read_with": {}}
    with writing(engine) as connection:
        for name in made:
            connection.execute(insert(Dataset).values(id=name, digest=name, sha256=name, columns=[], **facts))
    return made


def page(engine: Engine, limit: int, after: str | None = None) -> Page:
    with reading(engine) as connection:
        return read_page(
            connection,
            select(Dataset.id),
            key=Dataset.id,  # type: ignore[arg-type]
            prefix="ds",
            render=lambda row: row,
            limit=limit,
            after=after,
        )


def test_pages_go_on_from_the_last_id_to_the_end(engine: Engine, ids: list[str]) -> None:
    first = page(engine, 2)
    assert first == Page([(ids[0],), (ids[1],)], has_more=True, next=ids[1])
    assert page(engine, 2, first.next) == Page([(ids[2],)], has_more=False, next=None)
    assert not page(engine, 3).has_more


@pytest.mark.parametrize("cursor", ["ds_", "nonsense", "job_" + "0" * 26, "ds_" + "0" * 27, "ds_" + "0" * 26, "\x00"])
def test_a_cursor_is_the_id_of_something(engine: Engine, ids: list[str], cursor: Any) -> None:
    assert cursor not in ids
    with pytest.raises(InvalidRequest, match="cursor after="):
        page(engine, 2, cursor)

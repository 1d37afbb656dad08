"""Binaries that are read a part at a time."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import Engine, delete, event, insert

from steelyard.errors import NotFound
from steelyard.store import blobs
from steelyard.store.blobs import Blob
from steelyard.store.clock import now
from steelyard.store.engine import writing
from steelyard.store.tables import Reply

CONTENT = bytes(range(256)) * 4


@pytest.fixture
def blob(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Blob:
    """A binary that is read a hundred bytes at a time."""
    monkeypatch.setattr(blobs, "WINDOW_BYTES", 100)
    with writing(engine) as connection:
        for key, answer in (("a", CONTENT), ("b", b"another")):
            connection.execute(insert(Reply).values(key=key, request_sha256="", answer=answer, created_at=now()))
    return Blob(engine, Reply.answer, Reply.key == "a")


@contextmanager
def counted(engine: Engine) -> Iterator[list[str]]:
    """The queries that were made."""
    queries: list[str] = []

    def note(_: object, __: object, statement: str, *___: object) -> None:
        queries.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    yield queries
    event.remove(engine, "before_cursor_execute", note)


@pytest.mark.parametrize(("first", "count"), [(0, 10), (95, 10), (300, 250), (1000, 24), (7, 0)])
def test_any_part_is_read(blob: Blob, first: int, count: int) -> None:
    assert blob.read(0, 50) == CONTENT[:50]
    assert blob.read(first, count) == CONTENT[first : first + count]


def test_neighbors_are_read_by_one_query(blob: Blob, engine: Engine) -> None:
    with counted(engine) as queries:
        assert [blob.read(first, 10) for first in range(0, 100, 10)] == [CONTENT[n : n + 10] for n in range(0, 100, 10)]
    assert len([query for query in queries if "SELECT" in query]) == 1


def test_what_was_deleted_or_is_too_short_is_not_found(blob: Blob, engine: Engine) -> None:
    with pytest.raises(NotFound):
        blob.read(1000, 25)
    with writing(engine) as connection:
        connection.execute(delete(Reply))
    with pytest.raises(NotFound, match="deleted"):
        blob.read(0, 10)

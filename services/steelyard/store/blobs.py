"""Large binaries in the database, read a part at a time."""

from typing import Any

from sqlalchemy import ColumnElement, Engine, LargeBinary, func, select

from steelyard.errors import NotFound
from steelyard.store.engine import reading

WINDOW_BYTES = 8 << 20  # read at a time: to find the place of a part, SQLite goes through all that is before it


class Blob:
    """The binary `content` of the one row that `conditions` leave.

    Each part is read in a transaction of its own: a slow receiver must not hold one open.
    """

    def __init__(self, engine: Engine, content: Any, *conditions: ColumnElement[bool]) -> None:
        self._engine = engine
        self._content = content
        self._conditions = conditions
        self._first, self._window = 0, b""

    def read(self, first: int, count: int) -> bytes:
        """So many bytes, from that one on. Raises `NotFound` if the row was deleted meanwhile."""
        if not self._first <= first <= first + count <= self._first + len(self._window):
            self._window = self._fetch(first, max(count, WINDOW_BYTES))
            self._first = first
        start = first - self._first
        piece = self._window[start : start + count]
        if len(piece) < count:
            raise NotFound("it was deleted while being read")
        return piece

    def _fetch(self, first: int, count: int) -> bytes:
        part = func.substr(self._content, first + 1, count, type_=LargeBinary)
        with reading(self._engine) as connection:
            found: bytes | None = connection.execute(select(part).where(*self._conditions)).scalar_one_or_none()
        return b"" if found is None else bytes(found)

"""Large binaries in the database, read in parts."""

from typing import Any

from sqlalchemy import ColumnElement, Engine, LargeBinary, func, select

from steelyard.errors import NotFound
from steelyard.store.engine import reading

WINDOW_BYTES = 8 << 20  # per read: to find a part, SQLite reads everything before it


class Blob:
    """The binary `content` of the one row that matches `conditions`.

    Each part is read in a separate transaction, so that a slow client does not keep one open.
    """

    def __init__(self, engine: Engine, content: Any, *conditions: ColumnElement[bool]) -> None:
        self._engine = engine
        self._content = content
        self._conditions = conditions
        self._first, self._window = 0, b""

    def read(self, first: int, count: int) -> bytes:
        """Read bytes from an offset. Raises `NotFound` if the row was deleted in the meantime."""
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

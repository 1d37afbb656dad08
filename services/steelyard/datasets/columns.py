"""Sees to it that the columns of a data set are stored, which is done once its sender has the answer.

A process that is lost in between leaves a data set without columns: they are read from its bytes again by whoever
first asks for them.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Condition

from sqlalchemy import Engine

from steelyard.data.files.options import FORMATS
from steelyard.data.files.unnamed import path_of
from steelyard.data.table import Table
from steelyard.datasets import library
from steelyard.datasets.passing import passing_file
from steelyard.datasets.reading import Parsed, Readers


class Columns:
    """Stores columns, and reads from data sets whose columns are stored; reads files of at most `max_bytes`."""

    def __init__(self, engine: Engine, readers: Readers, *, max_bytes: int) -> None:
        self._engine = engine
        self._readers = readers
        self._max_bytes = max_bytes
        self._busy: set[str] = set()
        self._changed = Condition()

    @contextmanager
    def storing(self, dataset_id: str, parsed: Parsed) -> Iterator[None]:
        """Those who ask for the columns wait for as long as this lasts; they are stored at its end."""
        with self._alone(dataset_id):
            yield
            if not library.has_columns(self._engine, dataset_id):
                library.keep_columns(self._engine, dataset_id, parsed.parts())

    def require(self, dataset_id: str) -> None:
        """Have the columns stored. Raises `NotFound`, and what reading a file raises."""
        if library.has_columns(self._engine, dataset_id):
            return
        with self._alone(dataset_id):
            if not library.has_columns(self._engine, dataset_id):
                self._read_again(dataset_id)

    def load_table(self, dataset_id: str) -> Table:
        """The data set as a table. Raises `NotFound`, and what reading a file raises."""
        self.require(dataset_id)
        return library.load_table(self._engine, dataset_id)

    def _read_again(self, dataset_id: str) -> None:
        media_type, _, pieces = library.read_content(self._engine, dataset_id)
        dialect = library.get_dialect(self._engine, dataset_id)
        with passing_file() as file:
            file.writelines(pieces)
            form = FORMATS[media_type]
            with self._readers.read(path_of(file), form, max_bytes=self._max_bytes, dialect=dialect) as parsed:
                library.keep_columns(self._engine, dataset_id, parsed.parts())

    @contextmanager
    def _alone(self, dataset_id: str) -> Iterator[None]:
        with self._changed:
            self._changed.wait_for(lambda: dataset_id not in self._busy)
            self._busy.add(dataset_id)
        try:
            yield
        finally:
            with self._changed:
                self._busy.remove(dataset_id)
                self._changed.notify_all()

"""Reads content in another process, as the service does."""

from pathlib import Path
from typing import Any

from steelyard.datasets.reader_pool import Readers
from steelyard.tabular.readers.options import FORMATS, Dialect
from steelyard.tabular.table import Table, stack
from tests.datasets.corpus import (
    CSV,
)

MAX_BYTES = 1 << 30


def read(readers: Readers, folder: Path, content: bytes, media_type: str = CSV, **dialect: Any) -> Table:
    path = folder / "file"
    path.write_bytes(content)
    with readers.read(str(path), FORMATS[media_type], max_bytes=MAX_BYTES, dialect=Dialect(**dialect)) as parsed:
        return stack([*parsed.tables()])


def lists(table: Table) -> dict[str, list[object]]:
    return {name: column.values.to_list() for name, column in table.columns.items()}

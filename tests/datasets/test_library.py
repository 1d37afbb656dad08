"""Data sets are stored whole or not at all, and storing one keeps nobody else from writing for long."""

import hashlib
import io
import os
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, select

from steelyard.datasets import library
from steelyard.datasets.library import Upload
from steelyard.datasets.reader_pool import Parsed, Readers
from steelyard.errors import UnreadableData
from steelyard.store.engine import reading
from steelyard.store.tables import Dataset, DatasetContent
from steelyard.tabular.readers.options import Dialect
from tests.datasets.corpus import CSV

CONTENT = b"a,b\n" + b"1.5,x\n" * 400_000  # more than one piece, and what SQLite holds in memory


def upload_of(content: bytes) -> Upload:
    return Upload("mine", CSV, Dialect(), hashlib.sha256(content).hexdigest(), len(content))


def stored(engine: Engine) -> tuple[int, int]:
    """How many data sets there are, and how many bytes of such."""
    with reading(engine) as connection:
        sets = connection.execute(select(func.count()).select_from(Dataset)).scalar_one()
        size = connection.execute(select(func.sum(func.length(DatasetContent.content)))).scalar_one()
    return sets, size or 0


def test_the_bytes_are_kept_with_the_profile_that_comes_after_them(
    engine: Engine, readers: Readers, tmp_path: Path
) -> None:
    path = tmp_path / "file"
    path.write_bytes(CONTENT)
    with readers.read(str(path), "csv", max_bytes=1 << 30) as parsed:
        kept = library.keep(engine, upload_of(CONTENT), io.BytesIO(CONTENT), parsed)
    assert kept.columns == parsed.columns
    assert [(column["name"], column["distinct"]) for column in kept.columns] == [("a", 1), ("b", 1)]
    assert (kept.rows, kept.bytes) == (400_000, len(CONTENT))
    _, size, pieces = library.read_content(engine, kept.id)
    assert size == len(CONTENT)
    assert b"".join(pieces) == CONTENT


def test_nothing_is_kept_of_a_file_whose_fault_shows_only_in_a_column(
    engine: Engine, readers: Readers, tmp_path: Path
) -> None:
    bad = CONTENT + b"inf,x\n"
    path = tmp_path / "file"
    path.write_bytes(bad)
    with (
        pytest.raises(UnreadableData, match="row 400001, column 'a'"),
        readers.read(str(path), "csv", max_bytes=1 << 30) as parsed,
    ):
        library.keep(engine, upload_of(bad), io.BytesIO(bad), parsed)
    assert stored(engine) == (0, 0)


def test_the_columns_are_kept_with_the_bytes(engine: Engine, readers: Readers, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(CONTENT)
    with readers.read(str(path), "csv", max_bytes=1 << 30) as parsed:
        kept = library.keep(engine, upload_of(CONTENT), io.BytesIO(CONTENT), parsed)
    table = library.load_table(engine, kept.id)
    assert (table.rows, table.columns["a"].values.array.sum()) == (400_000, 600_000)
    assert stored(engine) == (1, len(CONTENT))


def test_nobody_is_kept_from_writing_while_a_file_is_read(engine: Engine) -> None:
    other = b"c\n1\n"

    facts = dict.fromkeys(("min", "max", "mean", "std"), None) | {"missing": 1, "distinct": 0, "top": []}
    facts |= {"dtype": "float64", "kind": "numeric", "reason": "no value", "schema": {"type": "number"}, "findings": []}
    columns = [{"name": name, **facts} for name in "ab"]

    def describe() -> dict[str, object]:
        """Another file is stored while this one's columns are described."""
        library.keep(engine, upload_of(other), io.BytesIO(other), Parsed(0, {}, os.devnull, lambda: {"columns": []}))
        return {"columns": columns}

    kept = library.keep(engine, upload_of(CONTENT), io.BytesIO(CONTENT), Parsed(0, {}, os.devnull, describe))
    assert [column["name"] for column in kept.columns] == ["a", "b"]
    assert stored(engine) == (2, len(CONTENT) + len(other))

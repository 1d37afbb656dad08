"""Reads any data file: unpacks it, reads it by its format, and describes its columns."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pyarrow as pa

from steelyard.tabular.prefetch import threads_begun
from steelyard.tabular.readers.arrow import (
    AT_ONCE,
    Recognition,
    categories_of,
    read_arrow,
    read_columns,
    read_parquet,
    require_columns,
    unpacked_bytes,
    with_names,
    with_texts,
    without_nested,
)
from steelyard.tabular.readers.csv import read_csv
from steelyard.tabular.readers.csv_cells import require_words
from steelyard.tabular.readers.doubtful_numbers import large_number_remarks
from steelyard.tabular.readers.doubts import Remarks
from steelyard.tabular.readers.json import read_json, read_ndjson
from steelyard.tabular.readers.npz import read_npz
from steelyard.tabular.readers.options import Dialect
from steelyard.tabular.readers.profile import describe_type, profile
from steelyard.tabular.readers.recall import recall
from steelyard.tabular.readers.unpacking import unpacked
from steelyard.tabular.readers.unreadable import Unreadable, refuse_bomb
from steelyard.tabular.types.category import Ignore
from steelyard.tabular.types.markers import NULLS
from steelyard.tabular.types.registry import type_from_json
from steelyard.tabular.values import Values

MOST_IGNORED = 100  # names of ignored columns in the answer


@dataclass(frozen=True)
class Options:
    """How a file is to be read. `max_bytes` is the most that it may unpack to.

    With `wanted`, only these columns are read, without statistics, and strings stay strings; a file that lacks one of
    them is read whole, so that the caller can report what it has instead. `wanted` is true for columns of strings,
    because a few rows to predict may look like numbers.
    """

    format: str
    max_bytes: int
    dialect: Dialect = field(default_factory=Dialect)
    wanted: Mapping[str, bool] | None = None
    usual: Mapping[str, Any] | None = None  # the dialect of the file that the model was trained on
    is_sheet: bool = False  # of a workbook, unpacked


@dataclass(frozen=True)
class Source:
    """What is being read: the number of rows, the detected dialect, and the columns, which can be iterated once."""

    rows: int
    found: dict[str, Any]
    columns: Iterator[tuple[Values, dict[str, Any]]]


@contextmanager
def open_file(path: str, options: Options) -> Iterator[Source]:
    """Read the file; each column comes with its profile. Raises `Unreadable`, `MemoryError`; so does taking them."""
    with threads_begun(AT_ONCE) as threads, unpacked(path, options.format, options.max_bytes, options.dialect) as plain:
        options = replace(options, format=plain.format, dialect=plain.dialect, is_sheet="sheet" in plain.found)
        table, found, remarks = _read(plain.path, options)
        refuse_bomb(unpacked_bytes=unpacked_bytes(table.num_rows, table.schema), packed_bytes=Path(path).stat().st_size)
        declared = {name: type_from_json(schema) for name, schema in options.dialect.columns.items()}
        categories = categories_of(table.schema)
        texts = {*options.dialect.texts, *(name for name, kind in declared.items() if kind.reads_strings)}
        ignored = [name for name, kind in declared.items() if isinstance(kind, Ignore)]
        table = with_texts(without_nested(with_names(table), ignored), options.dialect.texts, "texts")
        table = with_texts(table, [name for name in declared if name in texts], "columns")
        require_columns(table, declared)
        if options.format in ("json", "ndjson"):
            remarks = large_number_remarks(table)
        if options.wanted is not None and {*options.wanted} <= {*table.column_names}:
            found["ignored"] = [name for name in table.column_names if name not in options.wanted][:MOST_IGNORED]
            table = table.select([*options.wanted])
        elif options.format == "csv":
            require_words(table.column_names)
        rows, names, columns = table.num_rows, table.column_names, table.columns
        del table
        pa.default_memory_pool().release_unused()  # the parser held as much memory as the table
        found = plain.describe(found)
        recognition = Recognition(
            declared=declared,
            texts=texts,
            categories=categories,
            decimal="," if found.get("decimal") == "," else None,
            nulls=NULLS if options.format == "csv" else frozenset(),
            is_wanted=options.wanted is not None,
            remarks=remarks,
        )
        describe = profile if options.wanted is None else describe_type
        yield Source(rows, found, read_columns(names, columns, describe, threads, recognition))


def _read(path: str, options: Options) -> tuple[pa.Table, dict[str, Any], Remarks]:
    if options.format == "csv":
        return _read_text(path, options)
    match options.format:
        case "parquet":
            table = read_parquet(path, options.max_bytes)
        case "arrow":
            table = read_arrow(path)
        case "npz":
            table = read_npz(path, options.max_bytes)
        case "json":
            table = read_json(path)
        case "ndjson":
            table = read_ndjson(path)
        case _:
            raise Unreadable(f"its format {options.format!r} is not known")
    return table, {}, {}


def _read_text(path: str, options: Options) -> tuple[pa.Table, dict[str, Any], Remarks]:
    wanted, usual, dialect = options.wanted or {}, options.usual or {}, options.dialect
    if options.is_sheet:  # its delimiter, quote and decimal point are ours
        usual = {key: value for key, value in usual.items() if key in ("header", "skip_rows")}
    texts = [*dialect.texts, *dialect.columns, *(name for name, is_text in wanted.items() if is_text)]
    dialect = recall(path, replace(dialect, texts=texts), usual, wanted) if usual else replace(dialect, texts=texts)
    return read_csv(path, dialect, options.wanted, str(usual.get("encoding", "")))

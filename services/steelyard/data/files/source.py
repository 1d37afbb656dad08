"""Any file of data: unpacked, read by its format, its columns with their profiles."""

import gzip
import os
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from steelyard.data.files.arrays import read_npz
from steelyard.data.files.arrow import BROKEN, Read, read_arrow, read_columns, read_parquet, require_columns
from steelyard.data.files.csv import read_csv
from steelyard.data.files.options import Dialect
from steelyard.data.files.records import read_json, read_ndjson
from steelyard.data.files.refusal import Unreadable

GZIP, ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"
PIECE_BYTES = 1 << 20
SURELY_HARMLESS_BYTES = 64 << 20
MOST_PACKED = 200


@dataclass(frozen=True)
class Options:
    """How a file is to be read. `max_bytes` is the most that it may unpack to.

    With `wanted`, these columns are read and no others, and their values are not counted; a file that lacks one of
    them is read whole, so that whoever wants them can say what there is instead.
    """

    format: str
    max_bytes: int
    dialect: Dialect = field(default_factory=Dialect)
    wanted: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Source:
    """What is being read: how many rows, how the file turned out to be written, and the columns, to be taken once."""

    rows: int
    found: dict[str, Any]
    columns: Iterator[Read]


@contextmanager
def open_file(path: str, options: Options) -> Iterator[Source]:
    """Read the file at `path`. Raises `Unreadable`, `MemoryError`; so does taking the columns."""
    with _unpacked(path, options.max_bytes) as (plain, packing):
        table, found = _read(plain, options)
        require_columns(table)
        if options.wanted is not None and {*options.wanted} <= {*table.column_names}:
            table = table.select(options.wanted)
        rows, names, columns = table.num_rows, table.column_names, table.columns
        del table
        read = read_columns(names, columns, counted=options.wanted is None)
        yield Source(rows, found | ({} if packing is None else {"compression": packing}), read)


def _read(path: str, options: Options) -> tuple[pa.Table, dict[str, Any]]:
    match options.format:
        case "csv":
            table, dialect = read_csv(path, options.dialect)
            found = {"delimiter": dialect.delimiter, "encoding": dialect.encoding, "decimal": dialect.decimal}
            return table, found
        case "parquet":
            return read_parquet(path), {}
        case "arrow":
            return read_arrow(path), {}
        case "npz":
            return read_npz(path, options.max_bytes), {}
        case "json":
            return read_json(path), {}
        case "ndjson":
            return read_ndjson(path), {}
        case _:
            raise Unreadable(f"its format {options.format!r} is not known")


@contextmanager
def _unpacked(path: str, max_bytes: int) -> Iterator[tuple[str, str | None]]:
    """The path of the plain file, and what it was packed with."""
    with open(path, "rb") as file:  # noqa: PTH123 -- see above
        start = file.read(4)
        packing = "gzip" if start.startswith(GZIP) else "zstd" if start.startswith(ZSTD) else None
        if packing is None:
            yield path, None
            return
        file.seek(0)
        with tempfile.NamedTemporaryFile(prefix="steelyard-") as plain:
            size = file.seek(0, os.SEEK_END)
            file.seek(0)
            stream: Any = gzip.GzipFile(fileobj=file) if packing == "gzip" else pa.input_stream(file, "zstd")
            try:
                _copy(stream, plain, size, max_bytes)
            except (*BROKEN, EOFError, zlib.error) as error:
                raise Unreadable(f"its {packing} compression is broken: {error}") from None
            plain.flush()
            yield plain.name, packing


def _copy(stream: Any, plain: Any, packed_bytes: int, max_bytes: int) -> None:
    done = 0
    while piece := stream.read(PIECE_BYTES):
        done += len(piece)
        if done > max_bytes:
            raise Unreadable(f"it unpacks to more than {max_bytes} bytes")
        if done > SURELY_HARMLESS_BYTES and done > MOST_PACKED * packed_bytes:
            raise Unreadable(f"it unpacks to more than {MOST_PACKED} times its size, as no data do")
        plain.write(piece)

"""What a file holds: unpacked from gzip, zstd or ZIP, the sheet of a workbook; and named if it is of another kind."""

import gzip
import os
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import IO, Any

import pyarrow as pa

from steelyard.tabular.readers.archive import kind_of_zip, only_member
from steelyard.tabular.readers.arrow import BROKEN, brief
from steelyard.tabular.readers.kinds import GZIP, HEAD_BYTES, SEND, ZIP, ZSTD, called, require_kind
from steelyard.tabular.readers.options import Dialect
from steelyard.tabular.readers.unnamed_files import NO_ROOM, path_of, unnamed_file
from steelyard.tabular.readers.unreadable import Unreadable, refuse_bomb
from steelyard.tabular.readers.workbook import sheet_as_csv

PIECE_BYTES = 1 << 20
REMEDIES = {"npz": f"{SEND} application/x-npz", "xlsx": f"{SEND} of .xlsx files, or text/csv"}
REMEDIES |= {"zip": "send the table in it"}
OF_TEXT = ("delimiter", "encoding", "decimal")


@dataclass(frozen=True)
class Contents:
    """A file that needs no unpacking: its path, its format, how to read it; and what it came in."""

    path: str
    format: str
    dialect: Dialect
    found: dict[str, str] = field(default_factory=dict)

    def describe(self, found: dict[str, Any]) -> dict[str, Any]:
        """How the original is written, where this file was `found` to be written like that."""
        if "sheet" in self.found:  # we wrote the text ourselves
            found = {name: value for name, value in found.items() if name not in OF_TEXT}
        return found | self.found


@contextmanager
def unpacked(path: str, form: str, max_bytes: int, dialect: Dialect) -> Iterator[Contents]:
    """What the file holds, as long as this lasts. Raises `Unreadable`, and `OSError` where there is no room."""
    with open(path, "rb") as packed:  # noqa: PTH123 -- the parser's own process holds nothing but paths
        start = packed.read(4)
        packing = "gzip" if start.startswith(GZIP) else "zstd" if start.startswith(ZSTD) else None
        if packing is None:
            with _opened(Contents(path, form, dialect), max_bytes) as contents:
                yield contents
            return
        packed.seek(0)
        with _plain(packed, packing, max_bytes) as plain:
            found = {"compression": packing}
            with _opened(Contents(plain, form, dialect, found), max_bytes) as contents:
                yield contents


@contextmanager
def _opened(file: Contents, max_bytes: int, *, is_member: bool = False) -> Iterator[Contents]:
    """The contents of a ZIP file or a workbook, or the file itself."""
    with open(file.path, "rb") as opened:  # noqa: PTH123 -- the parser's own process holds nothing but paths
        start = opened.read(HEAD_BYTES)
    if not start.startswith(ZIP) or file.format == "npz":
        if file.format in ("xlsx", "zip"):
            raise Unreadable(f"it is not {called(file.format)}")
        require_kind(start, file.format)
        yield file
        return
    kind = kind_of_zip(file.path)
    if kind == "xlsx" and file.format in ("csv", "xlsx", "zip"):
        with sheet_as_csv(file.path, max_bytes, file.dialect) as sheet:
            yield Contents(sheet.path, "csv", sheet.dialect, file.found | sheet.found)
    elif kind != "zip" or is_member or file.format == "xlsx":
        raise Unreadable(f"it is {called(kind)}, not {called(file.format)}; {REMEDIES[kind]}")
    else:
        with only_member(file.path, file.format, max_bytes) as (path, form):
            member = Contents(path, form, file.dialect, file.found | {"compression": "zip"})
            with _opened(member, max_bytes, is_member=True) as contents:
                yield contents


@contextmanager
def _plain(packed: IO[bytes], packing: str, max_bytes: int) -> Iterator[str]:
    with unnamed_file() as plain:
        size = os.fstat(packed.fileno()).st_size
        stream: Any = gzip.GzipFile(fileobj=packed) if packing == "gzip" else pa.input_stream(packed, "zstd")
        try:
            _copy(stream, plain, size, max_bytes)
        except (*BROKEN, EOFError, zlib.error) as error:
            if getattr(error, "errno", None) in NO_ROOM:
                raise
            raise Unreadable(f"its {packing} compression is broken: {brief(error)}") from None
        plain.flush()
        yield path_of(plain)


def _copy(stream: Any, plain: Any, packed_bytes: int, max_bytes: int) -> None:
    done = 0
    while piece := stream.read(PIECE_BYTES):
        done += len(piece)
        if done > max_bytes:
            raise Unreadable(f"it unpacks to more than {max_bytes} bytes")
        refuse_bomb(unpacked_bytes=done, packed_bytes=packed_bytes)
        plain.write(piece)

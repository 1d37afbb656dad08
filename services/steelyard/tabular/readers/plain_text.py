"""Prepares text files for the CSV parser: drops what precedes the table, and converts UTF-16 and UTF-32 to UTF-8.

Most files need neither. The others are written to a temporary file line by line, in bounded memory.
"""

import codecs
import csv
import io
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import IO

from steelyard.tabular.readers.delimiters import split_blanks
from steelyard.tabular.readers.encodings import encoding_of_marks
from steelyard.tabular.readers.layout import BLANK, MARK, Layout, cut, find_layout, is_comment
from steelyard.tabular.readers.options import FIXED_WIDTH, Dialect
from steelyard.tabular.readers.unnamed_files import path_of, unnamed_file
from steelyard.tabular.readers.unreadable import Unreadable

SAMPLE_BYTES = 1 << 16
SAMPLE_LINES = 200
PIECE_BYTES = 1 << 20
WIDE = ("utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be")


@dataclass(frozen=True)
class PlainText:
    """A file that the CSV parser reads with `dialect`, and what it no longer shows of the original file."""

    path: str
    dialect: Dialect
    wide: str = ""
    layout: Layout = field(default_factory=Layout)

    def found(self, dialect: Dialect) -> dict[str, str]:
        """How the original is written, where the parser found `dialect` in this file."""
        layout = self.layout
        facts = {
            "delimiter": layout.delimiter if layout.splits_blanks else dialect.delimiter,
            "encoding": self.wide or dialect.encoding,
            "decimal": dialect.decimal,
            "comment_lines": str(layout.comments or ""),
            "names": "in a comment" if layout.header else "",
        }
        return {name: value for name, value in facts.items() if value}


@contextmanager
def plain_text(path: str, asked: Dialect) -> Iterator[PlainText]:
    """The file as plain text, as long as this lasts. Raises `Unreadable`, and `OSError` where there is no room."""
    with open(path, "rb") as file, _narrow(file, asked) as (narrow, wide):  # noqa: PTH123 -- holds nothing but paths
        dialect = replace(asked, encoding="utf-8") if wide else asked
        text = _as_text(narrow)
        try:
            for _ in range(asked.skip_rows):
                text.readline()
            layout = find_layout(_first_lines(text), asked)
            dialect = replace(dialect, delimiter=layout.delimiter, comment="", skip_rows=0)
            if layout.is_plain and not asked.skip_rows:
                yield PlainText(path_of(narrow) if wide else path, dialect, wide, layout)
                return
            text.seek(0)
            with unnamed_file() as plain:
                _rewrite(text, plain, layout, asked)
                plain.flush()
                delimiter = "\t" if layout.splits_blanks else layout.delimiter
                yield PlainText(path_of(plain), replace(dialect, delimiter=delimiter), wide, layout)
        finally:
            text.detach()


def _as_text(file: IO[bytes]) -> io.TextIOWrapper:
    """The file with a character for each byte, and every line with its own end."""
    return io.TextIOWrapper(file, encoding="latin-1", newline="")


def _first_lines(text: io.TextIOWrapper) -> list[str]:
    """The first lines that are whole."""
    sample = text.read(SAMPLE_BYTES)
    lines = [*io.StringIO(sample, newline="")]
    if len(sample) == SAMPLE_BYTES:
        lines.pop()
    return lines[:SAMPLE_LINES]


@contextmanager
def _narrow(file: IO[bytes], asked: Dialect) -> Iterator[tuple[IO[bytes], str]]:
    """The file with a byte for each character of ASCII, and the encoding that it was in if that has more."""
    start = file.read(SAMPLE_BYTES)
    file.seek(0)
    encoding = asked.encoding or encoding_of_marks(start)
    if encoding not in WIDE:
        yield file, ""
        return
    if encoding in ("utf-16", "utf-32") and encoding_of_marks(start) != encoding:
        name = encoding.upper()
        raise Unreadable(f"it has no byte order mark of {name}; state {encoding}-le or {encoding}-be if it is {name}")
    with unnamed_file() as narrow:
        decoder = codecs.getincrementaldecoder(encoding)()
        done = 0
        try:
            while piece := file.read(PIECE_BYTES):
                narrow.write(decoder.decode(piece).encode())
                done += len(piece)
            narrow.write(decoder.decode(b"", final=True).encode())
        except UnicodeError as error:
            raise Unreadable(f"it is not {encoding.upper()}: the bytes after byte {done} cannot be decoded") from error
        narrow.seek(0)
        yield narrow, encoding


def _rewrite(text: io.TextIOWrapper, plain: IO[bytes], layout: Layout, asked: Dialect) -> None:
    for _ in range(asked.skip_rows + layout.skipped):
        text.readline()
    target = _as_text(plain)
    try:
        is_first = asked.skip_rows + layout.skipped == 0
        if layout.header:
            target.write(_row(layout.header, layout) if layout.splits_blanks else f"{layout.header}\n")
        elif layout.has_row_names:
            target.write("\t")
        if layout.comment or layout.splits_blanks:
            _rewrite_lines(text, target, layout, asked.quote, is_first=is_first)
        else:
            shutil.copyfileobj(text, target, PIECE_BYTES)
        target.flush()
    finally:
        target.detach()


def _rewrite_lines(
    text: io.TextIOWrapper, target: io.TextIOWrapper, layout: Layout, quote: str, *, is_first: bool
) -> None:
    is_open = False  # whether the line begins within quotes
    for line in text:
        if is_first:
            line, is_first = line.removeprefix(MARK), False
        if not is_open and is_comment(line, layout.comment):
            continue
        if layout.splits_blanks:
            target.write(_row(line, layout))
        else:
            is_open ^= line.count(quote) % 2 == 1
            target.write(line)


def _row(line: str, layout: Layout) -> str:
    """A line whose values are separated by tabs; nothing for a blank one."""
    line = line.strip("\r\n")
    if not line.strip(BLANK):
        return ""
    cells = cut(line, layout.gaps) if layout.delimiter == FIXED_WIDTH else split_blanks(line)
    row = io.StringIO()
    csv.writer(row, delimiter="\t", lineterminator="\n").writerow(cells)
    return row.getvalue()

"""Reads CSV files: detects delimiter, decimal point and encoding, and names the row of a fault."""

import csv
import errno
import mmap
import re
from collections.abc import Collection, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import pyarrow as pa

from steelyard.tabular.readers.arrow import BROKEN, MOST_COLUMNS, brief
from steelyard.tabular.readers.csv_cells import has_decimal_commas, tidy
from steelyard.tabular.readers.csv_parser import BLOCK_BYTES, Parsing, first_line, names_of
from steelyard.tabular.readers.delimiters import delimiter_of
from steelyard.tabular.readers.doubtful_numbers import number_remarks
from steelyard.tabular.readers.doubts import (
    Remarks,
    encoding_remarks,
    header_remarks,
    joined,
    joined_row_remarks,
    name_remarks,
    note_remarks,
    repeated_remarks,
    short_remarks,
    total_remarks,
)
from steelyard.tabular.readers.encodings import detect, encoding_of_marks, require_encoding
from steelyard.tabular.readers.infinite import first_infinite, refuse_infinite
from steelyard.tabular.readers.options import Dialect
from steelyard.tabular.readers.plain_text import plain_text
from steelyard.tabular.readers.ragged import Short, even
from steelyard.tabular.readers.repeated_headers import repeated_headers, without_rows
from steelyard.tabular.readers.unnamed_files import path_of, unnamed_file
from steelyard.tabular.readers.unreadable import Unreadable

SAMPLE_BYTES = 1 << 16
SAMPLE_ROWS = 100
LONGEST_HEADER_BYTES = 2 << 20
NO_ROWS = "it has a line of column names, but no rows; if that line is a row, use header=false"
NEWLINE = re.compile(rb"[\r\n]")


def read_csv(
    path: str, asked: Dialect, only: Collection[str] | None = None, usual_encoding: str = ""
) -> tuple[pa.Table, dict[str, Any], Remarks]:
    """The table, the detected dialect, and remarks on its columns.

    With `only`, the file is to be predicted: other columns may have infinite values. If several encodings are possible,
    `usual_encoding` is preferred. Raises `Unreadable`, `MemoryError`.
    """
    with plain_text(path, asked) as plain, ExitStack() as files:
        table, dialect, remarks = _read(plain.path, plain.dialect, only, usual_encoding, files)
        return table, plain.found(dialect), remarks


def _read(
    path: str, asked: Dialect, only: Collection[str] | None, usual_encoding: str, files: ExitStack
) -> tuple[pa.Table, Dialect, Remarks]:
    with mapped(path) as content:
        start = content[:SAMPLE_BYTES]
        dialect = _find_out(start, asked)
        header = start if NEWLINE.search(start) else content[:LONGEST_HEADER_BYTES]
        if len(first_line(header, dialect)) > MOST_COLUMNS:  # the parser would take minutes to find that out
            raise Unreadable(f"it has more than {MOST_COLUMNS} columns, which is the limit")
        quotes = _check(content, dialect)
        if asked.encoding:
            dialect = replace(dialect, encoding=require_encoding(content, asked.encoding))
    parsing = Parsing(dialect, header, quotes > 0, files, usual_encoding, has_encoding=bool(asked.encoding))
    parsed = _parse(path, parsing)
    if not asked.decimal and dialect.delimiter != "," and has_decimal_commas(parsed.table):
        # Only so 1.250 is found to be 1250, where the parser would take it for a fraction.
        with_commas = replace(parsed.parsing, dialect=replace(parsed.dialect, decimal=","))
        parsed = replace(_parse(parsed.path, with_commas), short=parsed.short)
    table, repeated = _tidied(parsed)
    if (name := first_infinite(table, only)) is not None:
        texts = replace(parsed.dialect, texts=[*parsed.dialect.texts, name])
        as_texts, _ = _tidied(_parse(parsed.path, replace(parsed.parsing, dialect=texts)))
        refuse_infinite(table.column(name), as_texts.column(name), name)
    if not table.num_rows and asked.header:
        raise Unreadable(NO_ROWS)
    if only is None:
        return table, parsed.dialect, _remarks(parsed, table, repeated)
    if repeated:
        detail = "it repeats the column names; remove such lines, so that each row is one prediction"
        raise Unreadable(detail, row=repeated[0] + 1)
    return table, parsed.dialect, {}


def _remarks(parsed: "Parsed", table: pa.Table, repeated: list[int]) -> Remarks:
    """What the owner of the file should know about how it was read."""
    dialect, line = parsed.dialect, parsed.parsing.first_line
    with mapped(parsed.path) as content:
        numbers = number_remarks(content, parsed.table, dialect, partial(parsed.parsing.strings, parsed.path))
    return joined(
        short_remarks(table, parsed.short.count, parsed.short.first),
        name_remarks(line, table) if dialect.header else {},
        header_remarks(table) if dialect.header else {},
        repeated_remarks(table, repeated),
        encoding_remarks(table, dialect.encoding, parsed.parsing.others),
        {name: numbers[theirs] for theirs, name in names_of(line, dialect) if theirs in numbers},
        total_remarks(table),
        note_remarks(table),
        joined_row_remarks(table, dialect.delimiter) if parsed.parsing.has_quotes else {},
    )


def _tidied(parsed: "Parsed") -> tuple[pa.Table, list[int]]:
    """The table without lines that repeat its column names, and the numbers of those rows."""
    table = parsed.table
    line = parsed.parsing.first_line  # empty, if a name is too long
    rows = repeated_headers(table, line or table.column_names) if parsed.dialect.header else []
    if rows:
        table = without_rows(table, rows)
    return tidy(table, parsed.dialect, parse=bool(rows)), rows


def read_names(path: str, asked: Dialect) -> list[str]:
    """The names of the columns. Raises `Unreadable`."""
    with plain_text(path, asked) as plain, mapped(plain.path) as content:
        header = content[:LONGEST_HEADER_BYTES]
        dialect = _find_out(header[:SAMPLE_BYTES], plain.dialect)
        return [name for _, name in names_of(first_line(header, dialect), dialect)]


@contextmanager
def mapped(path: str) -> Iterator[mmap.mmap]:
    """The file as memory. Raises `Unreadable` if it is empty, `MemoryError` where the address space is too small."""
    with open(path, "rb") as file:  # noqa: PTH123 -- the parser's own process holds nothing but paths
        if not file.read(SAMPLE_BYTES).strip():
            raise Unreadable("it is empty")
        try:
            content = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except OSError as error:
            if error.errno == errno.ENOMEM:
                raise MemoryError from error
            raise
    with content:
        yield content


def _check(content: mmap.mmap, dialect: Dialect) -> int:
    """The number of quotes. Raises `Unreadable` over a NUL, and over a quote that is not closed."""
    if (place := content.find(b"\0")) >= 0:
        raise Unreadable("it contains a NUL byte, so it is not a text file", row=_row_of(content, place))
    quote = dialect.quote.encode()
    quotes = sum(content[first : first + BLOCK_BYTES].count(quote) for first in range(0, len(content), BLOCK_BYTES))
    if quotes % 2:
        _refuse_open_quote(content, dialect)
    return quotes


def _find_out(start: bytes, asked: Dialect) -> Dialect:
    encoding = asked.encoding or encoding_of_marks(start) or "utf-8"
    lines = start.decode(encoding, "replace").splitlines()[: SAMPLE_ROWS + 1]
    if len(start) == SAMPLE_BYTES and len(lines) > 1:
        lines.pop()  # it may be half a line
    delimiter = asked.delimiter or delimiter_of(lines, asked.quote)
    return replace(asked, encoding=encoding, delimiter=delimiter, decimal=asked.decimal or ".")


def _row_of(content: mmap.mmap, place: int) -> int:
    return content[:place].count(b"\n")


@dataclass(frozen=True)
class Parsed:
    """A table, the path of its file or of the copy that was read, and the attempt that gave it."""

    table: pa.Table
    path: str
    parsing: Parsing
    short: Short = field(default_factory=Short)

    @property
    def dialect(self) -> Dialect:
        """How the file is written."""
        return self.parsing.dialect


def _parse(path: str, parsing: Parsing) -> Parsed:
    try:
        return Parsed(parsing.run(path), path, parsing)
    except BROKEN as error:
        return _parse_again(path, parsing, error)


def _parse_again(path: str, parsing: Parsing, error: BaseException) -> Parsed:
    """Read a file with rows of other widths, or in the encoding that it has; raise what else is wrong with it."""
    said, bad, dialect = brief(error), parsing.bad, parsing.dialect
    # A row that is not UTF-8 is not handed to the handler either; as Latin-1 it is.
    is_unknown_row = not bad and "CSV parse error" in said and dialect.encoding in ("utf-8", "utf-8-sig")
    if "Empty CSV file" in said:
        raise Unreadable(NO_ROWS) from None
    if "UTF8" in said or "utf-8" in said.lower() or isinstance(error, UnicodeDecodeError) or is_unknown_row:
        with mapped(path) as content:
            return _parse_decoded(path, content, parsing)
    if bad and not parsing.is_evened:
        copy = parsing.files.enter_context(unnamed_file())
        short = even(path, copy, dialect, bad[0].expected_columns)
        return replace(_parse(path_of(copy), replace(parsing, is_evened=True)), short=short)
    if "straddling" in said:
        raise Unreadable(
            f"one of its rows is longer than {BLOCK_BYTES >> 20} MiB; check for a quote that is not closed"
        ) from None
    raise Unreadable(f"it is not a valid CSV file: {said}") from None


def _parse_decoded(path: str, content: mmap.mmap, parsing: Parsing) -> Parsed:
    """A file that is not UTF-8, in the encoding that it turns out to have."""
    dialect = parsing.dialect
    if parsing.has_encoding or dialect.encoding != "utf-8":
        require_encoding(content, dialect.encoding)
        raise Unreadable(f"it is not {dialect.encoding}")
    found = detect(content, parsing.usual_encoding)
    dialect = replace(dialect, encoding=found.encoding)
    return _parse(path, replace(parsing, dialect=dialect, others=found.others))


def _refuse_open_quote(content: mmap.mmap, dialect: Dialect) -> None:
    """Raise `Unreadable` with the row of a quote that is not closed: all that follows would be one value."""
    text = (piece.decode("latin-1") for piece in _lines(content))
    reader = csv.reader(text, delimiter=dialect.delimiter, quotechar=dialect.quote, strict=True)
    row = -1 if dialect.header else 0
    try:
        for _ in reader:
            row += 1
    except csv.Error:
        row += 1
    raise Unreadable(f"a {dialect.quote} is opened but never closed", row=max(row, 0))


def _lines(content: mmap.mmap) -> Iterator[bytes]:
    content.seek(0)
    return iter(content.readline, b"")

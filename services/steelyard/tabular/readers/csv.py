"""CSV files: their delimiter, decimal point and encoding found out, and a fault of theirs told with its row."""

import csv
import errno
import mmap
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import pyarrow as pa
import pyarrow.csv as pv

from steelyard.errors import shown
from steelyard.tabular.readers.arrow import BROKEN, MOST_COLUMNS, brief
from steelyard.tabular.readers.csv_cells import called, has_decimal_commas, tidy
from steelyard.tabular.readers.options import Dialect
from steelyard.tabular.readers.unreadable import Unreadable
from steelyard.tabular.types.markers import NULLS

SAMPLE_BYTES = 1 << 16
SAMPLE_ROWS = 100
LONGEST_HEADER_BYTES = 2 << 20
NEWLINE = re.compile(rb"[\r\n]")
BLOCK_BYTES = 2 << 20  # a fifth faster than 4 MiB: it stays in the processor's cache
DELIMITERS = (",", ";", "\t", "|")
BYTE_ORDER_MARKS = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
OTHERS = {b"PAR1": "Parquet", b"PK\x03\x04": "NPZ", b"\xff\xff\xff\xff": "Arrow", b"ARROW1": "Feather"}
# Sequences of two to four bytes that UTF-8 has, and no text in Latin-1 is likely to.
SEVERAL_BYTES = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")


def read_csv(path: str, asked: Dialect) -> tuple[pa.Table, Dialect]:
    """The table, and how it was found to be written. Raises `Unreadable`, `MemoryError`."""
    with mapped(path) as content:
        start = content[:SAMPLE_BYTES]
        dialect = _find_out(start, asked)
        header = start if NEWLINE.search(start) else content[:LONGEST_HEADER_BYTES]
        if len(_first_line(header, dialect)) > MOST_COLUMNS:  # the parser would take minutes to find that out
            raise Unreadable(f"it has more than {MOST_COLUMNS} columns, which is the limit")
        quotes = _check(content, dialect)
    parsing = Parsing(dialect, header, has_quotes=quotes > 0)
    table, dialect = _parse(path, parsing)
    if not asked.decimal and dialect.delimiter != "," and has_decimal_commas(table):
        # Only so 1.250 is found to be 1250, where the parser would take it for a fraction.
        table, dialect = _parse(path, replace(parsing, dialect=replace(dialect, decimal=",")))
    return tidy(table, dialect), dialect


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
    if dialect.encoding == "utf-16":
        return 1  # its bytes say nothing; only a parser that expects none could tear a value apart
    if (place := content.find(b"\0")) >= 0:
        seen = [f"; it looks like a {name} file" for mark, name in OTHERS.items() if content[: len(mark)] == mark]
        raise Unreadable(
            f"it contains a NUL byte, so it is not a text file{''.join(seen)}", row=_row_of(content, place)
        )
    quote = dialect.quote.encode()
    quotes = sum(content[first : first + BLOCK_BYTES].count(quote) for first in range(0, len(content), BLOCK_BYTES))
    if quotes % 2:
        _refuse_open_quote(content, dialect)
    return quotes


def _first_line(header: bytes, dialect: Dialect) -> list[str]:
    lines = header.decode(dialect.encoding, "replace").splitlines()
    try:
        return next(filter(None, csv.reader(lines, delimiter=dialect.delimiter, quotechar=dialect.quote)), [])
    except csv.Error:  # a name too long, which the parser's table shows
        return []


def _names_of(columns: list[str], dialect: Dialect) -> Iterator[tuple[str, str]]:
    """What the parser calls each column, and what we do."""
    for place, name in enumerate(columns):
        yield (name, called(name, place)) if dialect.header else (f"f{place}", f"x{place}")


def _find_out(start: bytes, asked: Dialect) -> Dialect:
    marked = next((name for mark, name in BYTE_ORDER_MARKS.items() if start.startswith(mark)), "")
    encoding = asked.encoding or marked or "utf-8"
    lines = start.decode(encoding, "replace").splitlines()[: SAMPLE_ROWS + 1]
    if len(start) == SAMPLE_BYTES and len(lines) > 1:
        lines.pop()  # it may be half a line
    delimiter = asked.delimiter or _delimiter_of(lines, asked.quote)
    return replace(asked, encoding=encoding, delimiter=delimiter, decimal=asked.decimal or ".")


def _row_of(content: mmap.mmap, place: int) -> int:
    return content[:place].count(b"\n")


def _delimiter_of(lines: list[str], quote: str) -> str:
    """The delimiter that gives most lines as many fields as the first has, and most fields."""

    def score(delimiter: str) -> tuple[int, int]:
        widths = [len(row) for row in csv.reader(lines, delimiter=delimiter, quotechar=quote) if row]
        width = widths[0] if widths else 1
        return (sum(each == width for each in widths) * (width > 1), width)

    return max(DELIMITERS, key=score)


@dataclass
class Parsing:
    """One attempt at a file, which begins with `header`. `bad` are the rows that it stumbled over."""

    dialect: Dialect
    header: bytes
    has_quotes: bool
    in_order: bool = False  # only so is the number of a bad row known
    bad: list[pv.InvalidRow] = field(default_factory=list, init=False)

    def run(self, source: Any) -> pa.Table:
        """The table of the file, or of its path. Raises what `BROKEN` lists."""
        reading = pv.ReadOptions(
            encoding="utf-8" if self.dialect.encoding == "utf-8-sig" else self.dialect.encoding,
            autogenerate_column_names=not self.dialect.header,
            block_size=BLOCK_BYTES,
            use_threads=not self.in_order,
        )
        parsing = pv.ParseOptions(
            delimiter=self.dialect.delimiter,
            quote_char=self.dialect.quote,
            newlines_in_values=self.has_quotes,
            invalid_row_handler=self._note,
        )
        converting = pv.ConvertOptions(
            null_values=[*NULLS],
            strings_can_be_null=False,
            decimal_point=self.dialect.decimal,
            column_types=dict.fromkeys(self._texts(), pa.string()),
        )
        table = pv.read_csv(source, reading, parsing, converting)
        columns = zip(table.column_names, table.schema.types, strict=True)  # names that are not UTF-8 raise
        if any(pa.types.is_binary(kind) for _, kind in columns):  # bytes that are no UTF-8
            raise pa.ArrowInvalid("invalid UTF8 data")
        return table

    def _texts(self) -> list[str]:
        """What the parser calls the columns that hold texts."""
        columns = _first_line(self.header, self.dialect) if self.dialect.texts else []
        return [name for name, ours in _names_of(columns, self.dialect) if ours in self.dialect.texts]

    def _note(self, row: pv.InvalidRow) -> str:
        self.bad.append(row)
        return "error" if len(self.bad) == 1 else "skip"


def _parse(path: str, parsing: Parsing) -> tuple[pa.Table, Dialect]:
    try:
        return parsing.run(path), parsing.dialect
    except BROKEN as error:
        with mapped(path) as content:
            return _parse_again(path, content, parsing, error)


def _parse_again(path: str, content: mmap.mmap, parsing: Parsing, error: BaseException) -> tuple[pa.Table, Dialect]:
    """Raise what is wrong with the file, or read it as the Latin-1 that it is."""
    said, bad, dialect = brief(error), parsing.bad, parsing.dialect
    # A row that is not UTF-8 is not handed to the handler either; as Latin-1 it is.
    is_unknown_row = not bad and "CSV parse error" in said and dialect.encoding in ("utf-8", "utf-8-sig")
    if "UTF8" in said or "utf-8" in said.lower() or isinstance(error, UnicodeDecodeError) or is_unknown_row:
        return _parse_as_latin_1(path, content, parsing)
    if bad and bad[0].number is None and not parsing.in_order:
        return _parse(path, replace(parsing, in_order=True))
    if bad:
        number = None if bad[0].number is None else int(bad[0].number) - (1 if dialect.header else 0)
        seen = shown(bad[0].text)
        fields = f"{bad[0].actual_columns} values; the first line has {bad[0].expected_columns}"
        raise Unreadable(f"it has {fields}: {seen}", row=number) from None
    if "straddling" in said:
        raise Unreadable(
            f"one of its rows is longer than {BLOCK_BYTES >> 20} MiB; check for a quote that is not closed"
        ) from None
    raise Unreadable(f"it is not a valid CSV file: {said}") from None


def _parse_as_latin_1(path: str, content: mmap.mmap, parsing: Parsing) -> tuple[pa.Table, Dialect]:
    """A file that is not UTF-8 is Latin-1, unless parts of it are UTF-8 all the same."""
    dialect = parsing.dialect
    if dialect.encoding not in ("utf-8", "utf-8-sig"):
        raise Unreadable(f"it is not {dialect.encoding}")
    place = _first_bad_byte(content)
    if dialect.encoding == "utf-8-sig" or SEVERAL_BYTES.search(content):
        raise Unreadable(
            f"byte {place} ({content[place]:#04x}) is not UTF-8, but other parts are: the file mixes encodings",
            row=_row_of(content, place),
        )
    return _parse(path, replace(parsing, dialect=replace(dialect, encoding="latin-1")))


def _first_bad_byte(content: mmap.mmap) -> int:
    done = 0
    while done < len(content):
        piece = content[done : done + BLOCK_BYTES]
        try:
            piece.decode("utf-8")
        except UnicodeDecodeError as error:
            if error.start < len(piece) - 3 or done + len(piece) == len(content):
                return done + error.start
            piece = piece[: error.start]  # a character that the cut went through
        done += len(piece)
    return 0


def _refuse_open_quote(content: mmap.mmap, dialect: Dialect) -> None:
    """Say in which row the quote stands that is not closed: all that follows would be one value."""
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

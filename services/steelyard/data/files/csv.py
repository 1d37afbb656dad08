"""CSV files: their delimiter, decimal point and encoding found out, and a fault of theirs told with its row."""

import csv
import mmap
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import BinaryIO

import pyarrow as pa
import pyarrow.csv as pv

from steelyard.data.files.arrow import BROKEN, brief, require_size
from steelyard.data.files.options import Dialect
from steelyard.data.files.refusal import Unreadable
from steelyard.errors import shown

SAMPLE_BYTES = 1 << 16
SAMPLE_ROWS = 100
BLOCK_BYTES = 4 << 20
DELIMITERS = (",", ";", "\t", "|")
BYTE_ORDER_MARKS = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
# Sequences of two to four bytes that UTF-8 has, and no text in Latin-1 is likely to.
SEVERAL_BYTES = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
DECIMAL_COMMA = re.compile(r"[+-]?\d+,\d+")
NUMBER = re.compile(r"[+-]?(?:\d+[.,]?\d*|[.,]\d+)(?:[eE][+-]?\d+)?")


def read_csv(path: str, asked: Dialect) -> tuple[pa.Table, Dialect]:
    """The table, and how it was found to be written."""
    with open(path, "rb") as file:  # noqa: PTH123 -- the parser's own process holds nothing but paths
        start = file.read(SAMPLE_BYTES)
        if not start.strip():
            raise Unreadable("it is empty")
        dialect = _find_out(start, asked)
        quotes = _count_quotes(file, dialect)
        content = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        if quotes % 2:
            _refuse_open_quote(content, dialect)
        return _parse(path, content, dialect, has_quotes=quotes > 0)


def _count_quotes(file: BinaryIO, dialect: Dialect) -> int:
    """How many quotes there are; a NUL is refused on the way."""
    file.seek(0)
    count = done = 0
    quote = dialect.quote.encode()
    while piece := file.read(BLOCK_BYTES):
        if dialect.encoding != "utf-16" and (place := piece.find(b"\0")) >= 0:
            with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
                raise Unreadable("it holds a NUL byte, which no text has", row=_row_of(content, done + place))
        count += piece.count(quote)
        done += len(piece)
    return count


def _find_out(start: bytes, asked: Dialect) -> Dialect:
    marked = next((name for mark, name in BYTE_ORDER_MARKS.items() if start.startswith(mark)), "")
    encoding = asked.encoding or marked or "utf-8"
    lines = start.decode(encoding, "replace").splitlines()[: SAMPLE_ROWS + 1]
    if len(start) == SAMPLE_BYTES and len(lines) > 1:
        lines.pop()  # it may be half a line
    delimiter = asked.delimiter or _delimiter_of(lines, asked.quote)
    decimal = asked.decimal or _decimal_of(lines, delimiter, asked.quote)
    return replace(asked, encoding=encoding, delimiter=delimiter, decimal=decimal)


def _row_of(content: mmap.mmap, place: int) -> int:
    return content[:place].count(b"\n")


def _delimiter_of(lines: list[str], quote: str) -> str:
    """The delimiter that gives most lines as many fields as the first has, and most fields."""

    def score(delimiter: str) -> tuple[int, int]:
        widths = [len(row) for row in csv.reader(lines, delimiter=delimiter, quotechar=quote) if row]
        width = widths[0] if widths else 1
        return (sum(each == width for each in widths) * (width > 1), width)

    return max(DELIMITERS, key=score)


def _decimal_of(lines: list[str], delimiter: str, quote: str) -> str:
    """A comma, where another character parts the fields and numbers are written with one."""
    if delimiter == ",":
        return "."
    cells = [cell.strip() for row in csv.reader(lines[1:], delimiter=delimiter, quotechar=quote) for cell in row]
    commas = sum(1 for cell in cells if DECIMAL_COMMA.fullmatch(cell))
    return "," if commas and not any(NUMBER.fullmatch(cell) and "." in cell for cell in cells) else "."


def _parse(
    path: str, content: mmap.mmap, dialect: Dialect, *, has_quotes: bool, again: bool = False
) -> tuple[pa.Table, Dialect]:
    bad: list[pv.InvalidRow] = []

    def note(row: pv.InvalidRow) -> str:
        bad.append(row)
        return "error" if len(bad) == 1 else "skip"

    reading = pv.ReadOptions(
        encoding="utf-8" if dialect.encoding == "utf-8-sig" else dialect.encoding,
        autogenerate_column_names=not dialect.header,
        block_size=BLOCK_BYTES,
        use_threads=not again,  # alone, it knows the number of a bad row
    )
    parsing = pv.ParseOptions(
        delimiter=dialect.delimiter,
        quote_char=dialect.quote,
        newlines_in_values=has_quotes,
        invalid_row_handler=note,
    )
    converting = pv.ConvertOptions(
        strings_can_be_null=True, quoted_strings_can_be_null=False, decimal_point=dialect.decimal
    )
    try:
        table = pv.read_csv(path, reading, parsing, converting)
        names = table.column_names
    except BROKEN as error:
        return _explain(path, content, dialect, bad, error, has_quotes=has_quotes, again=again)
    if any(pa.types.is_binary(kind) for kind in table.schema.types):  # bytes that are no UTF-8
        return _read_in_latin(path, content, dialect, has_quotes=has_quotes)
    require_size(table.num_rows, names)
    if dialect.header and len(names) > 1 and all(NUMBER.fullmatch(name.strip()) for name in names):
        first = ", ".join(names[:3])
        raise Unreadable(f"its first line holds only numbers ({first} …); give names, or say header=false")
    if not dialect.header:
        table = table.rename_columns([f"x{place}" for place in range(table.num_columns)])
    return table, dialect


def _explain(
    path: str,
    content: mmap.mmap,
    dialect: Dialect,
    bad: list[pv.InvalidRow],
    error: Exception,
    *,
    has_quotes: bool,
    again: bool,
) -> tuple[pa.Table, Dialect]:
    """Raise what is wrong with the file, or read it as the Latin-1 that it is."""
    said = brief(error)
    # A row that is not UTF-8 is not handed to the handler either; as Latin-1 it is.
    is_unknown_row = not bad and "CSV parse error" in said and dialect.encoding in ("utf-8", "utf-8-sig")
    if "UTF8" in said or "utf-8" in said.lower() or isinstance(error, UnicodeDecodeError) or is_unknown_row:
        return _read_in_latin(path, content, dialect, has_quotes=has_quotes)
    if bad and bad[0].number is None and not again:
        return _parse(path, content, dialect, has_quotes=has_quotes, again=True)
    if bad:
        number = None if bad[0].number is None else int(bad[0].number) - (1 if dialect.header else 0)
        seen = shown(bad[0].text)
        fields = f"{bad[0].actual_columns} values; the first line has {bad[0].expected_columns}"
        raise Unreadable(f"it has {fields}: {seen}", row=number) from None
    if "straddling" in said:
        raise Unreadable(f"one of its rows is longer than {BLOCK_BYTES >> 20} MiB; a quote may not be closed") from None
    raise Unreadable(f"this is not a CSV file that can be read: {said}") from None


def _read_in_latin(path: str, content: mmap.mmap, dialect: Dialect, *, has_quotes: bool) -> tuple[pa.Table, Dialect]:
    """A file that is not UTF-8 is Latin-1, unless parts of it are UTF-8 all the same."""
    if dialect.encoding not in ("utf-8", "utf-8-sig"):
        raise Unreadable(f"it is not {dialect.encoding}")
    place = _first_bad_byte(content)
    if dialect.encoding == "utf-8-sig" or SEVERAL_BYTES.search(content):
        raise Unreadable(
            f"byte {place} ({content[place]:#04x}) is not UTF-8, and other parts are: it mixes encodings",
            row=_row_of(content, place),
        )
    return _parse(path, content, replace(dialect, encoding="latin-1"), has_quotes=has_quotes)


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
    raise Unreadable(f"a {dialect.quote} is opened and not closed", row=max(row, 0))


def _lines(content: mmap.mmap) -> Iterator[bytes]:
    content.seek(0)
    return iter(content.readline, b"")

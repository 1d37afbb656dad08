"""Remarks on numbers of a text file whose cells may have meant something else: codes with leading zeros, thousands."""

import csv
import re
from collections.abc import Iterator
from contextlib import suppress

import pyarrow as pa
import pyarrow.compute as pc

from steelyard.errors import shown
from steelyard.tabular.readers.doubts import Remarks
from steelyard.tabular.readers.options import Dialect
from steelyard.tabular.remarks import LARGEST_EXACT, Remark, large_integers

MOST_DIGITS = 1e21  # larger ones are rather measured than counted
SAMPLE_BYTES = 1 << 20  # of the file that are looked at
NEWLINE = re.compile(r"\r\n|\r|\n")
ZEROS = re.compile(r"0\d+")
SOME_ZEROS = re.compile(rb"[\n\r,;\t|\"' ]0\d")
SOME_LARGE = re.compile(rb"[0-9]{19}")
THOUSANDS = re.compile(r"-?[1-9]\d{0,2}\.\d{3}")
DIGITS = re.compile(r"[+-]?\d{17,}")
SHORT = re.compile(r"-?\d{1,3}")


def number_remarks(sample: bytes, table: pa.Table, dialect: Dialect) -> Remarks:
    """At columns of numbers, by the cells of a sample from the beginning of their file.

    `table` has the columns as they were read, in the file's order.
    """
    whole = [place for place, kind in enumerate(table.schema.types) if pa.types.is_integer(kind)]
    whole = whole if SOME_ZEROS.search(sample) else []
    fractions = [] if dialect.delimiter == "," or dialect.decimal != "." else [*_like_thousands(table)]
    is_large = SOME_LARGE.search(sample) is not None
    large = [place for place, column in enumerate(table.columns) if is_large and _is_beyond_int64(column)]
    if not whole and not fractions and not large:
        return {}
    rows = _rows(sample, dialect)
    found: dict[str, tuple[Remark, ...]] = {}
    for place in whole:
        cells = [(number, row[place].strip()) for number, row in enumerate(rows) if place < len(row)]
        zeros = [(number, cell) for number, cell in cells if ZEROS.fullmatch(cell)]
        if zeros:
            found[table.column_names[place]] = (_lost_zeros(table.column_names[place], *zeros[0], len(zeros)),)
    for place in large:
        cells = [(number, row[place].strip()) for number, row in enumerate(rows) if place < len(row)]
        written = [number for number, cell in cells if DIGITS.fullmatch(cell)]
        if written:
            name = table.column_names[place]
            found[name] = (large_integers(name, len(written), written[0]),)
    for place in fractions:
        texts = [text for row in rows if place < len(row) and (text := row[place].strip())]
        if all(THOUSANDS.fullmatch(text) or SHORT.fullmatch(text) for text in texts):
            found[table.column_names[place]] = (_thousands(table.column_names[place], texts),)
    return found


def large_number_remarks(table: pa.Table) -> Remarks:
    """At columns of JSON that were read as floats because some integers are beyond 64 bits."""
    found = {}
    for name, column in zip(table.column_names, table.columns, strict=True):
        if _is_beyond_int64(column):
            size = pc.abs(column).fill_null(0.0)
            if pc.max(size).as_py() < MOST_DIGITS:
                large = pc.greater(size, float(LARGEST_EXACT)).to_numpy()
                found[name] = (large_integers(name, int(large.sum()), int(large.argmax())),)
    return found


def _is_beyond_int64(column: pa.ChunkedArray) -> bool:
    """Whether some of the floats are larger than the integers that would have been read as such."""
    if not pa.types.is_float64(column.type):
        return False
    extremes = pc.min_max(column).as_py()
    return extremes["max"] is not None and max(-extremes["min"], extremes["max"]) >= 2**63


def _like_thousands(table: pa.Table) -> Iterator[int]:
    """The columns of fractions that would be whole numbers if their point separated thousands."""
    for place, column in enumerate(table.columns):
        if pa.types.is_float64(column.type) and column.null_count < len(column):
            size = pc.abs(column)
            parts = pc.multiply(size, 1000.0)
            are_whole = pc.less(pc.abs(pc.subtract(parts, pc.round(parts))), 1e-6)
            if pc.all(pc.and_(are_whole, pc.and_(pc.greater_equal(size, 1.0), pc.less(size, 1000.0)))).as_py():
                yield place


def _rows(sample: bytes, dialect: Dialect) -> list[list[str]]:
    lines = NEWLINE.split(sample.decode("latin-1"))
    if len(sample) == SAMPLE_BYTES:
        lines.pop()  # it may be half a line
    rows: list[list[str]] = []
    with suppress(csv.Error):  # a cell that is too long for it
        rows.extend(row for row in csv.reader(lines, delimiter=dialect.delimiter, quotechar=dialect.quote) if row)
    return rows[1:] if dialect.header else rows


def _lost_zeros(name: str, row: int, cell: str, count: int) -> Remark:
    return Remark(
        code="leading_zeros",
        level="warning",
        message=f"{count} values of {shown(name)}, such as {shown(cell)} (row {row}), were read as numbers without "
        "their leading zeros.",
        suggestion=f'If they are codes, send columns={{"{name}": {{"type": "category"}}}} with the file.',
    )


def _thousands(name: str, texts: list[str]) -> Remark:
    first = next(text for text in texts if "." in text)
    return Remark(
        code="thousands_doubt",
        level="warning",
        message=f"All values of {shown(name)} with a point, such as {shown(first)}, have three digits after it, which "
        "were read as decimals.",
        suggestion="If the point separates thousands, send the file with decimal=, (a comma).",
    )

"""One attempt of Arrow's parser at a CSV file, with the names of its columns."""

import csv
import io
import re
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.csv as pv

from steelyard.tabular.readers.csv_cells import called, numbered
from steelyard.tabular.readers.options import Dialect
from steelyard.tabular.types.markers import NULLS

BLOCK_BYTES = 2 << 20  # a fifth faster than 4 MiB: it stays in the processor's cache
BLANK_LINES = re.compile(r"[\r\n]*")


def first_line(header: bytes, dialect: Dialect) -> list[str]:
    """The values of the first line that is not blank."""
    lines = io.StringIO(header.decode(dialect.encoding, "replace"), newline="")
    try:
        return next(filter(None, csv.reader(lines, delimiter=dialect.delimiter, quotechar=dialect.quote)), [])
    except csv.Error:  # a name too long, which the parser's table shows
        return []


def names_of(line: Sequence[str], dialect: Dialect) -> Iterator[tuple[str, str]]:
    """What the parser calls each column of a first line, and what we call it."""
    if not dialect.header:
        return ((f"f{place}", f"x{place}") for place in range(len(line)))
    ours = numbered([called(name, place) for place, name in enumerate(line)])
    return zip(ours if _is_repeated(line) else line, ours, strict=True)


def _is_repeated(line: Sequence[str]) -> bool:
    """Whether some columns have the same name. The parser then gets ours, since it finds columns by their names."""
    return len({*line}) < len(line)


@dataclass
class Parsing:
    """One attempt at a file, which begins with `header`.

    `files` holds copies of it that are needed as long as the file is read. `bad` are the rows of another width.
    """

    dialect: Dialect
    header: bytes
    has_quotes: bool
    files: ExitStack
    usual_encoding: str = ""
    has_encoding: bool = False  # stated by the sender
    others: tuple[str, ...] = ()  # encodings that it may have as well
    is_evened: bool = False  # it is a copy in which each row has as many values
    bad: list[pv.InvalidRow] = field(default_factory=list, init=False)

    @property
    def first_line(self) -> list[str]:
        """The values of the first line."""
        return first_line(self.header, self.dialect)

    def run(self, source: Any) -> pa.Table:
        """The table of the file, or of its path. Raises what `BROKEN` lists."""
        converting = pv.ConvertOptions(
            null_values=[*NULLS],
            strings_can_be_null=False,
            decimal_point=self.dialect.decimal,
            column_types=dict.fromkeys(self._texts(), pa.string()),
        )
        table = pv.read_csv(source, *self._options(), converting)
        columns = zip(table.column_names, table.schema.types, strict=True)  # names that are not UTF-8 raise
        if any(pa.types.is_binary(kind) for _, kind in columns):  # bytes that are no UTF-8
            raise pa.ArrowInvalid("invalid UTF8 data")
        return table

    def strings(self, source: Any, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
        """The cells of some columns, by the parser's names, as they are written; a block of the file at a time."""
        converting = pv.ConvertOptions(include_columns=columns, column_types=dict.fromkeys(columns, pa.string()))
        with pv.open_csv(source, *self._options(), converting) as reader:
            yield from reader

    def _options(self) -> tuple[pv.ReadOptions, pv.ParseOptions]:
        line = self.first_line
        has_names = self.dialect.header and _is_repeated(line)
        reading = pv.ReadOptions(
            encoding="utf-8" if self.dialect.encoding == "utf-8-sig" else self.dialect.encoding,
            autogenerate_column_names=not self.dialect.header,
            column_names=[ours for _, ours in names_of(line, self.dialect)] if has_names else None,
            skip_rows_after_names=self._lines_of_header() if has_names else 0,
            block_size=BLOCK_BYTES,
        )
        parsing = pv.ParseOptions(
            delimiter=self.dialect.delimiter,
            quote_char=self.dialect.quote,
            newlines_in_values=self.has_quotes,
            invalid_row_handler=self._note,
        )
        return reading, parsing

    def _lines_of_header(self) -> int:
        """The blank lines before the names, and the names, which are one line to the parser."""
        start = self.header.decode(self.dialect.encoding, "replace").removeprefix("\ufeff")
        blank = BLANK_LINES.match(start)
        assert blank is not None  # it matches nothing, too
        return 1 + len(blank[0].splitlines())

    def _texts(self) -> list[str]:
        """The parser's names of the columns that stay strings."""
        columns = self.first_line if self.dialect.texts else []
        return [name for name, ours in names_of(columns, self.dialect) if ours in self.dialect.texts]

    def _note(self, row: pv.InvalidRow) -> str:
        self.bad.append(row)
        return "error"

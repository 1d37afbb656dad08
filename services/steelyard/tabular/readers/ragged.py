"""Rows of a CSV file that have fewer values than its first line, or more of which the last are empty.

The parser takes neither. As in pandas, the values that a short row lacks are missing; and since programs write empty
cells beyond the last column, those are dropped. A row with more values is an error.
"""

import csv
import io
import re
from dataclasses import dataclass, field
from typing import IO

from steelyard.errors import shown
from steelyard.tabular.readers.options import Dialect
from steelyard.tabular.readers.unreadable import Unreadable

COMMENT = re.compile(r"\s*([#%!])")
BLANK = " \t\x1a"  # with the mark of DOS for the end of a file
MOST_NAMED = 3


@dataclass
class Short:
    """The rows that lacked values: how many, and the numbers of the first of them, from 0."""

    count: int = 0
    first: list[int] = field(default_factory=list)


def even(path: str, target: IO[bytes], dialect: Dialect, width: int) -> Short:
    """Write the file with `width` values in each row. Raises `Unreadable` over a row with more values, or a comment."""
    short = Short()
    # A byte order mark stays, and so do bytes that are not of the encoding: the parser must find both.
    encoding = "utf-8" if dialect.encoding == "utf-8-sig" else dialect.encoding
    text = io.TextIOWrapper(target, encoding, errors="surrogateescape", newline="")
    writer = csv.writer(text, delimiter=dialect.delimiter, quotechar=dialect.quote, lineterminator="\n")
    number = -1 if dialect.header else 0
    with open(path, encoding=encoding, errors="surrogateescape", newline="") as source:  # noqa: PTH123 -- only paths
        try:
            for row in csv.reader(source, delimiter=dialect.delimiter, quotechar=dialect.quote):
                if len(row) > 1 or "".join(row).strip(BLANK):
                    writer.writerow(row if len(row) == width else _evened(row, width, short, number, dialect.delimiter))
                    number += 1
            text.flush()
        except csv.Error as error:
            raise Unreadable(f"it is not a valid CSV file: {error}", row=number + 1) from None
        finally:
            text.detach()
    return short


def _evened(row: list[str], width: int, short: Short, number: int, delimiter: str) -> list[str]:
    is_comment = len(row) < width and COMMENT.match(row[0])
    if is_comment or any(map(str.strip, row[width:])):
        raise _other_width(row, width, number, delimiter)
    if len(row) < width:
        short.count += 1
        if len(short.first) < MOST_NAMED:
            short.first.append(number)
    return (row + [""] * (width - len(row)))[:width]


def _other_width(row: list[str], width: int, number: int, delimiter: str) -> Unreadable:
    """The error over a row that has more values than the first line, or fewer in what looks like a comment."""
    text = delimiter.join(row).encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    count = "1 value" if len(row) == 1 else f"{len(row)} values"
    mark = COMMENT.match(text)
    hint = f"; if it is a comment, use the option comment with {mark[1]}" if mark else ""
    return Unreadable(f"it has {count}; the first line has {width}: {shown(text)}{hint}", row=number + 1)

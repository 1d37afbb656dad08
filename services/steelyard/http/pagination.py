"""Lists whose rows are streamed, and tables as CSV."""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import Any

from steelyard.documents.writer import dump
from steelyard.store.blocks import Blocks

CSV = "text/csv"
FORMULA = ("=", "+", "-", "@", "\t", "\r")
# What begins like a formula and is none: a number such as -1, +0.5, -1e-3, -12,5 or -3%, and signs alone, such as --.
INERT = re.compile(r"[+-]*|[+-](?:[0-9]+(?:[.,][0-9]*)?|[.,][0-9]+)(?:[eE][+-]?[0-9]+)?%?")


def as_csv(header: Sequence[str], blocks: Iterable[Iterable[Sequence[Any]]]) -> Iterator[bytes]:
    """A table as CSV, a block of rows at a time.

    A string that a spreadsheet would take for a formula gets an apostrophe in front; a number in a string does not.
    """
    for rows in chain([[header]], blocks):
        buffer = io.StringIO()
        csv.writer(buffer, lineterminator="\r\n").writerows([_inert(value) for value in row] for row in rows)
        yield buffer.getvalue().encode()


def _inert(value: Any) -> Any:
    is_formula = isinstance(value, str) and value.startswith(FORMULA) and INERT.fullmatch(value) is None
    return f"'{value}" if is_formula else value


def as_rows(found: Blocks) -> Iterator[bytes]:
    """Rows in the list that they belong to, a block at a time."""
    yield dump(found.head)[: -len("]}")]
    first = True
    for rows in found.rows:
        yield (b"" if first else b",") + dump(rows)[1:-1]
        first = False
    yield b"]}"

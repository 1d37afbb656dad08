"""Remarks on numbers of a text file whose cells may have meant something else: codes with leading zeros, thousands."""

import mmap
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from steelyard.errors import shown
from steelyard.tabular.readers.doubts import Remarks
from steelyard.tabular.readers.options import Dialect
from steelyard.tabular.remarks import LARGEST_EXACT, Remark, large_integers

MOST_DIGITS = 1e21  # larger ones are rather measured than counted
BLOCK_BYTES = 1 << 20
OVERLAP_BYTES = 32  # a code across two blocks may be as long
ZEROS = r"^0\d+$"
EXPONENT = r"^\d+[eE]\d+$"  # programs write 1e+05
LARGE = r"^[+-]?\d{17,}$"
THOUSANDS = r"^-?[1-9]\d{0,2}\.\d{3}$"
SHORT = r"^-?\d{1,3}$"
Strings = Callable[[Sequence[str]], Iterator[pa.RecordBatch]]


@dataclass
class Seen:
    """The cells of a column that match a pattern: how many, and the first with its row."""

    pattern: str
    count: int = 0
    row: int = -1
    cell: str = ""

    def look(self, cells: pa.Array, first: int) -> None:
        """Count the cells of a block of the file, which begins with the row `first`."""
        matches = pc.match_substring_regex(cells, self.pattern)
        found = pc.sum(matches).as_py() or 0
        if found and not self.count:
            place = pc.index(matches, True).as_py()
            self.row, self.cell = first + place, cells[place].as_py()
        self.count += found


def number_remarks(content: mmap.mmap, table: pa.Table, dialect: Dialect, strings: Strings) -> Remarks:
    """At columns of numbers, by how their cells are written.

    `table` has the columns as the parser read them from the `content`; `strings` gives the cells of some of them.
    """
    suspects = _suspects(content, table, dialect)
    if not suspects:
        return {}
    row = 0
    for block in strings([*suspects]):
        for name, patterns in suspects.items():
            cells = pc.ascii_trim_whitespace(block.column(name))
            for seen in patterns:
                seen.look(cells, row)
        row += block.num_rows
    found = {name: tuple(_remarks(name, table.column(name), patterns)) for name, patterns in suspects.items()}
    return {name: remarks for name, remarks in found.items() if remarks}


def _suspects(content: mmap.mmap, table: pa.Table, dialect: Dialect) -> dict[str, list[Seen]]:
    """The patterns that are to be looked for, by the columns where they may be."""
    found: dict[str, list[Seen]] = {}
    columns = [*zip(table.column_names, table.columns, strict=True)]
    whole = [name for name, column in columns if pa.types.is_integer(column.type)]
    floats = [name for name, column in columns if pa.types.is_float64(column.type) and _are_whole(column)]
    zeros, exponents = _written(content, dialect, zeros=bool(whole), exponents=bool(floats))
    found |= {name: [Seen(ZEROS)] for name in whole if zeros}
    found |= {name: [Seen(EXPONENT)] for name in floats if exponents}
    for name, column in columns:
        if _is_beyond_int64(column):
            found.setdefault(name, []).append(Seen(LARGE))
        elif dialect.delimiter != "," and dialect.decimal == "." and _is_like_thousands(column):
            found.setdefault(name, []).extend((Seen(THOUSANDS), Seen(SHORT)))
    return found


def _remarks(name: str, column: pa.ChunkedArray, patterns: list[Seen]) -> Iterator[Remark]:
    seen = {each.pattern: each for each in patterns if each.count}
    if ZEROS in seen:
        yield _lost_zeros(name, seen[ZEROS])
    if EXPONENT in seen:
        yield _exponents(name, seen[EXPONENT])
    if LARGE in seen:
        yield large_integers(name, seen[LARGE].count, seen[LARGE].row)
    if THOUSANDS in seen and sum(each.count for each in seen.values()) == len(column) - column.null_count:
        yield _thousands(name, seen[THOUSANDS].cell)


def _written(content: mmap.mmap, dialect: Dialect, *, zeros: bool, exponents: bool) -> tuple[bool, bool]:
    """Whether a cell of the file is digits after a zero, and whether one is digits around an E."""
    edges = np.zeros(256, bool)
    edges[[*b"\r\n \t", *dialect.delimiter.encode("latin-1"), *dialect.quote.encode("latin-1")]] = True
    has_zeros = has_exponents = False
    for first in range(0, len(content), BLOCK_BYTES):
        before = content[first - OVERLAP_BYTES : first] if first else b"\n"  # which may begin within a cell
        after = b"\n" if first + BLOCK_BYTES >= len(content) else b""
        text = np.frombuffer(before + content[first : first + BLOCK_BYTES] + after, np.uint8)
        is_digit = (text - ord("0")) < 10  # others wrap around
        if zeros and not has_zeros:
            starts = np.flatnonzero((text[1:-1] == ord("0")) & is_digit[2:] & ~is_digit[:-2]) + 1
            starts = starts[edges[text[starts - 1]]]
            has_zeros = bool(_ends_there(text, starts + 1, 1, is_digit, edges).any())
        if exponents and not has_exponents:
            marks = np.flatnonzero(((text[1:-1] | 0x20) == ord("e")) & is_digit[2:] & is_digit[:-2]) + 1
            ends = _ends_there(text, marks + 1, 1, is_digit, edges) & _ends_there(text, marks - 1, -1, is_digit, edges)
            has_exponents = bool(ends.any())
        if has_zeros >= zeros and has_exponents >= exponents:
            break
    return has_zeros, has_exponents


def _ends_there(
    text: NDArray[np.uint8], places: NDArray[np.int64], step: int, is_digit: NDArray[np.bool_], edges: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Whether the digits from each of these places on reach to the edge of a cell, in the direction of `step`."""
    last = len(text) - 1
    while (is_within := is_digit[places] & (places > 0) & (places < last)).any():
        places = np.where(is_within, places + step, places)
    return edges[text[places]]


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


def _are_whole(column: pa.ChunkedArray) -> bool:
    """Whether all of the floats are whole numbers."""
    return bool(pc.all(pc.equal(column, pc.floor(column))).as_py())


def _is_like_thousands(column: pa.ChunkedArray) -> bool:
    """Whether the floats would be whole numbers if their point separated thousands."""
    if not pa.types.is_float64(column.type) or column.null_count == len(column):
        return False
    size = pc.abs(column)
    parts = pc.multiply(size, 1000.0)
    are_whole = pc.less(pc.abs(pc.subtract(parts, pc.round(parts))), 1e-6)
    return bool(pc.all(pc.and_(are_whole, pc.and_(pc.greater_equal(size, 1.0), pc.less(size, 1000.0)))).as_py())


def _lost_zeros(name: str, zeros: Seen) -> Remark:
    return Remark(
        code="leading_zeros",
        level="warning",
        message=f"{zeros.count} values of {shown(name)}, such as {shown(zeros.cell)} (row {zeros.row}), were read as "
        "numbers without their leading zeros.",
        suggestion=f'If they are codes, send columns={{"{name}": {{"type": "category"}}}} with the file.',
    )


def _exponents(name: str, codes: Seen) -> Remark:
    return Remark(
        code="exponent_doubt",
        level="warning",
        message=f"{codes.count} values of {shown(name)}, such as {shown(codes.cell)} (row {codes.row}), were read as "
        f"numbers with an exponent: {float(codes.cell):g}.",
        suggestion=f'If they are codes, send columns={{"{name}": {{"type": "category"}}}} with the file.',
    )


def _thousands(name: str, cell: str) -> Remark:
    return Remark(
        code="thousands_doubt",
        level="warning",
        message=f"All values of {shown(name)} with a point, such as {shown(cell)}, have three digits after it, which "
        "were read as decimals.",
        suggestion="If the point separates thousands, send the file with decimal=, (a comma).",
    )

"""Remarks on decisions about a whole text file, at the columns that they concern."""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress

import pyarrow as pa
import pyarrow.compute as pc

from steelyard.errors import shown
from steelyard.tabular.readers.csv_cells import NUMBER, numbered
from steelyard.tabular.remarks import Remark
from steelyard.tabular.values import trimmed

Remarks = Mapping[str, tuple[Remark, ...]]
LONG_NUMBER = 5  # digits
MOST_SHOWN = 3  # cells, and rows
MOST_NOTES = 20  # rows at the end
MOST_DELIMITED = 1_000  # columns, as regular expressions count
FEWEST_COLUMNS = 3  # with which a single value is remarkable
SEVERAL_WORDS = r"\S\s+\S"
MOST_STRINGS = 10_000  # of a column, that are looked at
BEYOND_ASCII = r"[^\x00-\x7f]"
TOTALS = r"(?i)^(grand |sub-?)?(totals?|sum|summe|gesamt(summe)?|insgesamt|suma|totale|somme)( g[eé]n[eé]rale?)?:?$"


def encoding_remarks(table: pa.Table, encoding: str, others: Sequence[str]) -> Remarks:
    """At each column with strings that another plausible encoding reads differently."""
    found: dict[str, tuple[Remark, ...]] = {}
    if not others:
        return found
    for name, column in zip(table.column_names, table.columns, strict=True):
        differences = [f"the name in {other}: {shown(read)}" for other, read in _readings(name, encoding, others)][:1]
        if pa.types.is_string(column.type):
            differences += _cells(column, encoding, others)
        if differences:
            found[name] = (_assumed(name, encoding, differences[:MOST_SHOWN]),)
    return found


def _cells(column: pa.ChunkedArray, encoding: str, others: Sequence[str]) -> Iterator[str]:
    """Strings that another encoding reads differently, each with its row."""
    strings = pc.unique(column.filter(pc.match_substring_regex(column, BEYOND_ASCII))).to_pylist()
    for text in filter(None, strings[:MOST_STRINGS]):
        for other, read in _readings(text, encoding, others):
            yield f"{shown(text)} (row {pc.index(column, text).as_py()}) is {shown(read)} in {other}"
            break


def _readings(text: str, encoding: str, others: Sequence[str]) -> Iterator[tuple[str, str]]:
    """The text in the other encodings, where it differs."""
    for other in others:
        with suppress(UnicodeError):
            if (read := text.encode(encoding).decode(other)) != text:
                yield other, read


def _assumed(name: str, encoding: str, differences: list[str]) -> Remark:
    return Remark(
        code="encoding_assumed",
        level="info",
        message=f"The file is not UTF-8, and too short to tell its encoding; {shown(name)} was read as {encoding}: "
        f"{'; '.join(differences)}.",
        suggestion="If that is wrong, send the file with the encoding option, or save it as UTF-8.",
    )


def total_remarks(table: pa.Table) -> Remarks:
    """At one of the first columns, if its last cell, such as `Total`, shows that the last row sums up the others."""
    last = table.num_rows - 1
    if last < 2 or table.num_columns < 2:
        return {}
    for name, column in zip(table.column_names[:MOST_SHOWN], table.columns, strict=False):
        if pa.types.is_string(column.type) and pc.match_substring_regex(column[last], TOTALS).as_py():
            return {name: (_total(last, column[last].as_py()),)}
    return {}


def _total(row: int, cell: str) -> Remark:
    return Remark(
        code="total_row",
        level="warning",
        message=f"The last row (row {row}) is named {shown(cell)}: it may sum up the others, and is learned from like "
        "them.",
        suggestion="Remove it from the file if it is no example.",
    )


def note_remarks(table: pa.Table) -> Remarks:
    """At the first column, if the last rows have a few words there and no other value: they may be notes."""
    if table.num_columns < FEWEST_COLUMNS or not pa.types.is_string(table.schema.types[0]):
        return {}
    last = table.slice(max(0, table.num_rows - MOST_NOTES))
    are_notes = pc.match_substring_regex(last.column(0), SEVERAL_WORDS).fill_null(False)
    for column in last.columns[1:]:
        are_notes = pc.and_(are_notes, column.is_null())
    others = pc.indices_nonzero(pc.invert(are_notes))
    count = last.num_rows - 1 - (others[-1].as_py() if others else -1)
    if count in (0, table.num_rows):
        return {}
    row, name = table.num_rows - count, table.column_names[0]
    rows = f"The last row (row {row}) has" if count == 1 else f"The last {count} rows, from row {row} on, have"
    return {
        name: (
            Remark(
                code="note_rows",
                level="warning",
                message=f"{rows} a value in {shown(name)} alone: {shown(table.column(0)[row].as_py())}. They were read "
                "as data, but may be notes.",
                suggestion="Remove them from the file if they are no examples.",
            ),
        )
    }


def short_remarks(table: pa.Table, count: int, rows: Sequence[int]) -> Remarks:
    """At the last column, that `count` rows have fewer values than the first line; `rows` are the first of them."""
    if not count:
        return {}
    listed = ", ".join(map(str, rows)) + (", …" if count > len(rows) else "")
    return {
        table.column_names[-1]: (
            Remark(
                code="short_rows",
                level="warning",
                message=f"{count} of {table.num_rows} rows have fewer values than the first line: {listed}. The values "
                "that they lack, at the end of the row, count as missing.",
                suggestion="Check these rows: a delimiter may be missing, or a value may contain a line break without "
                "being quoted.",
            ),
        )
    }


def name_remarks(line: Sequence[str], table: pa.Table) -> Remarks:
    """At each column whose name occurs before in the first line, so that it got a number."""
    found: dict[str, tuple[Remark, ...]] = {}
    names = [*map(trimmed, line)]
    for place, (name, ours) in enumerate(zip(names, numbered(names), strict=True)):
        if ours != name and ours in table.column_names:
            first = names.index(name) + 1
            found[ours] = (
                Remark(
                    code="repeated_name",
                    level="info",
                    message=f"Column {place + 1} has the same name as column {first}, {shown(name)}; it was renamed "
                    f"{shown(ours)}.",
                    suggestion="Use that name in jobs and requests, or rename the column in the file.",
                ),
            )
    return found


def joined_row_remarks(table: pa.Table, delimiter: str) -> Remarks:
    """At columns with values that hold whole rows, as where the closing quote of a value is missing in two rows.

    Such a value has the rest of its row before the first line break, and as many delimiters as rows have in all.
    """
    found: dict[str, tuple[Remark, ...]] = {}
    others = table.num_columns - 1
    if not 0 < others < MOST_DELIMITED:
        return found
    for place, (name, column) in enumerate(zip(table.column_names, table.columns, strict=True)):
        if pa.types.is_string(column.type) and pc.any(pc.match_substring(column, "\n")).as_py():
            has_all = pc.equal(
                pc.count_substring(column, delimiter), pc.multiply(pc.count_substring(column, "\n"), others)
            )
            cell = rf"[^\n{re.escape(delimiter)}]*"
            rest = rf"^(?:{cell}{re.escape(delimiter)}){{{others - place}}}{cell}\n"
            is_joined = pc.and_(has_all, pc.match_substring_regex(column, rest))
            count = pc.sum(is_joined).as_py() or 0
            if count:
                row = pc.index(is_joined, True).as_py()
                found[name] = (_joined_rows(name, count, row, column[row].as_py()),)
    return found


def _joined_rows(name: str, count: int, row: int, cell: str) -> Remark:
    return Remark(
        code="joined_rows",
        level="warning",
        message=f"{count} values of {shown(name)} have line breaks, and as many delimiters as rows have, such as "
        f"{shown(cell)} (row {row}): they may be several rows that were read as one value.",
        suggestion="Check the quotes in these rows; if quotes are part of the values, state another quotechar.",
    )


def header_remarks(table: pa.Table) -> Remarks:
    """At a column whose name is a number, as its values are, so that the first line of the file may be a row.

    Tables have years or other whole numbers as names, but hardly a single one, a fraction, or a long one.
    """
    kinds = zip(table.column_names, table.schema.types, strict=True)
    names = [name for name, kind in kinds if NUMBER.fullmatch(name) and not (pa.types.is_string(kind))]
    odd = [name for name in names if not name.isdecimal() or len(name) >= LONG_NUMBER]
    if not odd and len(names) == 1 and table.num_columns > 1:
        odd = names
    return {
        name: (
            Remark(
                code="header_doubt",
                level="warning",
                message=f"The name of the column {shown(name)} is a number like its values: the first line of the file "
                "was read as column names, but may be a row.",
                suggestion="If it is a row, send the file with header=false.",
            ),
        )
        for name in odd[:1]
    }


def repeated_remarks(table: pa.Table, rows: Sequence[int]) -> Remarks:
    """At the first column, the rows, counted from 0, that repeat the line of column names."""
    if not rows:
        return {}
    listed = ", ".join(map(str, rows[:MOST_SHOWN])) + (", …" if len(rows) > MOST_SHOWN else "")
    return {
        table.column_names[0]: (
            Remark(
                code="repeated_header",
                level="info",
                message=f"{len(rows)} rows of the file repeat the column names and were dropped: {listed}.",
                suggestion="No action is needed unless they are data.",
            ),
        )
    }


def joined(*several: Remarks) -> Remarks:
    """All remarks by column."""
    names = dict.fromkeys(name for each in several for name in each)
    return {name: tuple(remark for each in several for remark in each.get(name, ())) for name in names}

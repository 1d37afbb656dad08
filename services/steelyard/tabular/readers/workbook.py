"""Excel workbooks (.xlsx): the first sheet that has data, as the CSV file that Excel would write of it.

python-calamine reads them, which is written in Rust: a million cells in 3 s, for which openpyxl takes 33 s, so that any
workbook that Excel opens fits into the processor time of a file. It holds a sheet in memory, 70 MB for a million cells,
from the first cell that is used to the last; therefore `_require_bounds` counts first.
"""

import csv
import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import IO, Any

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from steelyard.tabular.readers.archive import opened_zip
from steelyard.tabular.readers.arrow import brief
from steelyard.tabular.readers.csv_cells import called, numbered
from steelyard.tabular.readers.options import Dialect
from steelyard.tabular.readers.unnamed_files import path_of, unnamed_file
from steelyard.tabular.readers.unreadable import Unreadable, refuse_bomb

PIECE_BYTES = 1 << 20
OVERLAP_BYTES = 4 << 10
MOST_CELLS = 50_000_000
LARGEST_WHOLE = 2**53
COLUMN = re.compile(rb'<c\s[^>]*?\br="([A-Z]{1,3})[0-9]')
ROW = re.compile(rb'<(?:row|c)\s[^>]*?\br="[A-Z]{0,3}([0-9]{1,7})"')
# A formula without a result. Excel itself writes an empty one as a string.
UNCALCULATED = re.compile(rb'<c\s(?![^>]*\bt="str")[^>]*>\s*<f\b[^>]*>[^<]*</f>\s*(?:<v\s*/>|<v></v>)?\s*</c>')
ZEROS = re.compile(r"0\d+")
Cell = Any


@dataclass(frozen=True)
class Sheet:
    """A sheet as a CSV file: its path, its dialect, and the facts for `read_as`."""

    path: str
    dialect: Dialect
    found: dict[str, str]


@contextmanager
def sheet_as_csv(path: str, max_bytes: int, asked: Dialect) -> Iterator[Sheet]:
    """The first sheet that has data. Raises `Unreadable`."""
    _require_bounds(path, max_bytes)
    try:
        with CalamineWorkbook.from_path(path) as workbook, unnamed_file() as plain:
            sheet, others = _first_with_data(workbook)
            strings = _write(sheet, plain, asked)
            found = {"sheet": sheet.name} | ({"other_sheets": ", ".join(others)} if others else {})
            dialect = replace(asked, delimiter=",", quote='"', encoding="utf-8", decimal=".")
            yield Sheet(path_of(plain), replace(dialect, texts=(*asked.texts, *strings)), found)
    except (CalamineError, OverflowError) as error:
        raise Unreadable(f"it is not a valid Excel workbook: {brief(error)}") from None


def _require_bounds(path: str, max_bytes: int) -> None:
    """Raise over a workbook too large for memory, before it is read, and over formulas without results."""
    size, done = Path(path).stat().st_size, 0
    with opened_zip(path) as archive:
        for entry in archive.infolist():
            is_sheet = entry.filename.startswith("xl/worksheets/") and entry.filename.endswith(".xml")
            if not is_sheet and entry.filename != "xl/sharedStrings.xml":
                continue
            rows = columns = 1
            with archive.open(entry) as member:
                piece = b""
                while read := member.read(PIECE_BYTES):
                    done += len(read)
                    if done > max_bytes:
                        raise Unreadable(f"it unpacks to more than {max_bytes} bytes")
                    refuse_bomb(unpacked_bytes=done, packed_bytes=size)
                    piece = piece[-OVERLAP_BYTES:] + read
                    if is_sheet:
                        rows = max(rows, *map(int, ROW.findall(piece)), 1)
                        columns = max(columns, *map(_number, {*COLUMN.findall(piece)}), 1)
                        _require_results(piece)
                if rows * columns > MOST_CELLS:
                    raise Unreadable(
                        f"a sheet reaches to row {rows} and column {columns}, which is more than {MOST_CELLS} cells"
                    )


def _number(letters: bytes) -> int:
    """The number of the column that Excel calls by these letters."""
    number = 0
    for letter in letters:
        number = number * 26 + letter - ord("A") + 1
    return number


def _require_results(piece: bytes) -> None:
    if match := UNCALCULATED.search(piece):
        cell = re.search(rb'\br="([A-Z]+[0-9]+)"', match[0])
        where = f"cell {cell[1].decode()}" if cell else "a cell"
        raise Unreadable(
            f"{where} has a formula without a result; open the workbook in Excel or LibreOffice, and save it again"
        )


def _first_with_data(workbook: CalamineWorkbook) -> tuple[CalamineSheet, list[str]]:
    """The first sheet with a table, else the first with cells, a visible one if possible; the names of the others."""
    sheets = [sheet for sheet in workbook.sheets_metadata if sheet.typ == SheetTypeEnum.WorkSheet]
    sheets.sort(key=lambda sheet: sheet.visible != SheetVisibleEnum.Visible)
    found = None
    for each in sheets:
        sheet = workbook.get_sheet_by_name(each.name)
        if sheet.start is not None and (found is None or _is_table(sheet)):
            found = sheet
            if _is_table(sheet):
                break
    if found is None:
        raise Unreadable("it is an Excel workbook without data")
    return found, [other.name for other in sheets if other.name != found.name]


def _is_table(sheet: CalamineSheet) -> bool:
    """Whether it has several rows and columns: a sheet of notes often comes first."""
    return sheet.height > 1 and sheet.width > 1


def _write(sheet: CalamineSheet, plain: IO[bytes], asked: Dialect) -> list[str]:
    """Write the sheet as CSV. Returns the columns of strings with leading zeros, which numbers would lose."""
    text = io.TextIOWrapper(plain, encoding="utf-8", newline="")
    writer = csv.writer(text, lineterminator="\n")
    names: list[str] = []
    zeros: set[int] = set()  # columns with a string of digits after a zero
    others: set[int] = set()  # columns with a value that is not a string
    for number, row in enumerate(sheet.iter_rows()):
        cells = [*map(_written, row)]
        if not any(cells):
            text.write("\n")
            continue
        writer.writerow(cells)
        if number >= asked.skip_rows and not names and asked.header:
            names = cells
            continue
        for place, value in enumerate(row):
            if type(value) is not str:
                others.add(place)
            elif ZEROS.fullmatch(value):
                zeros.add(place)
    text.flush()
    text.detach()
    ours = numbered([called(name, place) for place, name in enumerate(names)])
    return [ours[place] if names else f"x{place}" for place in sorted(zeros - others)]


def _written(value: Cell) -> str:
    """A cell as text: numbers and dates as any program reads them."""
    match value:
        case bool():
            return "true" if value else "false"
        case float() if value.is_integer() and abs(value) <= LARGEST_WHOLE:
            return str(int(value))
        case datetime() | date() | time():
            return value.isoformat()
        case timedelta():
            return str(value.total_seconds())
        case _:
            return str(value)

"""The first sheet of an Excel workbook that has data is a data set."""

import pytest

from steelyard.tabular.readers.unreadable import Unreadable
from tests.tabular.readers.conftest import Read
from tests.tabular.readers.workbooks import DATE, rows, workbook, zipped

NAMES = ["n", "x", "text", "ok", "code"]
TABLE = rows(NAMES, [1, 1.5, "é, ü", True, "007"], [None, -2, None, False, "012"], [3, 1e20, "b\nc", None, "1"])
COLUMNS = {
    "n": [1, None, 3],
    "x": [1.5, -2, 1e20],
    "text": ["é, ü", None, "b\nc"],
    "ok": [True, False, None],
    "code": ["007", "012", "1"],
}


@pytest.mark.parametrize("form", ["csv", "xlsx", "zip"])
def test_the_first_visible_sheet_with_data_is_read_and_named(read: Read, form: str) -> None:
    content = workbook({"empty": "", "secret": rows(["a"], [1]), "Daten": TABLE, "more": rows(["b"])}, hidden="secret")
    found, columns = read(content, form)
    assert columns == COLUMNS
    assert found == {"sheet": "Daten", "other_sheets": "empty, more, secret"}


def test_a_sheet_of_notes_is_passed_over_for_a_table(read: Read) -> None:
    notes, column = rows(["see the next sheet"], ["thanks"]), rows(["a"], [1], [2])
    found, columns = read(workbook({"Info": notes, "Daten": TABLE, "more": TABLE}), "xlsx")
    assert (found["sheet"], columns) == ("Daten", COLUMNS)
    assert read(workbook({"s": column, "t": rows(["x", "y"])}), "xlsx")[1] == {"a": [1, 2]}


def test_codes_keep_their_zeros_in_columns_with_the_same_name(read: Read) -> None:
    content = workbook({"s": rows(["a", "a"], [1, "007"], [2, "012"])})
    assert read(content, "xlsx")[1] == {"a": [1, 2], "a.1": ["007", "012"]}


def test_dates_are_datetimes_and_errors_are_missing(read: Read) -> None:
    cells = '<row r="1"><c r="A1" t="inlineStr"><is><t>when</t></is></c><c r="B1" t="str"><v>y</v></c></row>'
    for row, day in enumerate((45000, 45000.5), start=2):
        cells += f'<row r="{row}"><c r="A{row}"{DATE}><v>{day}</v></c><c r="B{row}" t="e"><v>#DIV/0!</v></c></row>'
    columns = read(workbook({"s": cells}))[1]
    assert columns == {"when": [1678838400.0, 1678881600.0], "y": [None, None]}


def test_rows_are_skipped_as_excel_numbers_them(read: Read) -> None:
    content = workbook({"s": rows(["Report"], first=3) + rows(["a", "b"], [1, 2], [3, 4], first=5)})
    with pytest.raises(Unreadable, match="line 5 like the first of a table; if it is, use skip_rows=4"):
        read(content)
    assert read(content, skip_rows=4)[1] == {"a": [1, 3], "b": [2, 4]}
    assert read(content, skip_rows=5, header=False)[1] == {"x0": [1, 3], "x1": [2, 4]}


def test_a_formula_without_a_result_is_not_an_empty_cell(read: Read) -> None:
    empty = '<row r="2"><c r="A2"><v>1</v></c><c r="B2" t="str"><f>IF(A2,"","")</f><v></v></c></row>'
    header = rows(["b"]).replace("</row>", '<c r="A1" t="str"><v>a</v></c></row>')
    assert read(workbook({"s": header + empty}))[1]["b"] == [None]
    with pytest.raises(Unreadable, match="cell B2 has a formula without a result"):
        read(workbook({"s": header + empty.replace(' t="str"', "")}))


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (workbook({"s": ""}), "without data"),
        (workbook({"s": '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"/></row>'}), "cells"),
        (workbook({"s": TABLE})[:-400], "not a valid ZIP file"),
        (workbook({"s": "<row"}), "not a valid Excel workbook"),
        (zipped({"xl/workbook.xml": b"<workbook/>"}), "not a valid Excel workbook"),
        (b"a,b\n1,2\n", "it is not an Excel workbook"),
    ],
    ids=["empty", "sparse", "truncated", "broken", "no-parts", "csv"],
)
def test_a_bad_workbook_is_rejected(read: Read, content: bytes, says: str) -> None:
    with pytest.raises(Unreadable, match=says):
        read(content, "xlsx")


def test_a_workbook_that_is_a_bomb_is_rejected(read: Read) -> None:
    with pytest.raises(Unreadable, match="200 times its size"):
        read(workbook({"s": "<row></row>" * 9_000_000}), "xlsx")

"""Lines of column names within a file are dropped, and rows that only look like them are kept."""

import pytest

from steelyard.tabular.readers.unreadable import Unreadable
from tests.tabular.readers.conftest import Read, Remarks


@pytest.mark.parametrize(
    ("content", "columns"),
    [
        ("a,b\n1,2\na,b\n3,4\n", {"a": [1, 3], "b": [2, 4]}),
        ('"a", b\n1, x\n"a", b\n3, y\na, b\n', {"a": [1, 3], "b": ["x", "y"]}),
        ("nr;25;26\nA;1,5;2\nnr;25;26\nB;2,5;3\n", {"nr": ["A", "B"], "25": [1.5, 2.5], "26": [2, 3]}),
        ("a,b,\n1,2,\na,b,\n3,4,\n", {"a": [1, 3], "b": [2, 4]}),
        ("\ufeffa,b\n1,2\n\ufeffa,b\n3,4\n", {"a": [1, 3], "b": [2, 4]}),
    ],
)  # fmt: skip
def test_a_repeated_header_is_dropped(read: Read, content: str, columns: dict[str, list[object]]) -> None:
    assert read(content)[1] == columns


def test_the_rows_that_were_dropped_are_named(remarks: Remarks) -> None:
    found = remarks("a,b\n1,2\na,b\n3,4\na,b\n")
    assert [(remark["code"], remark["level"]) for remark in found["a"]] == [("repeated_header", "info")]
    assert "2 rows of the file repeat the column names and were dropped: 1, 3." in found["a"][0]["message"]
    assert found["b"] == []


@pytest.mark.parametrize(
    ("content", "columns"),
    [
        ("a,b\na,2\n1,b\n", {"a": ["a", "1"], "b": ["2", "b"]}),
        ("a\n1\na\n", {"a": ["1", "a"]}),
        ("1,2\n3,4\n1,2\n", {"x0": [1, 3, 1], "x1": [2, 4, 2]}),
    ],
)
def test_a_row_that_is_no_header_is_kept(read: Read, content: str, columns: dict[str, list[object]]) -> None:
    assert read(content, header=content[0] != "1")[1] == columns


def test_a_cell_too_large_for_a_number_is_shown_beside_a_repeated_header(read: Read) -> None:
    with pytest.raises(Unreadable, match=r"row 2, column 'a': '1e999' must be within"):
        read("a,b\n1,2\na,b\n1e999,4\n")


def test_a_repeated_header_in_rows_to_predict_is_rejected(read: Read) -> None:
    with pytest.raises(Unreadable, match="row 2: it repeats the column names; remove such lines"):
        read("a,b\n1,2\na,b\n", wanted={"a": False})

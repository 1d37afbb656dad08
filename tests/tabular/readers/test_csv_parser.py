"""One attempt of Arrow's parser: names, and cells as they are written."""

from contextlib import ExitStack
from io import BytesIO

import pytest

from steelyard.tabular.readers.csv_parser import Parsing, first_line, names_of
from steelyard.tabular.readers.options import Dialect
from tests.tabular.readers.conftest import Read, Remarks

COMMA = Dialect(delimiter=",", encoding="utf-8", decimal=".")


def test_a_repeated_name_gets_a_number_as_in_pandas(read: Read) -> None:
    assert read("a,b,a,a.1,a\n1,2,3,4,5\n")[1] == {"a": [1], "b": [2], "a.2": [3], "a.1": [4], "a.3": [5]}
    assert read("a, a\n1,2\n")[1] == {"a": [1], "a.1": [2]}


@pytest.mark.parametrize("start", ["", "\n", "\r\n\r\n", "\ufeff", "\ufeff\n"])
def test_the_line_of_repeated_names_is_no_row(read: Read, start: str) -> None:
    assert read(f"{start}a,a\n1,x\n2,y\n")[1] == {"a": [1, 2], "a.1": ["x", "y"]}
    assert read(f'{start}"a\nb","a\nb"\n1,x\n')[1] == {"a\nb": [1], "a\nb.1": ["x"]}


@pytest.mark.parametrize("encoding", ["cp1252", "utf-8", "utf-8-sig"])
def test_repeated_names_of_any_encoding_are_read(read: Read, encoding: str) -> None:
    content = "größe,größe\n1,Köln\n2,Straßburg\n".encode(encoding)
    assert read(content)[1] == {"größe": [1, 2], "größe.1": ["Köln", "Straßburg"]}


def test_a_repeated_name_is_a_remark_at_its_column(remarks: Remarks) -> None:
    found = remarks("a,b,a\n1,2,3\n")
    assert found["a"] == found["b"] == []
    [remark] = found["a.1"]
    assert (remark["code"], remark["level"]) == ("repeated_name", "info")
    assert remark["message"] == "Column 3 has the same name as column 1, 'a'; it was renamed 'a.1'."


def test_one_of_several_columns_of_a_name_keeps_its_strings(read: Read) -> None:
    assert read("a,a\n01,02\n", texts=["a.1"])[1] == {"a": [1], "a.1": ["02"]}
    assert read("a,a\n01,02\n", wanted={"a": True, "a.1": False})[1] == {"a": ["01"], "a.1": [2]}


def test_columns_without_names_or_values_are_none_beside_repeated_names(read: Read) -> None:
    assert read("a,a,,\n1,2,,\n")[1] == {"a": [1], "a.1": [2]}


def test_lines_that_repeat_repeated_names_are_dropped(read: Read) -> None:
    assert read("a,a\n1,2\na,a\n3,4\n")[1] == {"a": [1, 3], "a.1": [2, 4]}


def test_the_first_line_is_the_first_that_is_not_blank() -> None:
    assert first_line(b'\n\r\n"a\nb",c\n1,2\n', COMMA) == ["a\nb", "c"]
    assert first_line(b"", COMMA) == []


def test_columns_of_a_file_without_names_are_numbered() -> None:
    assert [*names_of(["7", "7"], Dialect(header=False))] == [("f0", "x0"), ("f1", "x1")]
    assert [*names_of(["", " a"], COMMA)] == [("", "Unnamed: 0"), (" a", "a")]


def test_cells_are_strings_as_they_are_written() -> None:
    content = b"a,b,c\n01,NA,x\n2.50,,y\n"
    with ExitStack() as files:
        [block] = Parsing(COMMA, content, False, files).strings(BytesIO(content), ["a", "b"])
    assert block.to_pydict() == {"a": ["01", "2.50"], "b": ["NA", ""]}

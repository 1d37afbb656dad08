"""Rows of a CSV file that do not have as many values as its first line."""

import pytest

from steelyard.tabular.readers.unreadable import Unreadable
from tests.tabular.readers.conftest import Read, Remarks

SHORT = "short_rows"


def test_a_short_row_lacks_its_last_values(read: Read) -> None:
    assert read("a,b,c\n1,x,2\n3\n4,y\n")[1] == {"a": [1, 3, 4], "b": ["x", None, "y"], "c": [2, None, None]}
    assert read("1;2\n3\n", header=False)[1] == {"x0": [1, 3], "x1": [2, None]}


def test_short_rows_are_named_at_the_last_column(remarks: Remarks) -> None:
    found = remarks("a,b,c\n" + "1,2,3\n" * 4 + "1,2\n" * 5)
    [remark] = found["c"]
    assert (remark["code"], remark["level"]) == (SHORT, "warning")
    assert remark["message"].startswith("5 of 9 rows have fewer values than the first line: 4, 5, 6, ….")
    assert found["a"] == found["b"] == []


def test_rows_without_names_are_counted_from_the_first_line(remarks: Remarks) -> None:
    [remark] = remarks("a,b\n1\n2,3\n4\n")["b"]
    assert "first line: 0, 2. " in remark["message"]


def test_empty_values_beyond_the_last_column_are_dropped(read: Read, remarks: Remarks) -> None:
    content = 'a,b\n1,2\n3,4,,\n5,6, ,""\n'
    assert read(content)[1] == {"a": [1, 3, 5], "b": [2, 4, 6]}
    assert not any(remarks(content).values())


def test_a_value_beyond_the_last_column_is_an_error_with_its_row(read: Read) -> None:
    with pytest.raises(Unreadable, match=r"row 3: it has 4 values; the first line has 2: '5,6,,7'$"):
        read("a,b\n1,2\n3,4,,\n5,6,,7\n")


def test_a_row_that_looks_like_a_comment_is_an_error(read: Read) -> None:
    with pytest.raises(Unreadable, match=r"row 2: it has 1 value; .*use the option comment with #"):
        read("a,b\n1,2\n# 1\n")


def test_quotes_and_line_breaks_within_values_stay(read: Read) -> None:
    assert read('a,b\n1,"x, ""y""\nz"\n2\n"3",w\n')[1] == {"a": [1, 2, 3], "b": ['x, "y"\nz', None, "w"]}


def test_blank_lines_are_no_rows(read: Read, remarks: Remarks) -> None:
    content = "a,b\n1,2\n\n  \n3\n4,5\n\x1a"
    assert read(content)[1] == {"a": [1, 3, 4], "b": [2, None, 5]}
    assert "1 of 3 rows have fewer values than the first line: 1. " in remarks(content)["b"][0]["message"]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # pyarrow's, over a row not in UTF-8
@pytest.mark.parametrize("encoding", ["cp1252", "utf-8-sig", "utf-16"])
def test_short_rows_of_any_encoding_are_read(read: Read, encoding: str) -> None:
    content = "straße;ort;nr\nBäckergäßchen;Köln;1\nHauptstraße;Weiß\nMühlweg;Fürth;3\n".encode(encoding)
    assert read(content)[1] == {
        "straße": ["Bäckergäßchen", "Hauptstraße", "Mühlweg"],
        "ort": ["Köln", "Weiß", "Fürth"],
        "nr": [1, None, 3],
    }


def test_decimal_commas_beside_short_rows_are_found(read: Read, remarks: Remarks) -> None:
    content = "a;b\n1;1,5\n2;2,5\n3\n"
    assert read(content)[1] == {"a": [1, 2, 3], "b": [1.5, 2.5, None]}
    assert [remark["code"] for remark in remarks(content)["b"]] == [SHORT]


def test_a_value_too_long_to_be_examined_is_an_error(read: Read) -> None:
    with pytest.raises(Unreadable, match="row 1: it is not a valid CSV file: field larger"):
        read(f"a,b\n{'x' * 200_000}\n")


def test_a_row_to_predict_lacks_values_as_json_lacks_keys(read: Read) -> None:
    assert read("a,b\n1,2\n3\n", wanted={"a": False, "b": False})[1] == {"a": [1, 3], "b": [2, None]}

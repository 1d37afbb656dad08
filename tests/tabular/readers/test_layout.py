"""Tables in text files begin where their owner sees them begin, whatever separates their values."""

from typing import Any

import pytest

from steelyard.tabular.readers.unreadable import Unreadable
from tests.tabular.readers.conftest import Read

NAMED = {"names": "in a comment"}


@pytest.mark.parametrize(
    ("content", "delimiter", "columns"),
    [
        ("a b c\n1   2   3.5\n4   5   ?\n", "whitespace", {"a": [1, 4], "b": [2, 5], "c": [3.5, None]}),
        ("a b\r\n 1\t2 \r\n\r\n 3  4\r\n", "whitespace", {"a": [1, 3], "b": [2, 4]}),
        (
            '"hp" "car name"\n"1" 18 "ford torino"\n"2" 15 "a ""b"""\n',
            "whitespace",
            {"Unnamed: 0": [1, 2], "hp": [18, 15], "car name": ["ford torino", 'a "b"']},
        ),
        (
            "s1\ts2\ng1\t1\t2\ng2\t3\t4\n",
            "\t",
            {"Unnamed: 0": ["g1", "g2"], "s1": [1, 3], "s2": [2, 4]},
        ),
        (
            "Name      Age City\nAnné Lee   31 Rome\nBöb           New York\nC          7  Ößlo\n",
            "fixed-width",
            {"Name": ["Anné Lee", "Böb", "C"], "Age": [31, None, 7], "City": ["Rome", "New York", "Ößlo"]},
        ),
        ("text\nto be or\nnot to\nbe\n", ",", {"text": ["to be or", "not to", "be"]}),
        ("room\nRoom 12\nRoom 14\n", ",", {"room": ["Room 12", "Room 14"]}),
        ("emotion,pixels\n1,70 80\n2,90 95\n", ",", {"emotion": [1, 2], "pixels": ["70 80", "90 95"]}),
    ],
)
def test_blanks_and_fixed_widths_separate_values(
    read: Read, content: str, delimiter: str, columns: dict[str, list[Any]]
) -> None:
    found, read_columns = read(content)
    assert (found["delimiter"], read_columns) == (delimiter, columns)


@pytest.mark.parametrize(
    ("content", "columns", "facts"),
    [
        ("# by hand\nid;n\n1;2\n", {"id": [1], "n": [2]}, {"comment_lines": "1", "delimiter": ";"}),
        ("# a, b\n#\n\nid,n\n1,2\n", {"id": [1], "n": [2]}, {"comment_lines": "2"}),
        ("# a, b\nid,n\n1,2\n", {"id": [1], "n": [2]}, {"comment_lines": "1"}),
        ("# x y\n1 2\n3 4\n", {"x": [1, 3], "y": [2, 4]}, {"comment_lines": "1", "delimiter": "whitespace"} | NAMED),
        ("##v\n#A\tB\n1\tx\n2\ty\n", {"A": [1, 2], "B": ["x", "y"]}, {"comment_lines": "2", "delimiter": "\t"} | NAMED),
        ("#id,n\n1,2\n", {"#id": [1], "n": [2]}, {}),
        ("#name,city\nAnn,Rome\nBob,Oslo\n", {"#name": ["Ann", "Bob"], "city": ["Rome", "Oslo"]}, {}),
        ("# sent\ntag,n\n#cats,5\n#dogs,3\n", {"tag": ["#cats", "#dogs"], "n": [5, 3]}, {"comment_lines": "1"}),
        ("sep=;\r\na;b\r\n1,5;2\r\n", {"a": [1.5], "b": [2]}, {"delimiter": ";", "decimal": ","}),
        ("sep=\t\na\tb\n1\t2\n", {"a": [1], "b": [2]}, {"delimiter": "\t"}),
        ("sep=é;b\n1;2\n", {"sep=é": [1], "b": [2]}, {"delimiter": ";"}),
        ('\ufeff"sep=|"\na|b\n1|é\n', {"a": [1], "b": ["é"]}, {"delimiter": "|"}),
        ("# old\rx,y\r1,2\r", {"x": [1], "y": [2]}, {"comment_lines": "1"}),
    ],
)
def test_comments_and_separator_lines_at_the_top_are_no_rows(
    read: Read, content: str, columns: dict[str, list[Any]], facts: dict[str, str]
) -> None:
    found, read_columns = read(content)
    assert read_columns == columns
    assert found == {"delimiter": ",", "encoding": "utf-8", "decimal": "."} | facts


def test_lines_that_begin_with_the_comment_asked_for_are_dropped_outside_quotes(read: Read) -> None:
    content = 'a,b\n1,x\n% gone\n2,"y\n% kept"\n3,% kept\n'
    assert read(content, comment="%")[1] == {"a": [1, 2, 3], "b": ["x", "y\n% kept", "% kept"]}


def test_rows_are_skipped_before_the_header(read: Read) -> None:
    assert read("Report\nof 2024\na,b\n1,2\n", skip_rows=2)[1] == {"a": [1], "b": [2]}
    assert read("a,b\n1,2\n3,4\n", skip_rows=1, header=False)[1] == {"x0": [1, 3], "x1": [2, 4]}
    with pytest.raises(Unreadable, match="empty"):
        read("a,b\n1,2\n", skip_rows=5)


@pytest.mark.parametrize(
    ("content", "skip_rows"),
    [
        ("Report 2024\n\nid;n\n1;x\n2;y\n", 2),
        ("Report 2024\nid,n\n1,x\n2,y\n", 1),
        ("Report,,\n,,\na,b,c\n1,2,3\n", 2),
        ("Weather of Oslo\nx y z\n1 2 3\n4 5 6\n7 8 9\n", 1),
    ],
)
def test_a_title_is_named_with_what_to_do(read: Read, content: str, skip_rows: int) -> None:
    with pytest.raises(Unreadable, match=rf"looks like a title.*use skip_rows={skip_rows}$"):
        read(content)
    assert len(read(content, skip_rows=skip_rows)[1]) > 1


def test_a_value_that_reaches_through_a_gap_of_a_fixed_width_file_is_not_cut(read: Read) -> None:
    rows = "Name      Age City\n" + "Ann Lee    31 Rome\nBob           New York\nC          7  Oslo\n" * 100
    with pytest.raises(Unreadable, match=r"fixed widths.*'Bartholomew 33 Rome'"):
        read(rows + "Bartholomew 33 Rome\n")


def test_a_row_with_too_many_values_between_blanks_is_named(read: Read) -> None:
    with pytest.raises(Unreadable, match="row 15: it has 3 values; the first line has 2"):
        read("a b\n" + "1 2\n" * 14 + "1 2 3\n")

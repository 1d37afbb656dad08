"""Tables in text files begin where their owner sees them begin, whatever separates their values."""

from typing import Any

import pytest

from steelyard.tabular.readers.layout import cut, find_layout, split
from steelyard.tabular.readers.options import Dialect
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
        ("name\tx y\nfoo\t1 2\nbar\t3 4\n", "whitespace", {"name": ["foo", "bar"], "x": [1, 3], "y": [2, 4]}),
        ("x y\tname\n1 2\tfoo\n3 4\tbar\n", "whitespace", {"x": [1, 3], "y": [2, 4], "name": ["foo", "bar"]}),
        ("name\tx y\nfoo\t1 2\nbar\t3\n", "\t", {"name": ["foo", "bar"], "x y": ["1 2", "3"]}),
        ("s1\ts2\ng1\t1\t2\ng2\t3\t\n", "\t", {"Unnamed: 0": ["g1", "g2"], "s1": [1, 3], "s2": [2, None]}),
        ("a b\n1 2\n3 4\n", "whitespace", {"a": [1, 3], "b": [2, 4]}),
        ("a b\n1 x\n", "whitespace", {"a": [1], "b": ["x"]}),
        ("to be\nor not\nto be\n", ",", {"to be": ["or not", "to be"]}),  # no column is numeric
        ("a\n1 2\n3 4\n", ",", {"a": ["1 2", "3 4"]}),  # one name for two values is no header with row names
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


def test_a_title_above_values_between_blanks_is_found_within_nine_lines(read: Read) -> None:
    table = "x y z\n1 2 3\n4 5 6\n7 8 9\n"
    notes = "".join(f"note {number}\n" for number in "abcdefghi")
    with pytest.raises(Unreadable, match=r"'note a', looks like a title, and line 10 like .*use skip_rows=9$"):
        read(notes + table)
    assert read(f"note\n{notes}{table}")[1].keys() == {"note"}  # the tenth line is looked at no more
    with pytest.raises(Unreadable, match=r"line 3 like the first of a table; if it is, use skip_rows=2$"):
        read("one\nWeather of Oslo\nx y z\n1 2 3\n4 5 6\n", skip_rows=1)


def test_an_empty_cell_in_the_first_row_is_no_title(read: Read) -> None:
    assert read("a,b\n,2\n3,\n")[1] == {"a": [None, 3], "b": [2, None]}


@pytest.mark.parametrize("content", ["a,,\n1,2,3\n", "a;\n1;2\n"])
def test_a_first_line_with_one_value_is_a_title(read: Read, content: str) -> None:
    with pytest.raises(Unreadable, match=r"looks like a title, and line 2 .* use skip_rows=1$"):
        read(content)


def test_values_of_a_fixed_width_may_reach_into_a_gap() -> None:
    gaps = [(3, 6), (8, 9)]
    assert cut("abc   de f", gaps) == ["abc", "de", "f"]
    assert cut("abcd  de f", gaps) == ["abcd", "de", "f"]  # from the left
    assert cut("abc  ide f", gaps) == ["abc", "ide", "f"]  # from the right
    assert cut("a", gaps) == ["a", "", ""]
    assert cut("abc   de", gaps) == ["abc", "de", ""]
    for line in ("abcdefde f", "abc i de f"):
        with pytest.raises(Unreadable, match=r"in the gap at character 4: 'abc"):
            cut(line, gaps)
    assert cut("äöü   de f".encode().decode("latin-1"), gaps) == ["äöü".encode().decode("latin-1"), "de", "f"]
    assert cut("\xe4bc   de f", gaps) == ["\xe4bc", "de", "f"]  # Latin-1, a byte for each character


@pytest.mark.parametrize(
    ("lines", "gaps"),
    [
        (["ab  cd", "a   d", "abc de", "x   yz"], ((3, 4),)),
        (["ab  cd e", "a   cd f", "abc    g", "x   yz h"], ((3, 4), (6, 7))),
        ([" ab  cd", " a   cd", " abc cd", " x   yz"], ((4, 5),)),  # blanks before the first column are no gap
    ],
)
def test_columns_lie_between_places_that_are_blank_in_every_line(
    lines: list[str], gaps: tuple[tuple[int, int], ...]
) -> None:
    assert tuple(find_layout(lines, Dialect(delimiter="fixed-width")).gaps) == gaps


def test_a_name_begins_each_column_of_a_fixed_width_file() -> None:
    lines = ["name        n", "New York    1", "New Delhi   2", "New Haven   3"]
    assert [*find_layout(lines, Dialect(delimiter="fixed-width")).gaps] == [(9, 12)]
    without_header = find_layout(lines[1:], Dialect(delimiter="fixed-width", header=False))
    assert [*without_header.gaps] == [(3, 4), (9, 12)]


def test_a_line_of_a_fixed_width_file_has_no_tab_and_a_bounded_length() -> None:
    fixed = Dialect(delimiter="fixed-width")
    assert [*find_layout(["a b", "1\t2"], fixed).gaps] == []
    assert [*find_layout(["a b", f"1 2{'x' * 9_997}"], fixed).gaps] == [(1, 2)]
    assert [*find_layout(["a b", f"1 2{'x' * 9_998}"], fixed).gaps] == []


@pytest.mark.parametrize(
    ("lines", "is_plain"), [(["a,b", "1,2"], True), (["a b", "1 2"], False), (["# x", "a,b", "1,2"], False), ([], True)]
)
def test_a_file_that_the_parser_reads_as_it_is_need_not_be_rewritten(lines: list[str], is_plain: bool) -> None:
    assert find_layout(lines, Dialect()).is_plain == is_plain


def test_most_lines_of_a_table_have_as_many_values() -> None:
    rows = "".join(f"{number} {number}\n" for number in range(9))
    assert find_layout(f"a b\n{rows}1 2 3\n".splitlines(), Dialect()).delimiter == "whitespace"  # 9 of 10
    assert find_layout(f"a b\n{rows[4:]}1 2 3\n".splitlines(), Dialect()).delimiter != "whitespace"  # 5 of 6


def test_lines_are_split_as_their_delimiter_says() -> None:
    assert split('a "b c"', "whitespace", '"') == ["a", "b c"]
    assert split("'a,b',c", ",", "'") == ["a,b", "c"]
    assert split("", ",", '"') == []


def test_a_value_that_reaches_through_a_gap_of_a_fixed_width_file_is_not_cut(read: Read) -> None:
    rows = "Name      Age City\n" + "Ann Lee    31 Rome\nBob           New York\nC          7  Oslo\n" * 100
    with pytest.raises(Unreadable, match=r"fixed widths.*'Bartholomew 33 Rome'"):
        read(rows + "Bartholomew 33 Rome\n")


def test_a_row_with_too_many_values_between_blanks_is_named(read: Read) -> None:
    with pytest.raises(Unreadable, match="row 15: it has 3 values; the first line has 2"):
        read("a b\n" + "1 2\n" * 14 + "1 2 3\n")


@pytest.mark.parametrize("quote", ['"', "'"])
def test_a_name_with_a_line_break_is_no_title(read: Read, quote: str) -> None:
    content = f"{quote}Temp\n(°C){quote};{quote}Größe\r\n\r\n[m]{quote}\n1,5;2\n2,5;3\n"
    columns = {"Temp\n(°C)": [1.5, 2.5], "Größe\r\n\r\n[m]": [2, 3]}
    assert read(content, quote=quote)[1] == columns
    with pytest.raises(Unreadable, match=r"line 4 like the first of a table; if it is, use skip_rows=3$"):
        read(f"{quote}a title\nof two lines{quote}\n\n{content}", quote=quote)
    assert read(f"a title\nof two lines\n\n{content}", skip_rows=3, quote=quote)[1] == columns


@pytest.mark.parametrize("content", ['# 5" long\na,b\n1,2\n', 'a,b\n5" pipe,1\n6" pipe,2\n', 'a,"b ""c""",d\n1,2,3\n'])
def test_a_quote_that_opens_no_value_holds_no_lines_together(content: str) -> None:
    lines = content.splitlines()
    found = find_layout(lines, Dialect())
    assert (found.delimiter, found.skipped) == (",", 1 if content.startswith("#") else 0)

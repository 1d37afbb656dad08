"""What separates the values of a line is found out from some lines."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steelyard.tabular.readers.delimiters import DELIMITERS, delimiter_of, split_blanks

CELLS = st.text("ab1 .;,|\t", max_size=4)


@given(
    delimiter=st.sampled_from(DELIMITERS),
    width=st.integers(2, 5),
    rows=st.integers(3, 8),
)
def test_the_delimiter_of_a_table_is_found(delimiter: str, width: int, rows: int) -> None:
    lines = [delimiter.join(f"c{row}{place}" for place in range(width)) for row in range(rows)]
    assert delimiter_of(lines, '"') == delimiter


@pytest.mark.parametrize(
    ("lines", "delimiter"),
    [
        (["a;b", "1,5;2,5", "3,5;4,5"], ";"),
        (["a,b", "1;2,3", "4;5,6"], ","),  # the first line counts double
        (['"a;b",c', '"1;2",3', '"4;5",6'], ","),  # within quotes it separates nothing
        (["a|b|c", "1|2|3"], "|"),
        (["a\tb", "1\t2"], "\t"),
        (["alone", "1", "2"], ","),
        ([], ","),
        (["", ""], ","),
    ],
)
def test_lines_with_several_signs_have_that_of_the_first_line_and_most_lines(lines: list[str], delimiter: str) -> None:
    assert delimiter_of(lines, '"') == delimiter


def test_another_quote_holds_values_together() -> None:
    assert delimiter_of(["'a;b',c", "'1;2',3", "'4;5',6"], "'") == ","


@given(cells=st.lists(st.text('ab"', min_size=1, max_size=4) | st.text('a" \t', min_size=2, max_size=5), min_size=1))
def test_values_between_blanks_come_back(cells: list[str]) -> None:
    line = "  ".join(f'"{cell.replace(chr(34), chr(34) * 2)}"' for cell in cells)
    assert split_blanks(f" {line}\t\n") == cells


@given(cells=st.lists(st.text("ab.1,", min_size=1, max_size=4)))
def test_values_without_quotes_are_separated_by_any_blanks(cells: list[str]) -> None:
    assert split_blanks(" \t ".join(cells) + "\r\n") == cells


@given(rows=st.lists(st.lists(CELLS, min_size=3, max_size=3), min_size=2, max_size=5))
def test_it_never_fails_on_what_a_writer_of_csv_writes(rows: list[list[str]]) -> None:
    text = io.StringIO()
    csv.writer(text, delimiter=";").writerows(rows)
    assert delimiter_of(text.getvalue().splitlines(), '"') in DELIMITERS

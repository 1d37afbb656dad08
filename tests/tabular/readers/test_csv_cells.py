"""Names and cells of a CSV file are what people mean by them."""

from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from steelyard.tabular.readers.csv_cells import called, has_decimal_commas, require_words, tidy
from steelyard.tabular.readers.options import Dialect
from steelyard.tabular.readers.unreadable import Unreadable
from tests.tabular.readers.conftest import Read

COMMA = Dialect(decimal=",")
POINT = Dialect(decimal=".")


def table(**columns: Any) -> pa.Table:
    return pa.table(columns)


def test_only_the_first_column_may_be_without_a_name() -> None:
    assert (called(" a ", 0), called("", 0), called(" ", 0), called("", 1)) == ("a", "Unnamed: 0", "Unnamed: 0", "")


@given(cells=st.lists(st.text(" \tab1", max_size=4)))
def test_cells_lose_the_spaces_around_them_and_blank_ones_are_missing(cells: list[str]) -> None:
    found = tidy(table(a=pa.array([*cells, "x"], pa.string())), POINT).column("a").to_pylist()
    assert found == [cell.strip() or None for cell in [*cells, "x"]]


@pytest.mark.parametrize(
    ("cells", "dialect", "expected"),
    [
        ([" 1", "2 ", ""], POINT, [1, 2, None]),
        ([" 1.5", "2", ""], POINT, [1.5, 2.0, None]),
        ([" 1,5", "2", ""], COMMA, [1.5, 2.0, None]),
        ([" 1,5", "2", ""], POINT, ["1,5", "2", None]),
        (["true ", "false"], POINT, [True, False]),
        ([" 1", "x"], POINT, ["1", "x"]),
        ([" 01", "2"], Dialect(texts=("a",)), ["01", "2"]),
        ([" ", ""], POINT, [None, None]),
    ],
)
def test_cells_that_only_spaces_made_strings_are_numbers_or_booleans(
    cells: list[str], dialect: Dialect, expected: list[Any]
) -> None:
    assert tidy(table(a=cells), dialect).column("a").to_pylist() == expected


def test_cells_without_spaces_stay_what_the_parser_made_of_them() -> None:
    assert tidy(table(a=["1", "2"]), POINT).column("a").to_pylist() == ["1", "2"]  # it had its reasons


def test_columns_with_neither_a_name_nor_a_value_are_dropped() -> None:
    rows = pa.Table.from_arrays([pa.array([1, 2]), pa.array(["x", "y"]), pa.nulls(2)], names=["", " b ", " "])
    assert tidy(rows, POINT).column_names == ["Unnamed: 0", "b"]
    assert tidy(rows, Dialect(header=False)).column_names == ["x0", "x1"]
    with pytest.raises(Unreadable):  # a value without a name is a mistake
        tidy(pa.Table.from_arrays([pa.array([1]), pa.array([2])], names=["a", ""]), POINT)


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["1,5", "2,25"], True),
        (["1,5", "x"], True),
        (["1,5", "x", "y"], False),
        (["1,250", "2,250"], False),  # thousands, perhaps
        (["1.250,5", "3"], True),
        (["1 250,5", "1'250,75"], True),
        (["1250,125"], True),
        ([" -1,5 ", "+2,5"], True),
        (["1.5", "2"], False),
        (["1,5,5"], False),
        ([None, "1,5"], True),
        ([], False),
    ],
)
def test_decimal_commas_are_seen_where_they_part_no_thousands(cells: list[str | None], expected: bool) -> None:
    assert has_decimal_commas(table(n=pa.array([0] * len(cells)), a=pa.array(cells, pa.string()))) == expected


@pytest.mark.parametrize("names", [["1", "2.5"], ["1e5", "-3", "1,5"], [" 1 ", "2."]])
def test_a_first_line_of_numbers_alone_is_rejected(names: list[str]) -> None:
    with pytest.raises(Unreadable, match=r"its first line holds only numbers .* header=false"):
        require_words(names)


@pytest.mark.parametrize("names", [["1"], ["1", "b"], ["2024-01", "2024-02"], ["1.2.3", "4"]])
def test_other_first_lines_are_names(read: Read, names: list[str]) -> None:
    line = ",".join(names)
    assert read(f"{line}\n{','.join('9' * len(names))}\n")[1] == {name: [9] for name in names}

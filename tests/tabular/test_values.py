"""The values of a column: as Python's own and back, taken, joined, and trimmed alike wherever they come from."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from steelyard.tabular.values import MISSING, SPACES, Values, booleans, coded, concatenate, trimmed

TEXTS = st.lists(st.none() | st.text("ab \t\n", max_size=3), max_size=9)
NUMBERS = st.lists(st.none() | st.floats(-10, 10), max_size=9)
TRUTHS = st.lists(st.none() | st.booleans(), max_size=9)


def numbers(values: list[float | None]) -> Values:
    return Values(np.array([np.nan if value is None else value for value in values], np.float64))


@given(values=TEXTS)
def test_texts_are_trimmed_and_blank_ones_are_missing(values: list[str | None]) -> None:
    made = coded(values)
    expected = [value.strip(SPACES) or None if value is not None else None for value in values]
    assert made.to_list() == expected
    assert made.missing.tolist() == [value is None for value in expected]
    assert made.labels == tuple(dict.fromkeys(value for value in expected if value is not None))
    assert made.array.dtype == np.int32


@given(values=TRUTHS)
def test_booleans_come_back(values: list[bool | None]) -> None:
    made = booleans(values)
    assert made.to_list() == values
    assert made.missing.tolist() == [value is None for value in values]


@given(values=NUMBERS)
def test_numbers_come_back(values: list[float | None]) -> None:
    made = numbers(values)
    assert made.to_list() == values
    assert made.missing.tolist() == [value is None for value in values]


@given(values=st.lists(st.none() | st.text("ab", min_size=1, max_size=2), min_size=1), data=st.data())
def test_some_rows_are_those_values_in_that_order(values: list[str | None], data: st.DataObject) -> None:
    rows = np.array(data.draw(st.lists(st.integers(0, len(values) - 1), max_size=9)), np.int64)
    made = coded(values)
    expected = [values[row] for row in rows.tolist()]
    assert made.take(rows).to_list() == made.to_list(rows) == [made.at(row) for row in rows.tolist()] == expected


@given(first=TEXTS, second=TEXTS)
def test_texts_of_several_columns_are_those_of_all(first: list[str | None], second: list[str | None]) -> None:
    joined = concatenate([coded(first), coded(second)])
    together = coded([*first, *second])
    assert joined.to_list() == together.to_list()
    assert joined.labels == together.labels


@given(first=NUMBERS, second=NUMBERS, third=TRUTHS, fourth=TRUTHS)
def test_numbers_and_booleans_of_several_columns_are_those_of_all(
    first: list[float | None], second: list[float | None], third: list[bool | None], fourth: list[bool | None]
) -> None:
    assert concatenate([numbers(first), numbers(second)]).to_list() == [*first, *second]
    joined = concatenate([booleans(third), booleans(fourth)])
    assert joined.to_list() == [*third, *fourth]
    assert joined.labels == (False, True)  # even where only one of them is there


@pytest.mark.parametrize(
    ("values", "are_texts"),
    [(numbers([1.0]), False), (booleans([True]), False), (coded(["a"]), True), (coded([None]), True)],
)
def test_texts_are_neither_numbers_nor_booleans(values: Values, are_texts: bool) -> None:
    assert values.are_texts == are_texts


def test_other_blanks_than_those_that_arrow_trims_are_part_of_a_text() -> None:
    assert trimmed(f"{SPACES}a b{SPACES}") == "a b"
    assert trimmed("\xa0a\u2003") == "\xa0a\u2003"
    assert coded([""]).array[0] == MISSING

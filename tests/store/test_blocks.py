"""Rows that are too many for memory."""

import pytest

from steelyard.store.blocks import BLOCK_VALUES, paging, rows_at_once


@pytest.mark.parametrize(("values", "rows"), [(1, BLOCK_VALUES), (0, BLOCK_VALUES), (30, 3333), (BLOCK_VALUES * 2, 1)])
def test_a_block_has_as_many_rows_as_fit(values: int, rows: int) -> None:
    assert rows_at_once(values) == rows


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        (0, {"rows": 10, "has_more": True, "next": "4"}),
        (5, {"rows": 10, "has_more": True, "next": "9"}),
        (6, {"rows": 10, "has_more": False, "next": None}),
        (9, {"rows": 10, "has_more": False, "next": None}),
    ],
)
def test_a_page_says_where_the_next_begins(after: int, expected: dict[str, object]) -> None:
    assert paging(total=10, limit=4, after=after) == expected

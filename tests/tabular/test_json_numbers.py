"""Numbers inside a request are read as they are, or not at all."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from steelyard.tabular.json_numbers import (
    AT_ONCE,
    LARGEST,
    add_numbers,
    is_number,
    is_too_large,
    number_fault,
    read_matrix,
    read_numbers,
)

NUMBERS = st.integers(-(2**60), 2**60) | st.floats(-1e150, 1e150) | st.booleans()


@given(data=st.data(), width=st.integers(1, 4), rows=st.integers(1, 5))
def test_a_matrix_of_numbers_is_read_as_float64(data: st.DataObject, width: int, rows: int) -> None:
    sent = [data.draw(st.lists(NUMBERS, min_size=width, max_size=width)) for _ in range(rows)]
    found = read_matrix(sent, width)
    assert found is not None
    assert found.tolist() == [[float(value) for value in row] for row in sent]
    first = read_numbers(sent[0])
    assert first is not None
    assert first.tolist() == found[0].tolist()


@pytest.mark.parametrize(
    "rows",
    [
        [],
        [[]],
        [[1, 2], [3]],
        [[1, 2], (3, 4)],
        [[1, 2], [3, "4"]],
        [[1, 2], [3, None]],
        [[1, 2], [3, [4]]],
        [[1, 2], [3, 10**400]],
        [[1, 2], [3, 1.1e150]],
        [[1, 2], [3, float("inf")]],
        {"a": 1},
    ],
)
def test_anything_else_is_not_read(rows: Any) -> None:
    assert read_matrix(rows, 2) is None


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, "is null; every value must be a number"),
        ("1", "is '1'; it must be a number"),
        ([1], "is [1]; it must be a number"),
        (1.1e150, "it must be within ±1e+150"),
        (-(10**400), "it must be within ±1e+150"),
    ],
)
def test_a_value_that_is_no_number_is_explained(value: Any, words: str) -> None:
    assert words in str(number_fault(value))


@pytest.mark.parametrize("value", [0, -1.5, True, LARGEST, -LARGEST])
def test_a_number_has_no_fault(value: Any) -> None:
    assert number_fault(value) is None
    assert read_numbers([value]) is not None


def test_missing_values_are_not_too_large() -> None:
    assert not is_too_large(np.array([np.nan, LARGEST, -LARGEST]))
    assert is_too_large(np.array([np.nan, -1.1e150]))
    assert not is_too_large(np.array([]))


@pytest.mark.parametrize(
    ("text", "expected"), [("1", True), (" -1.5e3 ", True), ("nan", True), ("1,5", False), ("", False), ("0x10", False)]
)
def test_texts_that_python_reads_as_numbers_are_numbers(text: str, expected: bool) -> None:
    assert is_number(text) == expected


@pytest.mark.parametrize("count", [AT_ONCE - 1, AT_ONCE, AT_ONCE + 1, 2 * AT_ONCE, 3 * AT_ONCE - 1])
def test_a_list_of_any_length_is_appended_whole_or_not_at_all(count: int) -> None:
    values: list[Any] = [0.5 * place for place in range(count)]
    numbers = bytearray(np.array([-1.0]).tobytes())
    add_numbers(values, numbers)
    assert np.frombuffer(numbers).tolist() == [-1.0, *values]
    values[-1] = None
    with pytest.raises(TypeError, match="not a float64"):
        add_numbers(values, numbers)
    assert len(numbers) == 8 * (count + 1)

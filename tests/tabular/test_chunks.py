"""Values cut into parts and put together again are themselves."""

import io
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as of_numpy

from steelyard.tabular import chunks
from steelyard.tabular.values import Values, booleans, coded

NUMBERS = of_numpy.arrays(np.float64, st.integers(1, 40), elements=st.floats(allow_infinity=False, width=64))
LABELS = st.lists(st.one_of(st.none(), st.sampled_from(["a", "é", "x" * 50])), min_size=1, max_size=40)


def there_and_back(values: Values) -> Values:
    file = io.BytesIO()
    firsts = range(0, len(values.array), chunks.ROWS)
    chunks.write(file, (chunks.cut(3, values, first) for first in firsts))
    file.seek(0)
    found = [chunks.read(file) for _ in firsts]
    assert {part.column for part in found} == {3}
    return chunks.join(found)


@given(NUMBERS)
def test_numbers_keep_their_bits(array: Any) -> None:
    array[np.isnan(array)] = np.nan
    back = there_and_back(Values(array)).array
    assert back.dtype == np.float64
    assert back.tobytes() == array.tobytes()


@given(LABELS)
def test_texts_come_back(texts: list[str | None]) -> None:
    assert there_and_back(coded(texts)).to_list() == texts


def test_texts_that_were_not_trimmed_yet_come_back_as_they_are() -> None:
    assert there_and_back(Values(np.array([0, 1, 2, -1], np.int32), ("a ", "", "a"))).to_list() == ["a ", "", "a", None]


def test_booleans_stay_booleans_even_where_a_part_has_one_of_them_alone() -> None:
    values = booleans([True] * chunks.ROWS + [False, None])
    back = there_and_back(values)
    assert back.labels == (False, True)
    assert back.to_list() == values.to_list()


@settings(max_examples=5)
@given(st.integers(0, 2**32))
def test_many_parts_with_labels_of_their_own_are_one_column(seed: int) -> None:
    generator = np.random.default_rng(seed)
    texts = [f"t{number}" for number in generator.integers(0, 5000, 2 * chunks.ROWS + 7)]
    assert there_and_back(coded(texts)).to_list() == texts


@pytest.mark.parametrize(
    ("array", "dtype"),
    [
        (np.array([0.0, 1.0, 100.0]), "|i1"),
        (np.array([0.0, 1000.0]), "<i2"),
        (np.array([0.5, 1.25]), "<f4"),
        (np.array([0.0, -0.0]), "<f4"),
        (np.array([0.1]), "<f8"),
        (np.array([np.nan, 1.0]), "<f4"),
    ],
)
def test_numbers_are_stored_in_the_narrowest_type_that_holds_them(array: Any, dtype: str) -> None:
    assert chunks.cut(0, Values(array), 0).dtype == dtype

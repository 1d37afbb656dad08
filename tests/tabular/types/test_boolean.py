"""Booleans are true and false, 1 and 0, and strings that say so."""

from typing import Any

import numpy as np
import pytest

from steelyard.tabular.types.boolean import Boolean
from steelyard.tabular.types.category import Category
from steelyard.tabular.types.column_type import WrongValue
from steelyard.tabular.types.number import Number
from steelyard.tabular.values import Values, booleans, coded


@pytest.mark.parametrize(
    ("value", "expected"),
    [(True, True), (False, False), (1, True), (0, False), (1.0, True), ("TRUE", True), ("False", False), ("1", True)],
)
def test_what_says_true_or_false_is_read(value: Any, expected: bool) -> None:
    assert Boolean().read(value) is expected


@pytest.mark.parametrize("value", [2, -1, 0.5, "yes", "t", "2", None, [True], float("nan")])
def test_anything_else_is_rejected(value: Any) -> None:
    with pytest.raises((ValueError, TypeError), match="it must be true or false"):
        Boolean().read(value)


def test_a_list_of_json_becomes_a_column_with_missing_values() -> None:
    values = Boolean(missing=("x",)).read_list([True, "false", None, " ", "x", "n/a", 0])
    assert values.to_list() == [True, False, None, None, None, None, False]
    assert values.labels == (False, True)
    with pytest.raises(WrongValue) as caught:
        Boolean().read_list([True, "maybe"])
    assert (caught.value.row, caught.value.detail) == (1, "is 'maybe'; it must be true or false")


@pytest.mark.parametrize(
    ("labels", "found"),
    [
        (["true", "False", "x"], [True, False, None]),
        (["TRUE", "false"], [True, False]),
        (["true", "x"], None),  # one alone may be a word
        (["1", "0"], None),  # these are numbers
        ([], None),
    ],
)
def test_strings_are_recognized_where_both_words_are_there(labels: list[str], found: Any) -> None:
    recognized = Boolean().recognize(labels, np.ones(len(labels), np.int64))
    assert recognized == (None if found is None else (Boolean(), found))


def test_other_columns_are_converted_by_what_they_say() -> None:
    kind = Boolean()
    same = booleans([True, None])
    assert kind.convert(same, Boolean()) is same
    assert kind.convert(coded(["true", None, "0"]), Category()).to_list() == [True, None, False]
    assert kind.convert(Values(np.array([1.0, np.nan, 0.0])), Number()).to_list() == [True, None, False]
    with pytest.raises(WrongValue) as caught:
        kind.convert(Values(np.array([1.0, 3.0, 0.5])), Number())
    assert (caught.value.row, caught.value.detail) == (1, "is 3; it must be true or false")


def test_a_column_of_booleans_tells_why() -> None:
    assert Boolean().reason == "its values are booleans"

"""Categories are strings, and whatever else is written like one; dates that were rewritten are not."""

from typing import Any

import numpy as np
import pytest

from steelyard.tabular.types.boolean import Boolean
from steelyard.tabular.types.category import Category, Ignore, Text
from steelyard.tabular.types.column_type import ColumnType, WrongValue
from steelyard.tabular.types.datetime import Datetime
from steelyard.tabular.types.number import Number
from steelyard.tabular.types.time_of_day import TimeOfDay
from steelyard.tabular.values import Values, booleans, coded


@pytest.mark.parametrize(
    ("value", "label"),
    [
        ("Rome", "Rome"),
        (" a b ", "a b"),
        (" ", None),
        (7, "7"),
        (7.0, "7"),
        (-0.0, "0"),
        (1.5, "1.5"),
        (1e300, str(int(1e300))),
        (True, "true"),
        (False, "false"),
    ],
)
def test_a_value_stands_for_the_string_that_is_written_like_it(value: Any, label: str | None) -> None:
    assert Category().read(value) == label


@pytest.mark.parametrize("value", [None, [1], {"a": 1}])
def test_anything_else_is_no_category(value: Any) -> None:
    with pytest.raises(TypeError, match="it must be a string, a number, true or false"):
        Category().read(value)


def test_markers_of_missing_values_are_categories_unless_the_owner_says_otherwise() -> None:
    sent = ["NA", "n/a", "-", None, "", "x"]
    assert Category().read_list(sent).to_list() == ["NA", "n/a", "-", None, None, "x"]
    assert Category(missing=("NA", "x")).read_list(sent).to_list() == [None, "n/a", "-", None, None, None]


@pytest.mark.parametrize(
    ("values", "source", "expected"),
    [
        (Values(np.array([1.0, np.nan, 1.5])), Number(), ["1", None, "1.5"]),
        (booleans([True, None, False]), Boolean(), ["true", None, "false"]),
        (coded(["b", None, "a"]), Text(), ["b", None, "a"]),
    ],
)
def test_other_columns_become_what_they_are_written_like(
    values: Values, source: ColumnType, expected: list[Any]
) -> None:
    assert Category().convert(values, source).to_list() == expected


def test_categories_stay_as_they_are_but_for_what_is_missing() -> None:
    values = coded(["a", "x", None])
    assert Category().convert(values, Category()) is values
    assert Category(missing=("x",)).convert(values, Category()).to_list() == ["a", None, None]


@pytest.mark.parametrize(
    ("source", "value", "words"),
    [(Datetime(), 86_400.0, "is 1970-01-02T00:00:00Z"), (TimeOfDay(), 34_200.0, "is 09:30:00")],
)
def test_how_dates_and_times_were_written_is_not_known(source: ColumnType, value: float, words: str) -> None:
    with pytest.raises(WrongValue) as caught:
        Category().convert(Values(np.array([np.nan, value])), source)
    assert caught.value.row == 1
    assert caught.value.detail.startswith(words.split("T", maxsplit=1)[0].removesuffix(":00"))
    assert "upload the data set with ?texts=" in caught.value.detail
    nothing = Category().convert(Values(np.array([np.nan, np.nan])), source)
    assert nothing.to_list() == [None, None]


def test_of_texts_and_of_ignored_columns_nothing_is_learned() -> None:
    assert Category().why_not_learned is None
    assert Text().why_not_learned == "too many different strings for categories"
    assert Ignore().why_not_learned == "its schema says so"
    assert {kind.kind for kind in (Text(), Ignore())} == {"text"}
    assert all(kind.reads_strings for kind in (Category(), Text(), Ignore()))


def test_a_column_of_categories_tells_why() -> None:
    assert Category().reason == Text().reason == "its values are strings"

"""What every column type does alike: missing values, lists of JSON, and columns of another type."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from steelyard.tabular.types.boolean import Boolean
from steelyard.tabular.types.category import Category
from steelyard.tabular.types.column_type import LEAST, SAMPLE, ColumnType, WrongValue, attempt, is_common
from steelyard.tabular.types.datetime import Datetime
from steelyard.tabular.types.number import Number
from steelyard.tabular.types.registry import ALL
from steelyard.tabular.types.time_of_day import TimeOfDay
from steelyard.tabular.values import Values, coded

SENT: dict[str, list[Any]] = {
    "number": [1.5, None, -2],
    "boolean": [True, None, False],
    "category": ["a", None, "b"],
    "datetime": ["2026-11-28T10:00:00Z", None, "2026-01-02T00:00:00Z"],
    "time_of_day": ["09:30", None, "14:30:15"],
    "text": ["a", None, "b"],
    "ignore": ["a", None, "b"],
}


@pytest.mark.parametrize("kind", ALL)
def test_what_a_type_writes_it_reads_again(kind: type[ColumnType]) -> None:
    values = kind().read_list(SENT[kind.name])
    written = kind().write(values.to_list())
    again = kind().read_list(written)
    assert again.to_list() == values.to_list()
    assert again.missing.tolist() == [False, True, False]


@pytest.mark.parametrize("kind", ALL)
def test_null_blanks_and_the_owners_strings_are_missing(kind: type[ColumnType]) -> None:
    typed = kind(missing=("n/k", -999.0))
    assert typed.read_list([None, " ", "", " n/k ", -999, -999.0]).missing.all()
    assert not typed.is_missing("k")
    assert not typed.is_missing(-998)
    assert typed.is_missing(" n/a ") == kind.knows_markers


@pytest.mark.parametrize("kind", [Number, Datetime, TimeOfDay, Boolean])
def test_a_value_of_another_type_is_named_with_its_row(kind: type[ColumnType]) -> None:
    with pytest.raises(WrongValue) as caught:
        kind().read_list([None, SENT[kind.name][0], "x" * 200, "y"])
    assert caught.value.row == 2
    assert caught.value.detail.startswith("is 'xxx")
    assert caught.value.detail.endswith(kind().expected)
    assert len(caught.value.detail) < 300
    with pytest.raises(WrongValue) as caught:
        kind().read_list([[1]])
    assert caught.value.row == 0


LABELS = st.lists(st.none() | st.sampled_from(["1", "2.5", "x", "-", "7"]), min_size=1, max_size=9)


@given(labels=LABELS)
def test_a_column_is_converted_as_its_json_would_be_read(labels: list[str | None]) -> None:
    values, kind = coded(labels), Number()
    readable = [label for label in labels if label != "x"]
    held, wrong = kind.coerce(values, Category())
    assert wrong.tolist() == [label == "x" for label in labels]
    expected = [None if label in (None, "-", "x") else float(label) for label in labels]
    assert held.to_list() == expected
    if len(readable) == len(labels):
        assert kind.convert(values, Category()).to_list() == kind.read_list(labels).to_list()
    else:
        with pytest.raises(WrongValue) as caught:
            kind.convert(values, Category())
        assert caught.value.row == labels.index("x")


def test_a_label_that_no_row_has_is_no_error() -> None:
    values = Values(np.array([0, 0], np.int32), ("1", "x"))
    assert Number().convert(values, Category()).to_list() == [1, 1]


def test_a_column_of_numbers_is_converted_by_its_different_values() -> None:
    read: list[Any] = []

    class Noting(Boolean):
        def read(self, value: Any) -> bool:
            read.append(value)
            return super().read(value)

    values = Values(np.array([1.0, np.nan, 1.0, 0.0, np.nan]))
    assert Noting().convert(values, Number()).to_list() == [True, None, True, False, None]
    assert sorted(read) == [0, 1]


def test_an_integer_is_shown_as_one() -> None:
    assert Boolean().wrong(3, 7.0).detail.startswith("is 7; ")
    assert Boolean().wrong(3, 7.5).detail.startswith("is 7.5; ")
    assert str(Boolean().wrong(3, "x")) == Boolean().wrong(3, "x").detail


@pytest.mark.parametrize(("share", "expected"), [(1.0, True), (LEAST, True), (LEAST - 0.01, False), (0.0, False)])
@pytest.mark.parametrize("count", [100, 100 * SAMPLE])
def test_a_type_is_common_by_a_share_of_a_sample(share: float, expected: bool, count: int) -> None:
    labels = [str(place % 100) for place in range(count)]
    seen: list[str] = []

    def is_one(label: str) -> bool:
        seen.append(label)
        return int(label) < share * 100

    if count > SAMPLE:  # every hundredth would be the same one
        labels = [str(place // SAMPLE % 100) for place in range(count)]
    assert is_common(is_one, labels) == expected
    assert len(seen) <= 2 * SAMPLE


def test_nothing_is_common_among_no_strings() -> None:
    assert not is_common(lambda _: True, [])


def test_an_attempt_fails_only_over_a_value() -> None:
    assert attempt(int, "7") == 7
    assert attempt(int, "x") is None
    with pytest.raises(ZeroDivisionError):
        attempt(lambda _: 1 // 0, "x")

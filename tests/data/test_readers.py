"""Inline data: read whole, or refused with the place of every fault."""

from typing import Any

import numpy as np
import pytest

from steelyard.data.readers import MOST_FAULTS, read_inline
from steelyard.errors import ValidationFailed


def faults(document: dict[str, Any]) -> dict[str, str]:
    with pytest.raises(ValidationFailed) as caught:
        read_inline(document)
    return {fault.pointer: fault.detail for fault in caught.value.faults}


def test_arrays_become_columns() -> None:
    table, target = read_inline({"x": [[1, 2.5], [3, True]], "y": ["a", "b"], "feature_names": ["p", "q"]})
    assert table.names == ["p", "q", "y"]
    assert target == ["y"]
    np.testing.assert_array_equal(table.columns["q"], [2.5, 1.0])
    assert table.columns["y"].tolist() == ["a", "b"]


def test_several_targets_are_columns_too() -> None:
    table, targets = read_inline({"x": [[1], [2]], "y": [[1, 2], [3, 4]]})
    assert targets == ["y0", "y1"]
    assert table.names == ["x0", "y0", "y1"]


def test_rows_become_columns_and_a_target_goes_without_saying() -> None:
    table, target = read_inline({"rows": [{"a": 1, "y": True}, {"a": None, "y": False}]})
    assert target == ["y"]
    assert np.isnan(table.columns["a"][1])
    assert table.columns["y"].tolist() == [True, False]
    assert read_inline({"rows": [{"a": 1}]})[1] == []


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ({"x": [[1, 2], [3]], "y": [0, 1]}, {"/data/inline/x/1": "has 1 values; the first row has 2"}),
        ({"x": [[1], ["a"]], "y": [0, 1]}, {"/data/inline/x/1/0": "is 'a'; it must be a number"}),
        ({"x": [[1], [None]], "y": [0, 1]}, {"/data/inline/x/1/0": "is missing; every value must be a number"}),
        ({"x": [[1], 7], "y": [0, 1]}, {"/data/inline/x/1": "is 7; it must be a list of 1 numbers"}),
        ({"x": [[1], [2]], "y": [0]}, {"/data/inline/y": "has 1 values for the 2 rows of x; it must have one a row"}),
        ({"x": [1, 2], "y": [0, 1]}, {"/data/inline/x/0": "is 1; it must be a list of at least one number"}),
        ({"x": [[]], "y": [0]}, {"/data/inline/x/0": "is []; it must be a list of at least one number"}),
        ({"x": [[10**320]], "y": [0]}, None),
        (
            {"x": [[1, 2]], "y": [0], "feature_names": ["a", "a"]},
            {"/data/inline/feature_names/1": "'a' is there twice"},
        ),
        (
            {"x": [[1, 2]], "y": [0], "feature_names": ["a"]},
            {"/data/inline/feature_names": "has 1 names for 2 columns of x"},
        ),
        ({"rows": [{"a": 1}, {"b": 2}]}, None),
        ({"rows": [{"a/b": 1}, {"a/b": "x"}]}, None),
        ({"rows": [1]}, {"/data/inline/rows/0": "is 1; it must be an object with a value for each column"}),
    ],
)
def test_faults_are_named_with_their_place(document: dict[str, Any], expected: dict[str, str] | None) -> None:
    found = faults(document)
    assert found
    if expected is not None:
        assert found == expected


def test_pointers_are_escaped() -> None:
    assert "/data/inline/rows/1/a~1b" in faults({"rows": [{"a/b": 1}, {"a/b": "x"}]})


def test_many_faults_are_counted_rather_than_listed() -> None:
    found = faults({"x": [["a"]] * 100, "y": [0] * 100})
    assert len(found) == MOST_FAULTS + 1
    assert found["/data/inline"] == f"has {100 - MOST_FAULTS} more faults of this kind"

"""Inline data: read whole, or refused with the place of every fault."""

import json
import tracemalloc
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from steelyard.errors import ValidationFailed
from steelyard.tabular.faults import MOST_COUNTED, MOST_FAULTS
from steelyard.tabular.json_table import read_inline

VALUES = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=3)
)
JSON = VALUES | st.lists(VALUES, max_size=3) | st.dictionaries(st.text(max_size=2), VALUES, max_size=3)
NUMBERS = "this column holds numbers, and all its values must have one type"
TEXTS = NUMBERS.replace("numbers", "strings")


def faults(document: dict[str, Any]) -> dict[str, str]:
    with pytest.raises(ValidationFailed) as caught:
        read_inline(document)
    return {fault.pointer: fault.detail for fault in caught.value.faults}


def resolve(pointer: str, document: Any) -> Any:
    """What an RFC 6901 pointer names."""
    for token in pointer.split("/")[1:]:
        key = token.replace("~1", "/").replace("~0", "~")
        document = document[int(key) if isinstance(document, list) else key]
    return document


def test_arrays_become_columns() -> None:
    table, target = read_inline({"x": [[1, 2.5], [3, True]], "y": ["a", "b"], "feature_names": ["p", "q"]})
    assert table.names == ["p", "q", "y"]
    assert target == ["y"]
    np.testing.assert_array_equal(table.columns["q"].values.array, [2.5, 1.0])
    assert table.columns["y"].values.to_list() == ["a", "b"]


def test_columns_without_names_are_counted() -> None:
    assert read_inline({"x": [[1, 2]], "y": [1]})[0].names == ["x0", "x1", "y"]


def test_several_targets_are_columns_too() -> None:
    table, targets = read_inline({"x": [[1], [2]], "y": [[1, 2], [3, 4]]})
    assert targets == ["y0", "y1"]
    assert table.names == ["x0", "y0", "y1"]
    assert table.columns["y1"].values.to_list() == [2, 4]


def test_rows_become_columns_and_a_target_goes_without_saying() -> None:
    table, target = read_inline({"rows": [{"a": 1, "y": True}, {"y": False, "a": None}]})
    assert target == ["y"]
    assert np.isnan(table.columns["a"].values.array[1])
    assert table.columns["y"].values.to_list() == [True, False]
    assert read_inline({"rows": [{"y": 1, "target": 2}]})[1] == ["target"]
    assert read_inline({"rows": [{"a": 1}]})[1] == []


@given(
    st.integers(1, 4).flatmap(
        lambda width: st.lists(
            st.lists(st.floats(-1e150, 1e150) | st.integers(-(2**64), 2**64), min_size=width, max_size=width),
            min_size=1,
        )
    )
)
def test_numbers_keep_their_bits(x: list[list[float]]) -> None:
    table, _ = read_inline({"x": x, "y": [row[0] for row in x]})
    for index in range(len(x[0])):
        assert table.columns[f"x{index}"].values.array.tobytes() == np.array([float(row[index]) for row in x]).tobytes()


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ({"x": [[1, 2], [3]], "y": [0, 1]}, {"x/1": "has 1 values; the first row has 2"}),
        ({"x": [[1], ["a"]], "y": [0, 1]}, {"x/1/0": "is 'a'; it must be a number"}),
        ({"x": [[1], ["2"]], "y": [0, 1]}, {"x/1/0": "is '2'; it must be a number"}),
        ({"x": [[1], [None]], "y": [0, 1]}, {"x/1/0": "is null; every value must be a number"}),
        ({"x": [[1], [[2]]], "y": [0, 1]}, {"x/1/0": "is [2]; it must be a number"}),
        ({"x": [[1], 7], "y": [0, 1]}, {"x/1": "is 7; it must be a list of 1 numbers"}),
        ({"x": [[1], [2]], "y": [0]}, {"y": "has 1 values for the 2 rows of x"}),
        ({"x": [1, 2], "y": [0, 1]}, {"x/0": "is 1; it must be a list of at least one number"}),
        ({"x": [[]], "y": [0]}, {"x/0": "is []; it must be a list of at least one number"}),
        ({"x": [[1]], "y": [[]]}, {"y/0": "is []; it must be a list of at least one number"}),
        ({"x": [[1e160]], "y": [0]}, {"x/0/0": "is 1e+160; it must be within ±1e+150"}),
        ({"x": [[1], [2]], "y": [[1], 2]}, {"y/1": "is 2; it must be a list of 1 numbers"}),
        ({"x": [[1], [2]], "y": [1, [2]]}, {"y/1": f"is [2]; {NUMBERS}"}),
        ({"x": [[1]] * 3, "y": [None, "a", 1]}, {"y/2": f"is 1; {TEXTS}"}),
        ({"x": [[1], [2]], "y": [0, True]}, {"y/1": f"is True; {NUMBERS}"}),
        (
            {"x": [[1, 2]], "y": [0], "feature_names": ["a", "a"]},
            {"feature_names/1": "is 'a', which appears twice; names must be unique"},
        ),
        (
            {"x": [[1, 2]], "y": [0], "feature_names": ["a", "y"]},
            {"feature_names/1": "is 'y', which is the name of the target"},
        ),
        ({"x": [[1, 2]], "y": [0], "feature_names": ["a"]}, {"feature_names": "has 1 names for 2 columns of x"}),
        (
            {"rows": [{"a": 1}, {"b": 2}]},
            {"rows/1/a": "is missing; the first row has it", "rows/1/b": "is not a column of the first row"},
        ),
        ({"rows": [{"a": 1}, 2]}, {"rows/1": "is 2; it must be an object like the first row"}),
        ({"rows": [1]}, {"rows/0": "is 1; it must be an object with a value for each column"}),
        ({"rows": [{}]}, {"rows/0": "is {}; it must be an object with a value for each column"}),
        (
            {"rows": [{"a/b": 1}, {"a/b": "x"}]},
            {"rows/1/a~1b": f"is 'x'; {NUMBERS}"},
        ),
    ],
)  # fmt: skip
def test_faults_are_named_with_their_place(document: dict[str, Any], expected: dict[str, str]) -> None:
    assert faults(document) == {f"/data/inline/{place}": detail for place, detail in expected.items()}


def test_integers_that_no_float_holds_are_refused() -> None:
    assert "/data/inline/x/0/0" in faults({"x": [[10**400]], "y": [0]})
    assert "/data/inline/y/1" in faults({"x": [[1], [2]], "y": [0, -(10**400)]})


def test_faults_of_every_kind_come_at_once() -> None:
    arrays = {"x": [[1, "a"], [2]], "y": [1, "b", 3], "feature_names": ["p", "p"]}
    assert {*faults(arrays)} == {f"/data/inline/{place}" for place in ("x/0/1", "x/1", "y", "y/1", "feature_names/1")}
    rows = {"rows": [{"a": 1, "b": 1}, {"a": "x"}, 3, {"a": 1, "b": []}]}
    assert {*faults(rows)} == {f"/data/inline/rows/{place}" for place in ("1/a", "1/b", "2", "3/b")}


@pytest.mark.parametrize(
    ("wrong", "count"), [(100, f"{100 - MOST_FAULTS}"), (MOST_COUNTED * 3, f"{MOST_COUNTED} or more")]
)
def test_many_faults_are_counted_rather_than_listed(wrong: int, count: str) -> None:
    found = faults({"x": [["a"]] * wrong, "y": [0] * wrong})
    assert len(found) == MOST_FAULTS + 1
    assert found["/data"] == f"has {count} more errors that are not listed"


def test_one_long_text_among_numbers_takes_no_memory_for_the_others() -> None:
    x = [[1.0]] * 10_000 + [["a" * 100_000]]
    tracemalloc.start()
    try:
        found = faults({"x": x, "y": [0] * len(x)})
        assert tracemalloc.get_traced_memory()[1] < 10 << 20
    finally:
        tracemalloc.stop()
    assert all(len(detail) < 200 for detail in found.values())


@given(
    st.fixed_dictionaries(
        {"x": st.lists(JSON, min_size=1, max_size=4), "y": st.lists(JSON, min_size=1, max_size=4)},
        optional={"feature_names": st.lists(st.text(min_size=1, max_size=2), max_size=3)},
    )
    | st.fixed_dictionaries({"rows": st.lists(JSON, min_size=1, max_size=4)})
)
def test_whatever_is_sent_becomes_a_table_or_faults_that_can_be_found(inline: dict[str, Any]) -> None:
    try:
        table, targets = read_inline(inline)
    except ValidationFailed as error:
        found = error.faults
    else:
        assert {len(column.values.array) for column in table.columns.values()} == {table.rows}
        assert {*targets} <= {*table.names}
        return
    assert found
    for fault in found:
        if not fault.detail.startswith("is missing"):
            resolve(fault.pointer, {"data": {"inline": inline}})


@pytest.mark.parametrize(
    "inline",
    [
        {"x": [[1.5, 2.5], [3.5, 4.5]], "y": ["a", "b"], "feature_names": ["a/b", "y0"]},
        {"x": [[1.5], [3.5]], "y": [[5.5, 6.5], [7.5, 8.5]]},
        {"rows": [{"a~b": 1.5, "": "p"}, {"a~b": 2.5, "": "q"}]},
    ],
)
def test_every_value_of_a_table_is_located_where_it_was_sent(inline: dict[str, Any]) -> None:
    table, _ = read_inline(inline)
    sent = {"data": {"inline": json.loads(json.dumps(inline))}}
    for name, column in table.columns.items():
        assert isinstance(resolve(table.locate(name, None), sent), list)
        for row, value in enumerate(column.values.to_list()):
            assert resolve(table.locate(name, row), sent) == value


@pytest.mark.parametrize("written", ["%Y-%m-%d", "%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%d %H:%M:%S"])
def test_a_column_of_dates_alone_is_of_moments(written: str) -> None:
    days = pd.date_range("2024-05-01", periods=30)
    rows = [{"since": day.strftime(written), "y": place} for place, day in enumerate(days)]
    column = read_inline({"rows": [*rows, {"since": None, "y": 0}]})[0].columns["since"]
    assert (column.kind, column.missing) == ("datetime", 1)
    assert column.values.array[:-1].tolist() == [day.timestamp() for day in days]


@pytest.mark.parametrize("other", ["soon", "2024-13-01", "20240501", "2024-05"])
def test_a_column_with_a_text_that_is_no_date_is_of_texts(other: str) -> None:
    rows = [{"since": text, "y": 1} for text in ("2024-05-01", other)]
    column = read_inline({"rows": rows})[0].columns["since"]
    assert (column.kind, column.values.labels) == ("categorical", ("2024-05-01", other))


def test_names_lose_the_spaces_around_them() -> None:
    table, targets = read_inline({"rows": [{"a ": 1, " y": "p"}, {"a": 2, "y": "q"}]})
    assert ({name: column.values.to_list() for name, column in table.columns.items()}, targets) == (
        {"a": [1, 2], "y": ["p", "q"]},
        ["y"],
    )
    table, _ = read_inline({"x": [[1, 2]], "y": [3], "feature_names": ["a ", " b"]})
    assert table.names == ["a", "b", "y"]


@pytest.mark.parametrize(
    ("document", "place"),
    [
        ({"rows": [{"a ": 1, "y": 1}, {"a": 2, "a ": 3, "y": 1}]}, "/data/inline/rows/1"),
        ({"x": [[1, 2]], "y": [3], "feature_names": ["a ", " a"]}, "/data/inline/feature_names/1"),
        ({"x": [[1, 2]], "y": [3], "feature_names": ["a ", "y "]}, "/data/inline/feature_names/1"),
    ],
)
def test_names_that_differ_in_spaces_alone_are_refused(document: Any, place: str) -> None:
    with pytest.raises(ValidationFailed) as caught:
        read_inline(document)
    assert [fault.pointer for fault in caught.value.faults] == [place]

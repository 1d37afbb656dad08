"""Columns are matched with a model's inputs by name, and names that are nearly right are corrected."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steelyard.inference.column_names import MOST_LISTED, Matched, match, misspellings, name_faults

NAMES = st.lists(st.text("abc_ ", min_size=1, max_size=4), unique=True, max_size=8)


@given(names=NAMES, features=NAMES)
def test_every_name_is_an_input_or_ignored_and_every_input_is_there_or_missing(
    names: list[str], features: list[str]
) -> None:
    found = match(names, features)
    assert {*found.ignored} == {*names} - {*features}
    assert {*found.missing} == {*features} - {*names}
    assert [*found.ignored] == [name for name in names if name in found.ignored]
    assert [*found.missing] == [name for name in features if name in found.missing]
    assert {name for name, _ in misspellings(found)} <= {*found.ignored}
    assert {meant for _, meant in misspellings(found)} <= {*found.missing}


def test_an_answer_lists_nothing_where_there_is_nothing_and_never_too_much() -> None:
    assert Matched().to_json() == {}
    assert Matched(("a",)).to_json() == {"ignored_columns": ["a"]}
    many = tuple(map(str, range(MOST_LISTED + 1)))
    assert Matched(many, many).to_json() == {
        "ignored_columns": [*many[:MOST_LISTED]],
        "missing_columns": [*many[:MOST_LISTED]],
    }


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("Petal Length", "petal_length"),
        ("petal-length", "petal_length"),
        ("petallength", "petal_length"),
        ("petal_lenght", "petal_length"),
        ("STRASSE", "straße"),
    ],
)
def test_a_name_that_is_nearly_that_of_a_missing_input_is_corrected(name: str, meant: str) -> None:
    [fault] = name_faults(match([name, "a"], [meant, "a"]), [meant, "a"], "inputs", 3)
    assert fault.pointer == f"/inputs/3/{name}"
    assert fault.detail == f"is not an input of this model; did you mean {meant!r}?"


@pytest.mark.parametrize("name", ["note", "petal", "length_of_sepal"])
def test_another_name_is_not(name: str) -> None:
    assert [*name_faults(match([name, "a"], ["petal_length", "a"]), ["petal_length", "a"])] == []


def test_a_name_is_not_corrected_to_an_input_that_is_there() -> None:
    assert [*misspellings(match(["age", "Age"], ["age"]))] == []


def test_rows_without_any_input_are_rejected_with_the_names_of_the_first() -> None:
    features = [f"feature{number}" for number in range(30)]
    [fault] = name_faults(match(["x", "y"], features), features, "inputs", 0)
    assert fault.pointer == "/inputs/0"
    assert fault.detail.startswith("has none of the model's 30 inputs: 'feature0', ")
    assert "feature9" in fault.detail
    assert "feature10" not in fault.detail
    assert [*name_faults(match(["x"], []), [])] == []  # a model without inputs lacks none


def test_many_long_names_cost_little() -> None:
    names = [f"{number} {'x' * 100_000}" for number in range(200)]
    features = [f"{number} {'y' * 1000}" for number in range(5000)]
    started = time.process_time()
    assert [*misspellings(match(names, features))] == []
    assert time.process_time() - started < 1

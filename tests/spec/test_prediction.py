"""Inputs of a prediction: rows as lists or objects; anything else with its row and column."""

from typing import Any

import pytest

from steelyard.errors import ValidationFailed
from steelyard.spec.prediction import read_inputs

FEATURES = ["a", "b"]


def test_lists_and_objects_are_rows() -> None:
    assert read_inputs({"inputs": [[1, 2.5], {"b": 4, "a": True}]}, FEATURES).tolist() == [[1, 2.5], [1, 4]]


@pytest.mark.parametrize(
    ("document", "place", "words"),
    [
        ([], "", "object"),
        ({}, "/inputs", "missing"),
        ({"inputs": []}, "/inputs", "list of rows"),
        ({"inputs": [[1, 2]], "x": 1}, "/x", "not a field"),
        ({"inputs": [[1]]}, "/inputs/0", "has 1 values"),
        ({"inputs": [[1, "x"]]}, "/inputs/0/1", "(b) is 'x'"),
        ({"inputs": [[1, None]]}, "/inputs/0/1", "must be a number"),
        ({"inputs": [[2**64]]}, "/inputs/0", "has 1 values"),
        ({"inputs": [[1, 1e200]]}, "/inputs/0/1", "within"),
        ({"inputs": [["x" * 1000, 2]]}, "/inputs/0/0", "…"),
        ({"inputs": [3]}, "/inputs/0", "a row is"),
        ({"inputs": [{"a": 1}]}, "/inputs/0/b", "missing"),
        ({"inputs": [{"a": 1, "b": 2, "c": 3}]}, "/inputs/0/c", "not an input"),
        ({"inputs": [{"a": 1, "b": "2"}]}, "/inputs/0/b", "must be a number"),
        ({"inputs": [[1, 2], [3, 10**400]]}, "/inputs/1/1", "within"),
    ],
)
def test_anything_else_is_refused_with_row_and_column(document: Any, place: str, words: str) -> None:
    with pytest.raises(ValidationFailed) as caught:
        read_inputs(document, FEATURES)
    [fault] = caught.value.faults
    assert fault.pointer == place
    assert words in fault.detail

"""MLflow's scoring protocol: the four forms of rows, and what is none of them."""

from typing import Any

import pytest

from steelyard.documents.strict_json import nan_as_null, read_document
from steelyard.errors import ValidationFailed
from steelyard.inference.protocols.mlflow import make_rows
from tests.inference.protocols.mixed import MLFLOW, SENT


@pytest.mark.parametrize(
    ("document", "expected", "pointer"),
    [
        ({"dataframe_records": [{"a": 1}]}, [{"a": 1}], "/dataframe_records"),
        ({"dataframe_split": {"columns": ["a"], "data": [[1]]}}, [{"a": 1}], "/dataframe_split/data"),
        ({"dataframe_split": {"data": [[1, 2]]}}, [[1, 2]], "/dataframe_split/data"),
        ({"instances": [[1, 2]], "params": {"x": 1}}, [[1, 2]], "/instances"),
        ({"instances": [{"a": 1}]}, [{"a": 1}], "/instances"),
        ({"inputs": [[1, 2]]}, [[1, 2]], "/inputs"),
        ({"inputs": {"a": [1, 2], "b": [["x"], [None]]}}, [{"a": 1, "b": "x"}, {"a": 2, "b": None}], "/inputs"),
    ],
)
def test_rows_are_read_from_each_field(document: Any, expected: list[Any], pointer: str) -> None:
    assert make_rows(document) == (expected, pointer)


def test_what_mlflow_s_client_sends_is_read() -> None:
    assert make_rows(read_document(nan_as_null(MLFLOW)))[0] == SENT


@pytest.mark.parametrize(
    ("document", "pointer", "detail"),
    [
        ([], "", "is no object; it must have exactly one of dataframe_split, dataframe_records, instances, inputs"),
        ({}, "", "has none of them; it must have exactly one of"),
        ({"instances": [], "inputs": []}, "", "has instances and inputs; it must have exactly one of"),
        ({"inputs": None}, "/inputs", "is null; it must have rows"),
        ({"inputs": {"a": 1}}, "/inputs/a", "is 1; it must be a list"),
        ({"inputs": {"a": [1], "b": [1, 2]}}, "/inputs", "has columns of different lengths"),
        ({"dataframe_split": {"columns": ["a", "a"], "data": []}}, "/dataframe_split/columns", "has a name twice"),
        ({"dataframe_split": {"columns": ["a"], "data": [[1], []]}}, "/dataframe_split/data/1", "has 0 values; there"),
        ({"dataframe_split": {"columns": ["a"]}}, "/dataframe_split/data", "is missing"),
        ({"dataframe_split": 3}, "/dataframe_split", "is 3; it must be an object"),
        ({"dataframe_records": [3]}, "/dataframe_records/0", "is 3; it must be an object"),
    ],
)
def test_anything_else_is_refused(document: Any, pointer: str, detail: str) -> None:
    with pytest.raises(ValidationFailed) as refused:
        make_rows(document)
    [fault] = refused.value.faults
    assert fault.pointer == pointer
    assert fault.detail.startswith(detail)

"""The body of a change to a data set: a name, types of columns, or both."""

from typing import Any

import pytest

from steelyard.datasets.change import MOST_NAME, read_change
from steelyard.errors import ValidationFailed


@pytest.mark.parametrize(
    ("document", "name", "columns"),
    [
        ({"name": "places"}, "places", {}),
        ({"name": "x" * MOST_NAME}, "x" * MOST_NAME, {}),
        ({"columns": {}}, None, {}),
        ({"columns": {"a": {"type": "category"}, "b": None}}, None, {"a": {"type": "category"}, "b": None}),
        (
            {"name": "n", "columns": {"a": {"type": "number", "missing": ["n/k", -999], "decimal": "."}}},
            "n",
            {"a": {"type": "number", "missing": ["n/k", -999]}},
        ),
    ],
)
def test_a_change_has_a_name_or_types(document: Any, name: str | None, columns: Any) -> None:
    assert read_change(document) == (name, columns)


@pytest.mark.parametrize(
    ("document", "places"),
    [
        ([], [""]),
        ({}, [""]),
        ({"nme": "x"}, ["/nme"]),
        ({"name": None}, ["/name"]),
        ({"name": ""}, ["/name"]),
        ({"name": 3}, ["/name"]),
        ({"name": "a\0"}, ["/name"]),
        ({"name": "x" * (MOST_NAME + 1)}, ["/name"]),
        ({"columns": []}, ["/columns"]),
        ({"columns": {"a": "number"}}, ["/columns/a"]),
        ({"columns": {"a": {"type": "numbr"}, "b": None, "c": {}}}, ["/columns/a/type", "/columns/c/type"]),
        ({"nme": 1, "name": 2, "columns": {"a/b": 3}}, ["/columns/a~1b", "/name", "/nme"]),
    ],
)
def test_every_error_of_a_change_is_listed(document: Any, places: list[str]) -> None:
    with pytest.raises(ValidationFailed) as caught:
        read_change(document)
    assert sorted(fault.pointer for fault in caught.value.faults) == places


def test_a_misspelled_field_is_corrected() -> None:
    with pytest.raises(ValidationFailed, match="did you mean 'columns'"):
        read_change({"colums": {}})

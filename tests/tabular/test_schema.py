"""A schema is read whole, or rejected with every error; and gives columns their types."""

import json
from typing import Any

import numpy as np
import pytest

from steelyard.errors import ValidationFailed
from steelyard.tabular.schema import MOST_MISSING, read_schema, with_schema
from steelyard.tabular.table import Table, table_of
from steelyard.tabular.types.category import Category, Ignore
from steelyard.tabular.types.datetime import Datetime
from steelyard.tabular.types.number import Number
from steelyard.tabular.values import Values, coded


def faults(document: Any, *at: str) -> dict[str, str]:
    with pytest.raises(ValidationFailed) as caught:
        read_schema(document, *at)
    return {fault.pointer: fault.detail for fault in caught.value.faults}


def table() -> Table:
    return table_of({"age": Values(np.array([1.0, 2.0, -999.0])), "zip": coded(["01", "02", None])})


def test_types_are_read_with_their_options() -> None:
    document = {
        "age": {"type": "number", "missing": ["n/k", -999], "decimal": ","},
        "zip": {"type": "category"},
        "on": {"type": "datetime", "day_first": True},
        "at": {"type": "datetime", "format": "%d.%m.%Y"},
        "note": {"type": "ignore"},
    }
    types = read_schema(document)
    assert types == {
        "age": Number(missing=("n/k", -999), decimal=","),
        "zip": Category(),
        "on": Datetime(day_first=True),
        "at": Datetime(format="%d.%m.%Y"),
        "note": Ignore(),
    }
    assert json.loads(json.dumps({name: kind.to_json() for name, kind in types.items()})) == document


@pytest.mark.parametrize(
    ("options", "place", "words"),
    [
        (None, "", "is None; it must be an object such as"),
        ({}, "/type", "is missing"),
        ({"type": "numbr"}, "/type", "did you mean 'number'?"),
        ({"type": ["number"]}, "/type", "is ['number']"),
        ({"type": "number", "day_first": True}, "/day_first", "is not an option of the type number"),
        ({"type": "number", "decimals": ","}, "/decimals", "did you mean 'decimal'?"),
        ({"type": "number", "decimal": ";"}, "/decimal", "it must be '.' or ','"),
        ({"type": "number", "missing": "n/k"}, "/missing", "a list of at most 100 strings and numbers"),
        ({"type": "number", "missing": [True]}, "/missing", "strings and numbers"),
        ({"type": "number", "missing": [None]}, "/missing", "strings and numbers"),
        ({"type": "number", "missing": [0] * (MOST_MISSING + 1)}, "/missing", "at most 100"),
        ({"type": "datetime", "day_first": 1}, "/day_first", "it must be true or false"),
        ({"type": "datetime", "format": "%Q"}, "/format", ""),
    ],
)
def test_a_wrong_option_is_named_with_its_place(options: Any, place: str, words: str) -> None:
    found = faults({"a/b": options, "c": {"type": "text"}}, "data", "columns")
    assert [*found] == [f"/data/columns/a~1b{place}"]
    assert words in found[f"/data/columns/a~1b{place}"]


def test_a_hundred_missing_values_are_allowed() -> None:
    assert len(read_schema({"a": {"type": "number", "missing": [0] * MOST_MISSING}})["a"].missing) == MOST_MISSING


def test_every_error_is_listed() -> None:
    assert faults({"a": 1, "b": {"type": "x"}, "c": {"type": "number", "x": 1, "decimal": 3}}).keys() == {
        "/a",
        "/b/type",
        "/c/x",
        "/c/decimal",
    }
    assert faults([], "columns") == {"/columns": "is []; it must be an object of column names"}


def test_columns_get_the_types_of_a_schema_and_others_keep_theirs() -> None:
    typed = with_schema(table(), {"age": Number(missing=(-999.0,))})
    assert typed.columns["age"].values.to_list() == [1, 2, None]
    assert typed.columns["zip"].type == table().columns["zip"].type
    assert (typed.names, typed.rows) == (["age", "zip"], 3)
    as_category = with_schema(table(), {"age": Category()}).columns["age"]
    assert (as_category.type, as_category.values.to_list()) == (Category(), ["1", "2", "-999"])


def test_a_column_that_is_not_there_is_named() -> None:
    with pytest.raises(ValidationFailed) as caught:
        with_schema(table(), {"agee": Number(), "zip": Category(), "x": Number()}, "columns")
    assert {fault.pointer: fault.detail for fault in caught.value.faults} == {
        "/columns/agee": "no column has that name; did you mean 'age'?",
        "/columns/x": "no column has that name; known are age, zip",
    }


def test_without_a_schema_a_table_stays_as_it_is() -> None:
    before = table()
    assert with_schema(before, {}).columns == before.columns

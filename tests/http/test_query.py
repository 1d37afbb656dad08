"""Query parameters are read strictly: a value, or an error that says what would be right."""

from typing import Any

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from jsonschema_rs import Draft202012Validator

from steelyard.errors import ValidationFailed
from steelyard.http.query import AFTER, LIMIT, Query, read_query

FLAG = Query("dry_run", "boolean", "", default=False)
NUMBER = Query("wait", "number", "", default=0.5, least=0, most=60)
HEADER = Query("header", "boolean or integer", "", default=True, least=1, most=9)
STATUS = Query("status", "string", "", choices=("queued", "running"))
NAME = Query("name", "string", "")
LABELS = Query("metadata", "labels", "")
ALL = (LIMIT, FLAG, NUMBER, HEADER, STATUS, NAME, LABELS)


def read(bare: Flask, query: str | dict[str, Any] = "", declared: Any = ALL) -> dict[str, Any]:
    with bare.test_request_context("/", query_string=query):
        return read_query(declared)


def faults(bare: Flask, query: str | dict[str, Any], declared: Any = ALL) -> dict[str, str]:
    with pytest.raises(ValidationFailed) as caught:
        read(bare, query, declared)
    assert {fault.pointer for fault in caught.value.faults} == {""}
    return {str(fault.parameter): fault.detail for fault in caught.value.faults}


def test_parameters_that_are_not_given_have_their_defaults(bare: Flask) -> None:
    defaults = {"limit": 50, "dry_run": False, "wait": 0.5, "header": True, "status": None, "name": None}
    assert read(bare) == {**defaults, "metadata": {}}
    assert read(bare, declared=()) == {}


@pytest.mark.parametrize(
    ("query", "name", "value"),
    [
        ("limit=1", "limit", 1),
        ("limit=200", "limit", 200),
        ("dry_run=true", "dry_run", True),
        ("dry_run=false", "dry_run", False),
        ("wait=2.5e1", "wait", 25.0),
        ("header=false", "header", False),
        ("header=9", "header", 9),
        ("status=running", "status", "running"),
        ("name=a%20b", "name", "a b"),
        ("metadata[team]=a&metadata[of]=b", "metadata", {"team": "a", "of": "b"}),
    ],
)
def test_a_value_is_read_as_its_type(bare: Flask, query: str, name: str, value: Any) -> None:
    found = read(bare, query)[name]
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("query", "name", "words"),
    [
        ("limit=0", "limit", "is '0'; it must be an integer from 1 to 200"),
        ("limit=201", "limit", "from 1 to 200"),
        ("limit=1.5", "limit", "an integer"),
        ("limit=١", "limit", "an integer"),  # a digit to Python
        ("limit=1_0", "limit", "an integer"),
        ("limit=" + "1" * 101, "limit", "an integer"),
        ("limit=1&limit=2", "limit", "is given twice"),
        ("wait=nan", "wait", "a number from 0 to 60"),
        ("wait=1e999", "wait", "a number from 0 to 60"),
        ("wait=-0.1", "wait", "a number from 0 to 60"),
        ("dry_run=1", "dry_run", "it must be true or false"),
        ("header=0", "header", "it must be true, false, or an integer from 1 to 9"),
        ("header=yes", "header", "it must be true, false, or an integer from 1 to 9"),
        ("status=lost", "status", "it must be one of queued, running"),
        ("name=a%00b", "name", "has a NUL character"),
        ("limt=3", "limt", "is not a parameter of this endpoint; did you mean 'limit'?"),
        ("metadata=a", "metadata", "is not a filter; write `metadata[key]=value`"),
        ("metadata[a][b]=c", "metadata[a][b]", "with a key without brackets"),
        ("limit[a]=3", "limit[a]", "is not a parameter of this endpoint"),
    ],
)
def test_a_wrong_value_is_named_with_what_would_be_right(bare: Flask, query: str, name: str, words: str) -> None:
    found = faults(bare, query)
    assert [*found] == [name]
    assert words in found[name]


def test_every_error_is_in_one_answer(bare: Flask) -> None:
    assert faults(bare, "limit=0&dry_run=x&nme=1").keys() == {"limit", "dry_run", "nme"}


def test_an_endpoint_without_parameters_takes_none(bare: Flask) -> None:
    assert "this endpoint has no parameters" in faults(bare, "limit=3", ())["limit"]


@given(text=st.text("0123456789.eE+-_ nainf", max_size=12) | st.integers().map(str) | st.floats().map(str))
def test_what_is_read_is_what_the_schema_describes(text: str) -> None:
    for query in (LIMIT, NUMBER, HEADER, FLAG, STATUS):
        try:
            value = query.read(text)
        except ValueError:
            continue
        schema = {key: bound for key, bound in query.schema.items() if bound is not None}
        assert Draft202012Validator(schema).is_valid(value), (query.name, text)


def test_schemas_have_the_bounds_and_choices() -> None:
    assert LIMIT.schema == {"type": "integer", "default": 50, "minimum": 1, "maximum": 200}
    assert STATUS.schema == {"type": "string", "enum": ["queued", "running"]}
    assert AFTER.schema == {"type": "string", "pattern": "^[a-z]+_[0-9a-z]{26}$"}
    assert FLAG.schema == {"type": "boolean", "default": False}
    assert LABELS.schema == {"type": "object", "additionalProperties": {"type": "string"}}
    assert HEADER.schema["anyOf"] == [{"type": "boolean"}, {"type": "integer", "minimum": 1, "maximum": 9}]

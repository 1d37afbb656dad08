"""Answers: what a model takes, and what is written of it."""

from typing import Annotated, Any, get_args

import orjson
import pytest
from pydantic import ConfigDict, Field, ValidationError

from steelyard.documents.schema import Answer, ColumnSchema, Listed
from steelyard.documents.writer import dump, to_values
from steelyard.store.pages import Page
from steelyard.tabular.types.registry import ALL


class Inner(Answer):
    """An inner object."""

    from_: Annotated[int, Field(alias="from")]


class Thing(Answer):
    """An object with an optional field."""

    inner: list[Inner]
    value: float | None
    note: str | None = None


class Complete(Answer):
    """An object whose optional field is always written."""

    model_config = ConfigDict(json_schema_serialization_defaults_required=True)

    layer: str | None = None


class Rows(Listed):
    """A list of rows."""

    rows: int
    data: list[Inner]


def test_an_answer_has_the_names_of_its_fields_in_json_and_only_what_was_given() -> None:
    thing = Thing(inner=[Inner(**{"from": 1})], value=float("nan"))
    assert orjson.loads(dump(thing)) == {"inner": [{"from": 1}], "value": None}
    assert to_values(thing.model_copy(update={"note": None})) == {"inner": [{"from": 1}], "value": None, "note": None}


def test_a_model_may_say_that_its_defaults_are_written() -> None:
    assert to_values(Complete()) == {"layer": None}
    assert Complete.model_json_schema(mode="serialization")["required"] == ["layer"]


def test_an_unknown_field_a_missing_one_and_another_type_are_refused() -> None:
    none: list[Inner] = []
    wrongs: list[dict[str, Any]] = [{}, {"value": 1, "other": 2}, {"value": "much"}]
    for wrong in wrongs:
        with pytest.raises(ValidationError):
            Thing(inner=none, **wrong)


def test_rows_of_a_streamed_answer_have_the_fields_of_their_model() -> None:
    assert Inner.records({"from": [1, 2]}) == [{"from": 1}, {"from": 2}]
    assert Thing.records({"inner": [[]], "value": [1.0]}) == [{"inner": [], "value": 1.0}]
    for wrong in ({"from_": [1]}, {}, {"from": [1], "to": [2]}):
        with pytest.raises(TypeError, match="are not the fields of Inner"):
            Inner.records(wrong)


def test_the_items_of_a_list_come_last_so_that_they_can_be_streamed() -> None:
    empty = Rows(object="list", has_more=False, next=None, rows=0, data=[])
    assert dump(empty).endswith(b'"data":[]}')


def test_a_list_is_made_of_a_page() -> None:
    class Inners(Listed):
        data: list[Inner]

    page = Page([Inner(**{"from": 1})], has_more=True, next="x")
    assert to_values(Inners.of(page)) == {"object": "list", "has_more": True, "next": "x", "data": [{"from": 1}]}


def test_every_type_of_column_is_described() -> None:
    assert {*get_args(ColumnSchema.model_fields["type"].annotation)} == {each.name for each in ALL}

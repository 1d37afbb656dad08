"""What the models of requests and answers have in common.

An answer is made by its model, which checks it, and `documents.writer` writes what the model holds: `/openapi.json`
describes the same models, so the document and the answers cannot differ.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Annotated, Any, Literal, Protocol, Self

from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema

NAMED = "x-schema"  # in a JSON Schema: the name of the schema that is meant
Time = Annotated[str, Field(description="RFC 3339, UTC", examples=["2026-11-23T18:09:00.123Z"])]
Sha256 = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
Label = str | int | bool
Target = Label | float | list[float]
Cell = str | bool | float | None  # a value of a table, as JSON has it
Row = list[Cell] | dict[str, Cell]


def stored_as(model: str) -> WithJsonSchema:
    """Marks JSON that a model wrote to the database: it is described as that model, and served without a further look.

    The model is named, since it may be of a room above (`web.openapi` knows them all). To read 1,000 columns of a data
    set into models, and to write them again, takes 60 ms.
    """
    return WithJsonSchema({NAMED: model})


StoredSpec = Annotated[dict[str, Any], stored_as("JobSpec")]


class Strict(BaseModel):
    """An object in a request: no unknown field, no value of another type, nothing that is not finite."""

    model_config = ConfigDict(
        extra="forbid", strict=True, frozen=True, allow_inf_nan=False, json_schema_serialization_defaults_required=True
    )


class Answer(BaseModel):
    """An object in an answer.

    A field with a default is left out of the JSON unless it is given, or its model says in its configuration that such
    fields are always there (`json_schema_serialization_defaults_required`).
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    @classmethod
    def unchecked(cls, **fields: Any) -> Self:
        """An answer whose fields are not looked at: for arrays, and where a check would take longer than the rest.

        As `model_construct`, which takes 6 µs to look for defaults: a seventh of what a prediction takes.
        """
        made = cls.__new__(cls)
        object.__setattr__(made, "__dict__", fields)
        object.__setattr__(made, "__pydantic_fields_set__", set(fields))
        object.__setattr__(made, "__pydantic_extra__", None)
        object.__setattr__(made, "__pydantic_private__", None)
        return made

    def to_json(self) -> dict[str, Any]:
        """Its fields by their names in JSON. What they hold is not copied."""
        values, (names, has_aliases, are_all_there) = self.__dict__, _written(type(self))
        given = values if are_all_there else self.__pydantic_fields_set__
        if len(given) == len(values) and not has_aliases:
            return values
        return {name: values[field] for field, name in names.items() if field in given}

    @classmethod
    def records(cls, columns: Mapping[str, Sequence[Any]]) -> list[dict[str, Any]]:
        """Rows of a streamed answer from their columns: objects that have the fields of this model.

        The values are not checked one by one, which would take longer than to write them.
        """
        names, *_ = _written(cls)
        required = {name for field, name in names.items() if cls.model_fields[field].is_required()}
        if not required <= columns.keys() <= {*names.values()}:
            raise TypeError(f"{[*columns]} are not the fields of {cls.__name__}")
        return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


@cache
def _written(model: type[BaseModel]) -> tuple[dict[str, str], bool, bool]:
    """The name of each field in JSON, whether any is not the field's own, and whether defaults are written, too."""
    names = {field: about.alias or field for field, about in model.model_fields.items()}
    are_all_there = bool(model.model_config.get("json_schema_serialization_defaults_required"))
    return names, any(field != name for field, name in names.items()), are_all_there


class Paged(Protocol):
    """Some items of a list, and where to continue."""

    @property
    def data(self) -> Sequence[Any]:
        """The items."""

    @property
    def has_more(self) -> bool:
        """Whether others follow."""

    @property
    def next(self) -> str | None:
        """What the next page begins after."""


class Listed(Answer):
    """A page of a list. Lists add `data` as their last field, so that its items can be streamed."""

    object: Literal["list"]
    has_more: bool
    next: str | None

    @classmethod
    def of(cls, page: Paged) -> Self:
        """The answer that has the items of a page."""
        return cls(object="list", data=page.data, has_more=page.has_more, next=page.next)  # type: ignore[call-arg]


class ColumnSchema(Answer):
    """The type of a column, as a schema has it."""

    type: Literal["number", "boolean", "category", "datetime", "time_of_day", "text", "ignore"]
    missing: Annotated[
        list[str | float], Field(description="values that count as missing, besides blank and null")
    ] = []
    decimal: Annotated[str, Field(description="of numbers: the decimal point of strings, if it is a comma")] = "."
    day_first: Annotated[
        bool, Field(description="of datetimes: whether dates like 24/11/2026 have the day first; absent for others")
    ] = False
    format: Annotated[str, Field(description="of datetimes: the strptime format, if one was given")] = ""


class FaultEntry(Answer):
    """One error of a request: where it is, in the body or in the query, and what would be right."""

    pointer: Annotated[str | None, Field(description="JSON Pointer (RFC 6901) into the request body")] = None
    parameter: Annotated[str | None, Field(description="the name of a query parameter")] = None
    detail: str


class Problem(Answer):
    """An error, as RFC 9457 has it."""

    type: str
    title: str
    status: int | None = None
    detail: str
    instance: str | None = None
    errors: list[FaultEntry] | None = None
    more_errors: Annotated[int | None, Field(description="number of errors that are not listed")] = None

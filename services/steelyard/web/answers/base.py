"""What responses have in common."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Time = Annotated[str, Field(description="RFC 3339, UTC", examples=["2026-11-23T18:09:00.123Z"])]
Sha256 = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
Label = str | int | bool
Target = Label | float | list[float]
Cell = str | bool | float | None  # a value of a table, as JSON has it
Row = list[Cell] | dict[str, Cell]


class Answer(BaseModel):
    """An object in a response."""

    model_config = ConfigDict(extra="forbid")


class Fault(Answer):
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
    errors: list[Fault] | None = None
    more_errors: Annotated[int | None, Field(description="number of errors that are not listed")] = None


class Listed(Answer):
    """A page of a list."""

    object: Literal["list"]
    has_more: bool
    next: str | None


class ColumnSchema(Answer):
    """The type of a column, as a schema has it."""

    type: Literal["number", "boolean", "category", "datetime", "time_of_day", "text", "ignore"]
    missing: Annotated[
        list[str | float], Field(description="values that mean that there is none, beside blank and null")
    ] = []
    decimal: Annotated[str, Field(description="of numbers: the decimal point of strings, if it is a comma")] = "."
    day_first: Annotated[
        bool, Field(description="of datetimes: whether dates like 24/11/2026 have the day first; absent for others")
    ] = False
    format: Annotated[str, Field(description="of datetimes: the strptime format, if one was given")] = ""


class Finding(Answer):
    """A notable observation, with a suggestion."""

    code: str
    level: Literal["info", "warning"]
    message: str
    suggestion: str

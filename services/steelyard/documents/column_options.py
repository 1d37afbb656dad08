"""The type that the owner of data gives to a column, as OpenAPI describes it; `steelyard.tabular.schema` checks it."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field


class ColumnOptions(BaseModel):
    """The type that the owner of data gives to a column."""

    model_config = ConfigDict(extra="forbid")

    type: Literal["number", "boolean", "category", "datetime", "time_of_day", "text", "ignore"]
    missing: Annotated[
        list[str | float],
        Field(max_length=100, description="values that mean that there is none, beside blank and null"),
    ] = []
    decimal: Annotated[Literal[".", ","], Field(description="of numbers: the decimal point of strings")] = "."
    day_first: Annotated[bool, Field(description="of datetimes: whether 24/11/2026 has the day first")] = False
    format: Annotated[str, Field(description="of datetimes: a strptime format such as `%d.%m.%y`")] = "%Y-%m-%d"

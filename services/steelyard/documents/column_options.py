"""The type that the owner of data gives to a column, as OpenAPI describes it; `steelyard.tabular.schema` checks it."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field


class ColumnOptions(BaseModel):
    """The type that the owner of data gives to a column."""

    model_config = ConfigDict(extra="forbid")

    type: Literal["number", "boolean", "category", "datetime", "time_of_day", "text", "ignore"]
    # Made by factories, the defaults are not in the schema: a client generator would send them with every type.
    missing: Annotated[
        list[str | float],
        Field(max_length=100, description="values that count as missing, besides blank and null"),
    ] = Field(default_factory=list)
    decimal: Annotated[Literal[".", ","], Field(description="of numbers: the decimal point of strings")] = Field(
        default_factory=lambda: "."
    )
    day_first: Annotated[bool, Field(description="of datetimes: whether 24/11/2026 has the day first")] = Field(
        default_factory=bool
    )
    format: Annotated[str, Field(description="of datetimes: a strptime format such as `%d.%m.%y`")] = Field(
        default_factory=str
    )

"""What clients see of data sets."""

from typing import Annotated, Any, Literal

from pydantic import Field

from steelyard.diagnostics.schema import ColumnFinding
from steelyard.documents.column_options import ColumnOptions
from steelyard.documents.schema import Answer, Cell, ColumnSchema, Listed, Sha256, Strict, Time, stored_as
from steelyard.tabular.values import Kind


class TopValue(Answer):
    """A frequent value."""

    value: str | bool | float
    count: int


class Guess(Answer):
    """The type that was inferred for a column."""

    schema_: ColumnSchema = Field(alias="schema")
    reason: str


class DatasetColumn(Answer):
    """A summary of a column. `min`, `max` and `mean` of dates and times are strings, `std` is in seconds."""

    name: str
    dtype: Annotated[str, Field(description="the column's type in the file")]
    kind: Kind
    reason: Annotated[str, Field(description="why this kind was inferred")]
    schema_: ColumnSchema = Field(alias="schema")
    guess: Annotated[Guess | None, Field(description="what was inferred, where the owner gave the schema")] = None
    findings: Annotated[list[ColumnFinding], Field(description="what was decided about values of the column")]
    missing: int
    distinct: int
    min: float | str | None
    max: float | str | None
    mean: float | str | None
    std: float | None
    top: list[TopValue]
    histogram: Annotated[
        list[int] | None,
        Field(description="counts of numbers and datetimes in bins of equal width from `min` to `max`"),
    ] = None


class Dataset(Answer):
    """An uploaded data set."""

    id: str
    object: Literal["dataset"]
    name: str | None
    created_at: Time
    rows: int
    bytes: int
    sha256: Sha256
    media_type: str
    read_as: Annotated[dict[str, str], Field(description="the detected format of the file")]
    columns: list[Annotated[dict[str, Any], stored_as(DatasetColumn.__name__)]]
    note: Annotated[str, Field(description="in the response to an upload: why the given name is not used")] | None = (
        None
    )


class BuiltinDataset(Answer):
    """A data set that is available without an upload; a generated one with its default parameters."""

    object: Literal["builtin"]
    name: str
    title: str
    task: str
    target: str
    generated: bool
    source: str
    rows: int
    columns: list[Annotated[dict[str, Any], stored_as(DatasetColumn.__name__)]]


class DatasetChange(Strict):
    """A change to a data set."""

    name: str = Field(default_factory=str, min_length=1, max_length=200)  # without a default in the schema
    columns: dict[str, ColumnOptions | None] = Field(
        default_factory=dict, description="types of columns; null removes the one given before"
    )


class DatasetList(Listed):
    """Data sets, newest first."""

    data: list[Dataset]


class DatasetRows(Listed):
    """Rows of a data set."""

    rows: int
    data: list[dict[str, Cell]]

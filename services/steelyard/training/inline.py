"""Rows that came inside a job: checked, in the form in which they are stored, and as a table."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Annotated, Any

import orjson
from pydantic import Field, ValidationError, WithJsonSchema

from steelyard.documents.schema import Strict
from steelyard.errors import Fault, ValidationFailed, pointer
from steelyard.tabular.json_table import read_inline
from steelyard.tabular.table import Table
from steelyard.training.schema import Column
from steelyard.training.schema_errors import translate

AT = pointer("data", "inline")
Load = Callable[[], tuple[Table, list[str]]]
VALUE = {"type": ["string", "number", "boolean", "null"]}
NUMBERS = {"type": "array", "minItems": 1, "items": {"type": ["number", "boolean"]}}
NO_SUMMARY = {"rows": 0, "columns": 0, "sha256": ""}


def _listed(items: dict[str, Any]) -> WithJsonSchema:
    """The schema of a list whose items are read without a model, which would take long."""
    return WithJsonSchema({"type": "array", "minItems": 1, "items": items})


class InlineArrays(Strict):
    """Rows as lists: `x` a row each, `y` a value (or several) each."""

    x: Annotated[list[Any], Field(min_length=1), _listed(NUMBERS)]
    y: Annotated[list[Any], Field(min_length=1), _listed({"anyOf": [VALUE, NUMBERS]})]
    feature_names: list[Column] | None = None


class InlineRows(Strict):
    """Rows as objects, with a value for every column."""

    rows: Annotated[list[Any], Field(min_length=1), _listed({"type": "object", "additionalProperties": VALUE})]


@dataclass(frozen=True)
class Inline:
    """Rows of a job: the bytes that are stored of them, and what a stored job says of them.

    `load` makes them a table, with the targets that go without saying. Raises `ValidationFailed`.
    """

    content: bytes
    rows: int
    columns: int
    load: Load

    @cached_property
    def summary(self) -> dict[str, Any]:
        """What stands in a stored job for them."""
        sha256 = hashlib.sha256(self.content).hexdigest()
        return {"rows": self.rows, "columns": self.columns, "sha256": sha256}


def read_sent(inline: Any) -> Inline:
    """The rows that stand under `data.inline` of a job. Raises `ValidationFailed`."""
    model = InlineRows if isinstance(inline, dict) and "rows" in inline else InlineArrays
    try:
        checked = model.model_validate(inline)
        content = orjson.dumps({key: value for key, value in sorted(inline.items()) if value is not None})
    except ValidationError as error:
        faults = translate(error, model, inline, inline)
        raise ValidationFailed(Fault(AT + fault.pointer, fault.detail) for fault in faults) from None
    except orjson.JSONEncodeError:
        raise ValidationFailed([Fault(AT, "has an integer that does not fit in 64 bits")]) from None
    rows: list[Any] = checked.rows if isinstance(checked, InlineRows) else checked.x
    width = len(rows[0]) if isinstance(rows[0], (list, dict)) else 0
    return Inline(content, len(rows), width, partial(read_inline, inline))


def read_stored(content: bytes) -> Inline:
    """The rows of a stored job, which says itself how many there are."""
    return Inline(content, 0, 0, lambda: read_inline(orjson.loads(content)))

"""Query parameters: declared with the route, validated strictly, described in the OpenAPI document."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import request

from steelyard.errors import Fault, ValidationFailed, nearest, shown

LABEL = re.compile(r"[^\[\]]+\]")  # what follows `metadata[`


@dataclass(frozen=True)
class Query:
    """A query parameter.

    `kind` is `integer`, `number`, `boolean`, `boolean or integer`, `string` or `labels` (`metadata[key]=value`).
    """

    name: str
    kind: str
    description: str
    default: Any = None
    least: float | None = None
    most: float | None = None
    choices: Sequence[str] = ()
    pattern: str = r"^[^\u0000]*$"

    @property
    def schema(self) -> dict[str, Any]:
        """Its JSON Schema."""
        if self.kind == "labels":
            return {"type": "object", "additionalProperties": {"type": "string"}}
        if self.kind == "boolean or integer":
            numbers = {"type": "integer", "minimum": self.least, "maximum": self.most}
            return {"anyOf": [{"type": "boolean"}, numbers], "default": self.default}
        schema: dict[str, Any] = {"type": self.kind}
        limits = {"default": self.default, "minimum": self.least, "maximum": self.most}
        schema |= {key: value for key, value in limits.items() if value is not None}
        if self.choices:
            return schema | {"enum": list(self.choices)}
        return schema | ({"pattern": self.pattern} if self.kind == "string" else {})

    def read(self, text: str) -> Any:
        """Its value. Raises `ValueError` with what would be right."""
        match self.kind:
            case "boolean":
                if text not in ("true", "false"):
                    raise ValueError("true or false")
                return text == "true"
            case "boolean or integer":
                return text == "true" if text in ("true", "false") else self._read_number(text)
            case "integer" | "number":
                return self._read_number(text)
            case _:
                if self.choices and text not in self.choices:
                    raise ValueError(f"one of {', '.join(self.choices)}")
                return text

    def _read_number(self, text: str) -> float | int:
        bounds = f" from {self.least:.16g}" if self.least is not None else ""
        bounds += f" to {self.most:.16g}" if self.most is not None else ""
        kind, right = self.kind, f"{'a number' if self.kind == 'number' else 'an integer'}{bounds}"
        if kind == "boolean or integer":
            kind, right = "integer", f"true, false, or {right}"
        if not NUMBER[kind].fullmatch(text) or len(text) > LONGEST_NUMBER:
            raise ValueError(right)
        value = int(text) if kind == "integer" else float(text)
        if not math.isfinite(value):
            raise ValueError(right)
        if not (self.least is None or value >= self.least) or not (self.most is None or value <= self.most):
            raise ValueError(right)
        return value


# Python itself takes digits of any script, underscores between them, and "nan".
NUMBER = {"integer": re.compile(r"-?[0-9]+"), "number": re.compile(r"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?")}
LONGEST_NUMBER = 100
MOST_OFFSET = 2**53 - 1  # of rows, epochs, events: what databases and JSON's numbers hold
LIMIT = Query("limit", "integer", "maximum number of items", default=50, least=1, most=200)
AFTER = Query("after", "string", "the last id of the previous page", pattern="^[a-z]+_[0-9a-z]{26}$")


def read_query(declared: Sequence[Query]) -> dict[str, Any]:
    """The values of this request's parameters by name. Raises `ValidationFailed`."""
    if not declared and not request.query_string:
        return {}
    known = {query.name: query for query in declared}
    values = {query.name: {} if query.kind == "labels" else query.default for query in declared}
    given = request.args.to_dict(flat=False)
    faults = [Fault.of_query(name, "is given twice") for name, several in given.items() if len(several) > 1]
    for name, (text, *_) in given.items():
        base, _, key = name.partition("[")
        if "\0" in text or "\0" in name:
            faults.append(Fault.of_query(name, "has a NUL character"))
        elif base in known and known[base].kind == "labels" and LABEL.fullmatch(key):
            values[base][key[:-1]] = text
        elif base in known and known[base].kind == "labels":
            faults.append(
                Fault.of_query(name, f"is not a filter; write `{base}[key]=value`, with a key without brackets")
            )
        elif name not in known:
            hint = nearest(name, known) if known else "this endpoint has no parameters"
            faults.append(Fault.of_query(name, f"is not a parameter of this endpoint; {hint}"))
        else:
            try:
                values[name] = known[name].read(text)
            except ValueError as error:
                faults.append(Fault.of_query(name, f"is {shown(text)}; it must be {error}"))
    if faults:
        raise ValidationFailed(faults)
    return values

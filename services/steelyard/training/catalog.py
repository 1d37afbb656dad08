"""The catalog: every part that a job can name, read off the trainer's classes."""

import dataclasses
import inspect
from typing import Any

from steelyard.nn.component import Part, describe, parameters
from steelyard.tabular.builtin import BUILTINS, Builtin
from steelyard.training.components import REGISTRIES, model_of


def catalog() -> dict[str, Any]:
    """Every part by family, with parameters, ranges, defaults, formula and source; and the data sets that are there."""
    families = {family: [_describe(part, registry.tag) for part in registry] for family, registry in REGISTRIES.items()}
    return {"object": "catalog", **families, "data": [_describe_data(builtin) for builtin in BUILTINS.values()]}


def _describe(part: type[Part], tag: str) -> dict[str, Any]:
    schema = model_of(part, tag).model_json_schema()["properties"]
    return {
        "name": part.name,
        "aliases": list(part.aliases),
        "description": inspect.getdoc(part),
        "formula": part.formula,
        "source": part.source,
        "parameters": [
            {
                "name": parameter.name,
                "type": schema[parameter.name].get("type", "part"),
                "default": _default(parameter.default),
                "required": parameter.default is dataclasses.MISSING,
                "range": [describe(bound) for bound in getattr(parameter.hint, "__metadata__", ())],
            }
            for parameter in parameters(part)
        ],
    }


def _describe_data(builtin: Builtin) -> dict[str, Any]:
    return {field.name: getattr(builtin, field.name) for field in dataclasses.fields(builtin) if field.name != "make"}


def _default(value: Any) -> Any:
    if value is dataclasses.MISSING:
        return None
    return value.name if isinstance(value, Part) else value

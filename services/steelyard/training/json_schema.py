"""JSON Schemas of models, and of a job as clients may write it: the full form, and beside each part its shorthand."""

from collections.abc import Iterable
from typing import Any, Literal

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, models_json_schema

from steelyard.nn.layers import LAYERS
from steelyard.training.components import SLOTS
from steelyard.training.inline import InlineArrays, InlineRows
from steelyard.training.schema import JobSpec
from steelyard.training.shorthand import AUTO, AUTO_IN_TRAINING

NAME = "JobRequest"


class Schemas(GenerateJsonSchema):
    """JSON Schemas that client generators understand.

    They name classes after titles, which clash, and take a field with a default for one that an answer always has. A
    default of null says nothing that an optional field does not.
    """

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002 -- pydantic's signature
        """Never."""
        return False

    def model_schema(self, schema: Any) -> dict[str, Any]:
        """The schema of a model."""
        described = super().model_schema(schema)
        described.pop("title", None)
        return described

    def default_schema(self, schema: Any) -> dict[str, Any]:
        """The schema of a field with a default."""
        described = super().default_schema(schema)
        if self.mode == "serialization" or described.get("default") is None:
            described.pop("default", None)
        return described


def describe(
    models: Iterable[type[BaseModel]], mode: Literal["validation", "serialization"], ref_template: str
) -> dict[str, Any]:
    """The schemas of models and of all that they hold, by name: as they are read, or as they are written."""
    wanted = [(model, mode) for model in models]
    _, found = models_json_schema(wanted, ref_template=ref_template, schema_generator=Schemas)
    definitions: dict[str, Any] = found["$defs"]
    return definitions


def request_schema(ref_template: str) -> dict[str, Any]:
    """Definitions by name; that of a job is `JobRequest`."""
    definitions = describe((JobSpec, InlineArrays, InlineRows), "validation", ref_template)
    del definitions["InlineSummary"]
    inline = [{"$ref": ref_template.format(model=model)} for model in ("InlineArrays", "InlineRows")]
    definitions["Data"]["properties"]["inline"] = {"anyOf": inline, "description": "rows inside the request"}
    definitions["Data"]["properties"]["target"]["anyOf"].append({"type": "string"})
    for definition in definitions.values():
        properties = definition.get("properties", {})
        if (layers := properties.get("layers")) is not None:
            items = next(each for each in (layers, *layers.get("anyOf", ())) if "items" in each)
            items["items"] = {"anyOf": [items["items"], {"type": "integer", "minimum": 1, "maximum": 65_536}]}
        _add_names(properties)
        for described in properties.values():  # client generators accept no object as a default
            if isinstance(described.get("default"), dict):
                del described["default"]
    for model, key in (("JobSpec", "layers"), *(("TrainingSettings", key) for key in AUTO_IN_TRAINING)):
        definitions[model]["properties"][key]["anyOf"].append({"const": "auto", "type": "string"})
    definitions["Dense"]["required"].remove(LAYERS.tag)  # `units` say enough
    definitions[NAME] = definitions.pop("JobSpec")
    return definitions


def _add_names(properties: dict[str, Any]) -> None:
    for key in SLOTS.keys() & properties.keys():
        names = [*SLOTS[key].names, *SLOTS[key].aliases, *(["auto"] if key in AUTO else [])]
        described = {word: properties[key][word] for word in ("description", "default") if word in properties[key]}
        full = {word: value for word, value in properties[key].items() if word not in described}
        if isinstance(default := described.get("default"), dict):
            described["default"] = default[SLOTS[key].tag]
        properties[key] = {"anyOf": [{"type": "string", "enum": names}, full], **described}

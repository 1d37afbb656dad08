"""The catalog: every part that a job can name, read off the trainer's classes."""

import dataclasses
import inspect
from typing import Any

from steelyard.diagnostics.rules import RULES, Rule
from steelyard.nn.component import Part, describe, parameters
from steelyard.tabular.builtin import BUILTINS, Builtin
from steelyard.training.components import REGISTRIES, model_of
from steelyard.training.presets import PRESETS, Preset
from steelyard.training.schema.catalog import (
    BuiltinData,
    Catalog,
    CatalogComponent,
    CatalogParameter,
    CatalogPartDefaults,
    CatalogPreset,
    CatalogRule,
    CatalogSetting,
)
from steelyard.training.schema.diagnostics import RuleSettings

IN_FAMILIES = ("latex", "gradient", "gradient_latex")  # what the parts of some families have


def catalog() -> Catalog:
    """Every part by family, with parameters, ranges, defaults, formula and source; and the data sets that are there."""
    families = {
        family: [_describe(part, _schema_of(part, registry.tag)) for part in registry]
        for family, registry in REGISTRIES.items()
    }
    data = [_describe_data(builtin) for builtin in BUILTINS.values()]
    rules = [_describe_rule(rule) for rule in RULES]
    presets = [_describe_preset(preset) for preset in PRESETS.values()]
    return Catalog(object="catalog", **families, data=data, presets=presets, rules=rules)


def _schema_of(part: type[Part], tag: str) -> dict[str, Any]:
    properties: dict[str, Any] = model_of(part, tag).model_json_schema()["properties"]
    return properties


def _describe(part: type[Part], schema: dict[str, Any]) -> CatalogComponent:
    return CatalogComponent(
        name=part.name,
        aliases=list(part.aliases),
        description=inspect.getdoc(part) or "",
        formula=part.formula,
        **{field: text for field in IN_FAMILIES if (text := getattr(part, field, None))},
        source=part.source,
        parameters=[
            CatalogParameter(
                name=parameter.name,
                type=schema[parameter.name].get("type", "part"),
                default=_default(parameter.default),
                required=parameter.default is dataclasses.MISSING,
                range=[describe(bound) for bound in getattr(parameter.hint, "__metadata__", ())],
            )
            for parameter in parameters(part)
        ],
    )


def _describe_rule(rule: type[Rule]) -> CatalogRule:
    described = _describe(rule, RuleSettings.model_json_schema()["$defs"][f"{rule.__name__}Rule"]["properties"])
    more = ("symptom", "consequence", "threshold", "remedy", "stage")
    return CatalogRule(**described.to_json(), **{field: getattr(rule, field) for field in more})


def _describe_preset(preset: Preset) -> CatalogPreset:
    settings = [
        CatalogSetting(
            path=setting.path,
            value=setting.value,
            source=setting.source,
            **({} if setting.where is None else {"where": setting.where[1] or setting.where[0]}),
        )
        for setting in preset.settings
    ]
    settings += [
        CatalogSetting(path=setting.path, value=setting.value, source=setting.source, task=task)
        for task, setting in preset.losses.items()
    ]
    if preset.alpha is not None:
        settings.append(CatalogSetting(path="/regularizer", value={"name": "l2"}, source=preset.alpha[1]))
    components = [
        CatalogPartDefaults(family=part.family, name=part.name, values={**part.values}, source=part.source)
        for part in preset.all_parts
    ]
    return CatalogPreset(
        name=preset.name,
        framework=preset.framework,
        version=preset.version,
        settings=settings,
        components=components,
        differences=[*preset.differences],
    )


def _describe_data(builtin: Builtin) -> BuiltinData:
    return BuiltinData(**{field: getattr(builtin, field) for field in BuiltinData.model_fields})


def _default(value: Any) -> Any:
    if value is dataclasses.MISSING:
        return None
    return value.name if isinstance(value, Part) else value

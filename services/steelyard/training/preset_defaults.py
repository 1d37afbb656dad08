"""Fills what a job leaves open with the defaults of its preset. What the job names stays."""

import copy
from collections.abc import Iterator
from typing import Any

from steelyard.errors import pointer
from steelyard.nn.layers import LAYERS
from steelyard.training.components import SLOTS
from steelyard.training.presets import PRESETS, Preset, Setting
from steelyard.training.schema.job import Choice

# Fields of which null means the same as leaving them out.
OPEN_IF_NULL = {
    "/layers",
    "/optimizer",
    "/training/epochs",
    "/training/batch_size",
    "/preprocessing/numeric",
}


def preset_of(name: Any) -> Preset | None:
    """The preset that a job names, if there is one of this name."""
    return PRESETS.get(name) if isinstance(name, str) else None


def fill_in_preset(document: dict[str, Any]) -> tuple[dict[str, Any], list[Choice]]:
    """A job in full form with the defaults of its preset, and what was filled in.

    What depends on the data, the loss and the L2 penalty, is left to `defaults`.
    """
    preset = preset_of(document.get("preset"))
    if preset is None:
        return document, []
    filled = copy.deepcopy(document)
    choices = _fill_parts(preset, filled)
    for setting in preset.settings:
        holder, name = _place(filled, setting.path)
        if holder is not None and _is_open(holder, name, setting) and _is_for(setting, filled):
            holder[name], reason = _completed(preset, setting)
            choices.append(Choice(path=setting.path, value=holder[name], reason=reason))
    return filled, choices


def _place(document: dict[str, Any], path: str) -> tuple[dict[str, Any] | None, str]:
    """The object that has, or would have, the field at a pointer, and the field's name; `None` if it is no object."""
    *parents, name = path.strip("/").split("/")
    holder: Any = document
    for parent in parents:
        holder = holder.setdefault(parent, {})
        if not isinstance(holder, dict):
            return None, name
    return holder, name


def _is_open(holder: dict[str, Any], name: str, setting: Setting) -> bool:
    return name not in holder or (holder[name] is None and setting.path in OPEN_IF_NULL)


def _is_for(setting: Setting, document: dict[str, Any]) -> bool:
    if setting.where is None:
        return True
    place, name = setting.where
    part = document.get(place.strip("/"))
    return isinstance(part, dict) and part.get("name") == name


def _completed(preset: Preset, setting: Setting) -> tuple[Any, str]:
    """The value of a setting, and its reason; a component with all of its parameters."""
    value, reason = copy.deepcopy(setting.value), preset.reason(setting.source)
    family = SLOTS.get(setting.path.strip("/"))
    part = None if family is None or value is None else preset.part(family.family, value[family.tag])
    if part is None:
        return value, reason
    return {**value, **part.values}, f"{reason}, with the defaults of {part.source}"


def _fill_parts(preset: Preset, document: dict[str, Any]) -> list[Choice]:
    """Fill in the parameters of the components that a job names."""
    choices = []
    for place, family, tag, part in _parts(document, ""):
        defaults = preset.part(family, part[tag]) if isinstance(part.get(tag), str) else None
        if defaults is None:
            continue
        for name, value in defaults.values.items():
            if name in part or (name in defaults.only_with and not part.get(defaults.only_with[name])):
                continue
            part[name] = value
            path = f"{place}{pointer(name)}"
            choices.append(Choice(path=path, value=value, reason=preset.reason(f"the default of {defaults.source}")))
    return choices


def _parts(holder: dict[str, Any], place: str) -> Iterator[tuple[str, str, str, dict[str, Any]]]:
    """Every component in a piece of a job: its place, its family, the key of its name, and itself."""
    for key, value in holder.items():
        here = f"{place}{pointer(key)}"
        if key in SLOTS and isinstance(value, dict):
            yield here, SLOTS[key].family, SLOTS[key].tag, value
        elif key == "layers" and isinstance(value, list):
            for index, layer in enumerate(value):
                if isinstance(layer, dict):
                    yield f"{here}/{index}", LAYERS.family, LAYERS.tag, layer
                    yield from _parts(layer, f"{here}/{index}")
        elif key in ("output", "training") and isinstance(value, dict):
            yield from _parts(value, here)

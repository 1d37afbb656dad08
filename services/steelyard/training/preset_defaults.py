"""Fills what a job leaves open with the defaults of its preset. What the job names stays."""

import copy
from collections.abc import Iterator
from typing import Any

from steelyard.errors import pointer
from steelyard.nn.layers import LAYERS
from steelyard.training.components import SLOTS
from steelyard.training.presets import PRESETS, PartDefaults, Preset, Setting
from steelyard.training.schema.job import Choice

# Fields of which null means the same as leaving them out.
OPEN_IF_NULL = {
    "/layers",
    "/optimizer",
    "/training/epochs",
    "/training/batch_size",
    "/preprocessing/numeric",
}

EARLY_STOPPING = "/training/early_stopping"


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
    part = _object_at(document, place)
    return part is not None and name in ("", part.get("name"))


def _object_at(document: dict[str, Any], path: str) -> dict[str, Any] | None:
    """The object at a pointer, if there is one."""
    found: Any = document
    for key in path.strip("/").split("/"):
        found = found.get(key) if isinstance(found, dict) else None
    return found if isinstance(found, dict) else None


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
    choices: list[Choice] = []
    for place, family, tag, part in _parts(document, ""):
        defaults = preset.part(family, part[tag]) if isinstance(part.get(tag), str) else None
        if defaults is not None:
            choices += _fill_part(preset, defaults, part, place)
    stopping = _object_at(document, EARLY_STOPPING)
    if preset.early_stopping is not None and stopping is not None:
        choices += _fill_part(preset, preset.early_stopping, stopping, EARLY_STOPPING)
    return choices


def _fill_part(preset: Preset, defaults: PartDefaults, part: dict[str, Any], place: str) -> Iterator[Choice]:
    for name, value in defaults.values.items():
        if name in part or (name in defaults.only_with and not part.get(defaults.only_with[name])):
            continue
        part[name] = value
        reason = preset.reason(f"the default of {defaults.source}")
        yield Choice(path=f"{place}{pointer(name)}", value=value, reason=reason)


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

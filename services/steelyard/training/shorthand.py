"""Shorthand in a job: a name for a part, an integer or `units` for a dense layer, a column for a list of one.

Brought to its full form before anything is checked, so that every check sees one form only.
"""

from collections.abc import Collection
from typing import Any

from steelyard.nn.component import Registry
from steelyard.nn.layers import LAYERS
from steelyard.training.components import SLOTS

AUTO, AUTO_IN_TRAINING = ("layers", "loss", "optimizer"), ("epochs",)  # settings that may be `auto`


def expand(document: dict[str, Any]) -> dict[str, Any]:
    """The job in full form. What is not as it should be stays, for the checks to find."""
    job = _expand_slots(_without_auto(document, AUTO))
    if isinstance(job.get("layers"), list):
        job["layers"] = [_expand_layer(layer) for layer in job["layers"]]
    for key in ("output", "training"):
        if isinstance(job.get(key), dict):
            job[key] = _expand_slots(_without_auto(job[key], AUTO_IN_TRAINING if key == "training" else ()))
    if isinstance(job.get("data"), dict) and isinstance(target := job["data"].get("target"), str):
        job["data"] = job["data"] | {"target": [target]}
    return job


def _without_auto(document: dict[str, Any], names: Collection[str]) -> dict[str, Any]:
    """The document with null for each of these settings that is `auto`."""
    return {key: None if key in names and value == "auto" else value for key, value in document.items()}


def _expand_layer(layer: Any) -> Any:
    if isinstance(layer, int) and not isinstance(layer, bool):
        return {"type": "dense", "units": layer}
    if not isinstance(layer, dict):
        return layer
    if LAYERS.tag not in layer and "units" in layer:
        layer = {LAYERS.tag: "dense", **layer}
    expanded: dict[str, Any] = _expand_part(_expand_slots(layer), LAYERS)
    if isinstance(expanded.get("layers"), list):
        expanded["layers"] = [_expand_layer(inner) for inner in expanded["layers"]]
    return expanded


def _expand_slots(document: dict[str, Any]) -> dict[str, Any]:
    return {key: _expand_part(value, SLOTS[key]) if key in SLOTS else value for key, value in document.items()}


def _expand_part(value: Any, registry: Registry[Any]) -> Any:
    if isinstance(value, str):
        return {registry.tag: registry.aliases.get(value, value)}
    if isinstance(value, dict) and isinstance(name := value.get(registry.tag), str):
        return value | {registry.tag: registry.aliases.get(name, name)}
    return value

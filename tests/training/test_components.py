"""Components as a client writes them."""

from dataclasses import MISSING
from typing import Any

import pytest

from steelyard.nn.clipping import GRADIENT_CLIPS
from steelyard.nn.component import Part, parameters
from steelyard.nn.layers import LAYERS
from steelyard.training.components import REGISTRIES, SLOTS, model_of
from tests.training.jobs import job, read

SLOT_OF_FAMILY = {"initializers": "initializer", "activations": "activation", "optimizers": "optimizer"}


@pytest.mark.parametrize("family", SLOT_OF_FAMILY)
def test_every_part_is_accepted_by_name_by_alias_and_as_an_object(family: str) -> None:
    registry, slot = REGISTRIES[family], SLOT_OF_FAMILY[family]
    for name in registry.names:
        for written in (name, {"name": name}):
            assert getattr(read(job(**{slot: written})).spec, slot).name == name
    for alias, name in registry.aliases.items():
        for written in (alias, {"name": alias}):
            assert getattr(read(job(**{slot: written})).spec, slot).name == name


def test_slots_know_the_registries() -> None:
    assert set(SLOTS.values()) <= set(REGISTRIES.values())


NEEDED: dict[str, dict[str, Any]] = {
    "dense": {"units": 3},
    "embedding": {"columns": [0], "categories": [3]},
    "residual": {"layers": [{"type": "dense", "units": 3}]},
    "piecewise": {"boundaries": [1.0], "values": [0.1, 0.01]},
    **{name: {"limit": 0.5} for name in GRADIENT_CLIPS.names},
}
FILLED = {"activation": {"name": "tanh"}, "initializer": {"name": "ones"}, "bias_initializer": {"name": "zeros"}}


def document(part: type[Part], tag: str) -> dict[str, Any]:
    """A part with what it needs, and what a job fills in."""
    names = {parameter.name for parameter in parameters(part)}
    return {tag: part.name, **NEEDED.get(part.name, {}), **{key: FILLED[key] for key in FILLED if key in names}}


@pytest.mark.parametrize(
    ("part", "tag"),
    [(part, registry.tag) for registry in REGISTRIES.values() for part in registry if part.name != "residual"],
    ids=lambda each: getattr(each, "name", ""),
)
def test_every_part_is_made_with_the_defaults_of_its_class(part: type[Part], tag: str) -> None:
    made = model_of(part, tag).model_validate(document(part, tag)).to_part()
    assert type(made) is part
    for parameter in parameters(part):
        if parameter.default is not MISSING and parameter.name not in FILLED:
            assert getattr(made, parameter.name) == parameter.default
    for name, given in NEEDED.get(part.name, {}).items():
        assert getattr(made, name) == (tuple(given) if isinstance(given, list) else given)


def test_a_block_is_made_with_its_layers() -> None:
    inner = document(LAYERS["dense"], "type")
    made = model_of(LAYERS["residual"], "type").model_validate({"type": "residual", "layers": [inner]}).to_part()
    assert [(type(layer), layer.units) for layer in made.layers] == [(LAYERS["dense"], 3)]

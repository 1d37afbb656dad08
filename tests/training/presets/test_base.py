"""Every value of a preset is one that a job can have, and each has a source."""

import pytest

from steelyard.training.components import REGISTRIES, model_of
from steelyard.training.presets import PRESETS, Preset
from steelyard.training.schema import JobSpec
from steelyard.training.schema.spec import EarlyStopping
from steelyard.training.shorthand import expand
from tests.training.jobs import job

ALL = pytest.mark.parametrize("preset", PRESETS.values(), ids=lambda preset: preset.name)
FAMILIES = {registry.family: registry for registry in REGISTRIES.values()}


@ALL
def test_the_parameters_of_components_are_theirs(preset: Preset) -> None:
    for part in preset.parts:
        registry = FAMILIES[part.family]
        model_of(registry[part.name], registry.tag).model_validate({registry.tag: part.name, **part.values})
        assert part.source
        assert {*part.only_with, *part.only_with.values()} <= part.values.keys()


@ALL
def test_the_parameters_of_early_stopping_are_its_own(preset: Preset) -> None:
    if preset.early_stopping is not None:
        EarlyStopping.model_validate(preset.early_stopping.values)


@ALL
def test_an_optimizer_has_all_of_its_parameters(preset: Preset) -> None:
    registry = FAMILIES["optimizer"]
    for part in preset.parts:
        if part.family == "optimizer":
            assert part.values.keys() == model_of(registry[part.name], registry.tag).model_fields.keys() - {"name"}


@ALL
def test_settings_are_fields_of_a_job(preset: Preset) -> None:
    for setting in (*preset.settings, *preset.losses.values()):
        field, *inner = setting.path.strip("/").split("/")
        document = {inner[0]: setting.value} if inner else setting.value
        JobSpec.model_validate(expand({**job(), field: document}))
        assert setting.source


@ALL
def test_all_presets_fill_in_the_same_fields(preset: Preset) -> None:
    filled = {setting.path for setting in preset.settings} | ({"/regularizer"} if preset.alpha else set())
    assert filled == {setting.path for setting in PRESETS["keras"].settings}


@ALL
def test_a_reason_names_framework_and_version(preset: Preset) -> None:
    assert preset.reason("x(y=1)") == f"{preset.framework} {preset.version}: x(y=1)"
    assert preset.part("optimizer", "nothing") is None
    assert preset.part("layer", "adam") is None

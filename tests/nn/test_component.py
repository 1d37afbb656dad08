"""A class enters its family when it has all that the family asks of it."""

import importlib
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from steelyard.nn import losses
from steelyard.nn.component import Part, Registry
from steelyard.nn.constraints import CONSTRAINTS
from steelyard.nn.elementwise import sqrt
from steelyard.nn.layers import LAYERS, Layer
from steelyard.nn.losses import LOSSES, Loss
from steelyard.nn.optimizers import OPTIMIZERS, Optimizer, Rule
from steelyard.nn.schedules import SCHEDULES, Schedule


def incomplete(base: type[Part], **names: Any) -> type[Part]:
    return dataclass(frozen=True)(type("Part", (base,), {"name": "incomplete", "__doc__": "x", **names}))


WHOLE = {"formula": "x", "source": "x"}
INCOMPLETE: dict[str, tuple[Registry[Any], Any, str]] = {
    "a loss without costs": (LOSSES, incomplete(Loss, **WHOLE), "costs"),
    "formulas that are missing": (LOSSES, incomplete(losses.Pointwise, **WHOLE, value=sqrt), "slope"),
    "no source": (SCHEDULES, incomplete(Schedule, formula="x", rate=sqrt), "source"),
    "a rule without coefficients": (OPTIMIZERS, incomplete(Rule, **WHOLE, move=sqrt), "coefficients"),
    "an optimizer without update": (OPTIMIZERS, incomplete(Optimizer, **WHOLE), "update"),
    "a layer without stages": (LAYERS, incomplete(Layer, **WHOLE), "stages"),
    "no dataclass": (CONSTRAINTS, type("Bare", (CONSTRAINTS["non_neg"],), {"name": "bare"}), "dataclass"),
}


@pytest.mark.parametrize(("registry", "part", "missing"), INCOMPLETE.values(), ids=INCOMPLETE)
def test_a_class_that_is_not_whole_does_not_enter_its_family(registry: Registry[Any], part: Any, missing: str) -> None:
    with pytest.raises(TypeError, match=missing):
        registry.add(part)
    assert "incomplete" not in registry


def test_a_loss_of_classes_has_no_other_task() -> None:
    with pytest.raises(TypeError, match="multiclass"):
        type("Mixed", (Loss,), {"tasks": ("binary", "multiclass")})
    with pytest.raises(TypeError, match="multiclass"):
        type("Mixed", (losses.Categorical,), {"tasks": ("regression",)})
    with pytest.raises(TypeError, match="class indices"):
        type("Mixed", (losses.Pointwise,), {"tasks": ("multiclass",)})


def test_a_file_put_into_a_package_of_parts_is_enough(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "family"
    package.mkdir()
    (package / "__init__.py").write_text(
        "from steelyard.nn.component import load_modules\nload_modules(__name__, __path__)"
    )
    (package / "newest.py").write_text("FOUND = True")
    monkeypatch.syspath_prepend(tmp_path)
    importlib.import_module("family")
    assert sys.modules["family.newest"].FOUND


@pytest.mark.parametrize("family", ["activations", "layers", "optimizers"])
def test_every_file_of_a_package_of_parts_is_loaded(family: str) -> None:
    package = importlib.import_module(f"steelyard.nn.{family}")
    [folder] = package.__path__
    for file in Path(folder).glob("[!_]*.py"):
        assert f"steelyard.nn.{family}.{file.stem}" in sys.modules

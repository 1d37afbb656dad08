"""A class enters its family when it has all that the family asks of it."""

import importlib
import re
import sys
from dataclasses import MISSING, dataclass
from pathlib import Path
from typing import Any, ClassVar, get_origin, get_type_hints

import pytest

from steelyard.nn import losses
from steelyard.nn.activations import ACTIVATIONS
from steelyard.nn.clipping import GRADIENT_CLIPS
from steelyard.nn.component import Part, Registry, parameters
from steelyard.nn.constraints import CONSTRAINTS
from steelyard.nn.elementwise import sqrt
from steelyard.nn.initializers import INITIALIZERS
from steelyard.nn.layers import LAYERS, Layer
from steelyard.nn.losses import LOSSES, Loss
from steelyard.nn.metrics import METRICS
from steelyard.nn.optimizers import OPTIMIZERS, Optimizer, Rule
from steelyard.nn.regularizers import REGULARIZERS
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


FAMILIES = (
    ACTIVATIONS,
    CONSTRAINTS,
    GRADIENT_CLIPS,
    INITIALIZERS,
    LAYERS,
    LOSSES,
    METRICS,
    OPTIMIZERS,
    REGULARIZERS,
    SCHEDULES,
)
DESCRIBED = {"formula", "source", "value", "slope", "name", "aliases"}  # in words, or called; names come first


def declaration(family: str, part: type[Part]) -> str:
    """Everything that a class declares beside its formulas: names, parameters with ranges and defaults, properties."""
    words = [f"{family} {'/'.join((part.name, *part.aliases))}:"]
    for parameter in parameters(part):
        hint = repr(parameter.hint).replace("typing.", "").replace("annotated_types.", "")
        default = "" if parameter.default is MISSING else f" = {parameter.default!r}"
        words.append(f"{parameter.name}: {re.sub(r'[<>]|class |steelyard[a-z._]*[.]|0x[0-9a-f]+', '', hint)}{default};")
    for name, hint in get_type_hints(part, include_extras=True).items():
        if ClassVar in (hint, get_origin(hint)) and name not in DESCRIBED and hasattr(part, name):
            words.append(f"{name} = {getattr(part, name)!r};")
    return " ".join(words)


ABSTRACT = {
    "activation": {"forward", "backward"},
    "constraint": {"apply"},
    "gradient clip": {"clip"},
    "initializer": {"draw"},
    "layer": {"stages"},
    "loss": {"costs"},
    "metric": {"score"},
    "optimizer": {"update"},
    "regularizer": {"penalty", "add_gradient"},
    "schedule": {"rate"},
}


@pytest.mark.parametrize("registry", FAMILIES, ids=lambda registry: registry.family)
def test_a_family_asks_for_what_it_cannot_do_itself(registry: Registry[Any]) -> None:
    [base] = {kind for part in registry for kind in part.__mro__ if Part in kind.__bases__}
    assert {name for name in dir(base) if getattr(getattr(base, name), "__isabstractmethod__", False)} == ABSTRACT[
        registry.family
    ]


def test_every_part_declares_what_it_did_before() -> None:
    found = [declaration(registry.family, part) for registry in FAMILIES for part in registry]
    assert "\n".join(found) == Path(__file__).with_name("parts.txt").read_text().rstrip("\n")

"""A class enters its family when it has all that the family asks of it."""

import importlib
import re
import sys
from dataclasses import MISSING, dataclass
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, get_origin, get_type_hints

import pytest
from annotated_types import Ge, Gt, Le, Lt

from steelyard.errors import InvalidParameter
from steelyard.nn import losses
from steelyard.nn.activations import ACTIVATIONS
from steelyard.nn.clipping import GRADIENT_CLIPS
from steelyard.nn.component import Part, Registry, describe, is_inherited, parameters
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
TEXTS = {"formula", "latex", "gradient", "gradient_latex", "source"}
DESCRIBED = {*TEXTS, "value", "slope", "name", "aliases"}  # in words, or called; names come first


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


@dataclass(frozen=True)
class Ranged(Part):
    """A part with one parameter of every kind of bound."""

    name: ClassVar = "ranged"
    aliases: ClassVar = ("bounded",)
    formula: ClassVar = "x"
    source: ClassVar = "a test"

    above: Annotated[float, Gt(1)] = 2.0
    from_on: Annotated[float, Ge(1)] = 1.0
    below: Annotated[float, Lt(3)] = 2.0
    up_to: Annotated[int, Le(3)] = 3
    kind: Literal["round", "square"] = "round"
    noted: Annotated[float, "seconds"] = 1.0  # a note bounds nothing


@pytest.mark.parametrize(
    ("name", "wrong", "words"),
    [
        ("above", 1.0, "is 1.0; it must be greater than 1"),
        ("from_on", 0.9, "is 0.9; it must be at least 1"),
        ("below", 3.0, "is 3.0; it must be less than 3"),
        ("up_to", 4, "is 4; it must be at most 3"),
        ("kind", "rond", "did you mean 'round'?"),
    ],
)
def test_a_value_out_of_range_is_rejected_with_the_range(name: str, wrong: Any, words: str) -> None:
    with pytest.raises(InvalidParameter) as caught:
        Ranged(**{name: wrong})
    [fault] = caught.value.faults
    assert fault.pointer == f"/{name}"
    assert words in fault.detail


def test_values_at_the_end_of_a_range_are_in_it() -> None:
    part = Ranged(above=1.001, from_on=1.0, below=2.999, up_to=3, kind="square")
    assert (part.from_on, part.up_to) == (1.0, 3)


def test_bounds_are_described_and_others_are_no_bounds() -> None:
    described = [describe(bound) for bound in (Gt(1), Ge(1), Lt(1), Le(1))]
    assert described == ["greater than 1", "at least 1", "less than 1", "at most 1"]
    with pytest.raises(TypeError, match="not a bound"):
        describe("from one on")


def test_a_registry_finds_its_parts_by_name_and_alias() -> None:
    registry: Registry[Part] = Registry("example", tag="type")
    assert registry.add(Ranged) is Ranged
    assert (registry.family, registry.tag, Registry("other").tag) == ("example", "type", "name")
    assert registry["ranged"] is registry["bounded"] is Ranged
    assert [*registry] == [Ranged]
    assert (registry.names, registry.aliases) == (("ranged",), {"bounded": "ranged"})
    assert "ranged" in registry
    assert "bounded" in registry
    assert "other" not in registry
    with pytest.raises(KeyError):
        registry["other"]


@pytest.mark.parametrize("names", [("ranged", ()), ("bounded", ()), ("new", ("ranged",)), ("new", ("bounded",))])
def test_a_name_is_given_once(names: tuple[str, tuple[str, ...]]) -> None:
    registry: Registry[Part] = Registry("example")
    registry.add(Ranged)
    again: Any = dataclass(frozen=True)(type("Again", (Ranged,), {"name": names[0], "aliases": names[1]}))
    with pytest.raises(ValueError, match="already registered"):
        registry.add(again)
    assert registry.names == ("ranged",)


def test_a_class_derived_from_one_with_kernels_has_none() -> None:
    kernels = type("Kernels", (Ranged,), {"compiled": True})
    assert kernels().why_not_compiled() is None
    assert type("Derived", (kernels,), {})().why_not_compiled() == "has no compiled form"
    assert Ranged().why_not_compiled() == "has no compiled form"


def test_methods_are_inherited_if_none_is_overridden() -> None:
    def other(self: Any) -> None: ...

    derived = type("Derived", (Ranged,), {"why_not_compiled": other})
    assert is_inherited(Ranged, Part, "why_not_compiled", "__post_init__")
    assert not is_inherited(derived, Part, "__post_init__", "why_not_compiled")
    assert is_inherited(derived, Part, "__post_init__")


def test_parts_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        Ranged().above = 3.0  # type: ignore[misc]


def test_parameters_keep_their_order_bounds_and_defaults() -> None:
    found = parameters(Ranged)
    assert [parameter.name for parameter in found] == ["above", "from_on", "below", "up_to", "kind", "noted"]
    assert found[0].hint.__metadata__ == (Gt(1),)
    assert [parameter.default for parameter in found] == [2.0, 1.0, 2.0, 3, "round", 1.0]
    assert parameters(LAYERS["dense"])[0].default is MISSING

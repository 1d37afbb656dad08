"""A class enters its family when it has all that the family asks of it."""

from dataclasses import dataclass
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

"""A worked step as clients see it: each layer's numbers beside the formulas of its parts."""

import inspect
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from steelyard.nn.activations import Activation, Linear
from steelyard.nn.clipping import GradientClip
from steelyard.nn.constraints import Constraint
from steelyard.nn.layers import Dense
from steelyard.nn.layers.base import Place, TensorSpec
from steelyard.nn.losses import Loss
from steelyard.nn.network import Network
from steelyard.nn.schedules import Schedule
from steelyard.traces import schema
from steelyard.traces.check import AGREES, DIFFERS, KINK, Checked, TensorCheck
from steelyard.traces.worked import PlaceNames, Seen, Tensors, Worked

Array = NDArray[Any]
SUMS = ("z = x · kernel + bias", r"z = x W + b")
SUMS_WITHOUT_BIAS = ("z = x · kernel", r"z = x W")
OUTPUT_GRADIENT = ("∂L/∂y, from the next layer", r"\frac{\partial L}{\partial y}")
SUM_GRADIENT = ("∂L/∂z = ∂L/∂y · f′(z)", r"\frac{\partial L}{\partial z} = \frac{\partial L}{\partial y} \odot f'(z)")
TOTAL = ("∂L/∂w + ∂R/∂w", r"\frac{\partial L}{\partial w} + \frac{\partial R}{\partial w}")
WORST = (DIFFERS, KINK, AGREES)
NOT_TINY = 1e-3  # of the largest gradient
TINY = 1e-6  # of the loss: below that, rounding of the loss shows in a difference


@dataclass(frozen=True)
class Step:
    """All that is known of a step: as it was worked through, the engine's weights and slots, and the checks."""

    network: Network
    loss: Loss
    clip: GradientClip | None
    worked: Worked
    before: Tensors
    after: Tensors
    slots_before: Mapping[str, Tensors]
    slots_after: Mapping[str, Tensors]
    checks: Mapping[str, TensorCheck]


def numbers(computed: tuple[str, str], values: Array) -> schema.Numbers:
    """Numbers with their formula, as text and in LaTeX."""
    return schema.Numbers(formula=computed[0], latex=computed[1], values=values)


def formula(part: Constraint | GradientClip | Schedule) -> schema.Formula:
    """A component with its formula."""
    return schema.Formula(name=part.name, formula=part.formula, latex=part.latex)


def finite(value: float) -> float | None:
    """The value, or nothing where it is no number."""
    return value if math.isfinite(value) else None


def render_layers(step: Step) -> list[schema.TraceLayer]:
    """Every layer, in order."""
    places = step.network.places
    return [_layer(step, place, (place.name,), is_last=place is places[-1]) for place in places]


def render_check(step: Step) -> schema.CheckSummary:
    """The checks of all tensors together."""
    every = [one for each in step.checks.values() for one in (*each.weights.values(), each.direction)]
    largest = max((abs(one.exact) for one in every), default=0.0)
    floor = max(NOT_TINY * largest, TINY * max(1.0, abs(step.worked.cost)))
    errors = [one.relative_error for one in every if one.verdict == AGREES and abs(one.exact) >= floor]
    trainable = [name for name, spec in step.network.specs().items() if spec.trainable]
    return schema.CheckSummary(
        method="central differences and gradients in float64, with the step's own random draws; where not every weight "
        "was checked, those of the largest gradients and others spread evenly, and all weights of a tensor along one "
        "direction",
        checked=sum(len(each.weights) for each in step.checks.values()),
        of=sum(step.before[name].size for name in trainable),
        verdict=_worst(every) if every else "skipped",
        kinks=sum(one.verdict == KINK for one in every),
        largest_relative_error=finite(max(errors, default=0.0)),
    )


def _layer(step: Step, place: Place, names: PlaceNames, *, is_last: bool) -> schema.TraceLayer:
    layer, seen = place.layer, step.worked.places.get(names, Seen())
    fields: dict[str, Any] = {}
    if seen.intermediates:
        fields["intermediates"] = seen.intermediates
    fields |= _passed(step, place, seen, is_last=is_last)
    inner = layer.inner(place.inputs)
    if inner:
        fields["layers"] = [_layer(step, each, (*names, each.name), is_last=False) for each in inner]
    tensors = [_tensor(step, place, spec) for spec in place.tensors] if len(names) == 1 else []
    return schema.TraceLayer(
        name=place.name,
        type=layer.name,
        inputs=place.inputs,
        units=place.outputs,
        description=(inspect.getdoc(layer) or "").split("\n")[0],
        tensors=tensors,
        **fields,
    )


def _passed(step: Step, place: Place, seen: Seen, *, is_last: bool) -> dict[str, schema.Numbers]:
    """What went through a layer, in both directions."""
    layer, found = place.layer, dict[str, schema.Numbers]()
    activation: Activation | None = getattr(layer, "activation", None)
    by_loss = is_last and step.loss.link is not None  # then the loss takes the sums
    if isinstance(layer, Dense):
        found["weighted_sums"] = numbers(SUMS if layer.use_bias else SUMS_WITHOUT_BIAS, seen.outputs[0])
        own = (layer.activation.formula, layer.activation.latex)
        values = step.network.activate(seen.outputs[0]) if by_loss else seen.outputs[-1]
        found["outputs"] = numbers(own, values)
    elif seen.outputs:
        part = activation or layer
        found["outputs"] = numbers((part.formula, part.latex), seen.outputs[-1])
    if not seen.output_gradients:
        return found
    if not by_loss:
        found["output_gradients"] = numbers(OUTPUT_GRADIENT, seen.output_gradients[0])
    if isinstance(layer, Dense):
        found["weighted_sum_gradients"] = numbers(_sum_formula(step, layer, by_loss=by_loss), seen.output_gradients[-1])
    return found


def _sum_formula(step: Step, layer: Dense, *, by_loss: bool) -> tuple[str, str]:
    if by_loss:
        return f"{step.loss.gradient}, times the row's share of the mean", step.loss.gradient_latex
    if isinstance(layer.activation, Linear):
        return "∂L/∂z = ∂L/∂y", r"\frac{\partial L}{\partial z} = \frac{\partial L}{\partial y}"
    text, latex = SUM_GRADIENT
    return f"{text}, {layer.activation.gradient}", rf"{latex}, \quad {layer.activation.gradient_latex}"


def _tensor(step: Step, place: Place, spec: TensorSpec) -> schema.TraceTensor:
    name = f"{place.name}/{spec.name}"
    fields: dict[str, Any] = {}
    if spec.trainable:
        fields |= _learning(step, place, spec, name)
    return schema.TraceTensor(
        name=name,
        shape=list(spec.shape),
        trainable=spec.trainable,
        before=step.before[name],
        after=step.after[name],
        **fields,
    )


def _learning(step: Step, place: Place, spec: TensorSpec, name: str) -> dict[str, Any]:
    """What moves a tensor."""
    worked, found = step.worked, dict[str, Any]()
    found["gradients"] = numbers(_gradient_formula(place, spec), worked.gradients[name])
    regularizer, clip = spec.regularizer, step.clip
    if regularizer is not None:
        found["penalty"] = schema.TracePenalty(
            name=regularizer.name,
            formula=regularizer.formula,
            latex=regularizer.latex,
            value=finite(regularizer.penalty(step.before[name])),
            gradients=numbers(
                (regularizer.gradient, regularizer.gradient_latex), worked.total[name] - worked.gradients[name]
            ),
        )
    if regularizer is not None or clip is not None:
        applied = TOTAL if clip is None else (clip.formula, clip.latex)
        found["applied_gradients"] = numbers(applied, worked.applied[name])
    if step.slots_before:
        found["slots_before"] = {slot: tensors[name] for slot, tensors in step.slots_before.items()}
        found["slots_after"] = {slot: tensors[name] for slot, tensors in step.slots_after.items()}
    if spec.constraint is not None:
        found["constraint"] = formula(spec.constraint)
    if name in step.checks:
        found["check"] = _check(step.checks[name], step.before[name].size)
    return found


def _gradient_formula(place: Place, spec: TensorSpec) -> tuple[str, str]:
    """How the gradient of a tensor is computed: by the layer, by one inside it, or by its activation."""
    layer = next(
        (each.layer for each in place.layer.inner(place.inputs) if spec.name.startswith(f"{each.name}.")), place.layer
    )
    activation: Activation | None = getattr(layer, "activation", None)
    if activation is not None and spec.name.split(".")[-1] in activation.weights():
        return activation.gradient, activation.gradient_latex
    return layer.gradient, layer.gradient_latex


def _check(found: TensorCheck, size: int) -> schema.TraceCheck:
    return schema.TraceCheck(
        checked=len(found.weights),
        of=size,
        verdict=_worst([*found.weights.values(), found.direction]),
        direction=schema.CheckedDirection(**_checked(found.direction)),
        weights=[schema.CheckedWeight(index=[*index], **_checked(one)) for index, one in found.weights.items()],
    )


def _checked(one: Checked) -> dict[str, Any]:
    return {
        "gradient": finite(one.gradient),
        "exact": finite(one.exact),
        "difference": finite(one.difference),
        "relative_error": finite(one.relative_error),
        "verdict": one.verdict,
    }


def _worst(several: list[Checked]) -> Any:
    verdicts = {one.verdict for one in several}
    return next(verdict for verdict in WORST if verdict in verdicts)

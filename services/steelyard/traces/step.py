"""Makes one step of a training, and puts together all that is to be seen of it."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from steelyard.nn.clipping import GradientClip
from steelyard.nn.losses import Loss
from steelyard.nn.network import Network
from steelyard.nn.optimizers import Optimizer, Rule
from steelyard.nn.rng import Streams
from steelyard.nn.schedules import Schedule
from steelyard.nn.training.loop import Training
from steelyard.nn.training.single_step import Made, make_one
from steelyard.traces import schema
from steelyard.traces.check import check
from steelyard.traces.rendering import Step, finite, formula, numbers, render_check, render_layers
from steelyard.traces.worked import Before, Tensors, Worked, copy_tensors, work

Array = NDArray[Any]


@dataclass(frozen=True)
class Parts:
    """What a training is made of, beside its data."""

    network: Network
    loss: Loss
    optimizer: Optimizer
    clip: GradientClip | None
    schedule: Schedule | None
    streams: Streams


@dataclass(frozen=True)
class Traced:
    """A step that was made: what it was made of, and the fields of a trace that follow from it."""

    made: Made
    fields: dict[str, Any]


def trace_step(training: Training, parts: Parts, *, state: str) -> Traced:
    """Make the training's next step, and work through it again with NumPy. `state` is where the optimizer's is from."""
    network = parts.network
    begin = training.optimizer_state
    before = Before(
        network.parameters.copy(),
        {name: _vector(tensors) for name, tensors in begin.slots.items()},
        dict(begin.scalars),
        parts.streams.state(),
    )
    slots_before = _copied(begin.slots)
    with np.errstate(all="ignore"):  # what is not finite is a part of the answer
        made = make_one(training)
        worked = work(network, parts.loss, parts.optimizer, parts.clip, made, before)
        checks = check(network, parts.loss, made, worked.draws, before.parameters, worked.total) if made.finite else {}
    end = training.optimizer_state
    step = Step(
        network,
        parts.loss,
        parts.clip,
        worked,
        copy_tensors(network, before.parameters),
        copy_tensors(network, network.parameters),
        slots_before,
        _copied(end.slots),
        checks,
    )
    fields = {
        "layers": render_layers(step),
        "loss": _loss(parts.loss, made, worked),
        "optimizer": _optimizer(parts, made, before, dict(end.scalars), state),
        "engine": _engine(training, parts.optimizer, step, made),
        "check": render_check(step),
        "made": made.finite,
    }
    return Traced(made, fields)


def _vector(tensors: Any) -> Array:
    return np.concatenate([np.ravel(tensor) for tensor in tensors.values()])


def _copied(slots: Any) -> dict[str, Tensors]:
    return {slot: {name: tensor.copy() for name, tensor in tensors.items()} for slot, tensors in slots.items()}


def _loss(loss: Loss, made: Made, worked: Worked) -> schema.TraceLoss:
    weighted = {} if made.weights is None else {"row_weights": made.weights}
    return schema.TraceLoss(
        name=loss.name,
        formula=loss.formula,
        latex=loss.latex,
        rows=worked.costs,
        mean=finite(worked.cost),
        penalty=finite(worked.penalty),
        total=finite(worked.cost + worked.penalty),
        output_gradients=numbers((loss.gradient, loss.gradient_latex), worked.output_gradients),
        **weighted,
    )


def _optimizer(
    parts: Parts, made: Made, before: Before, scalars_after: dict[str, float], state: Any
) -> schema.TraceOptimizer:
    optimizer, optional = parts.optimizer, dict[str, Any]()
    for name, part in (("schedule", parts.schedule), ("gradient_clip", parts.clip)):
        if part is not None:
            optional[name] = formula(part)
    if isinstance(optimizer, Rule):
        optional["coefficients"] = _coefficients(optimizer, made, before)
    return schema.TraceOptimizer(
        name=optimizer.name,
        formula=optimizer.formula,
        latex=optimizer.latex,
        step=made.number,
        learning_rate=made.rate,
        scalars_before=dict(before.scalars),
        scalars_after=scalars_after,
        state=state,
        **optional,
    )


def _coefficients(rule: Rule, made: Made, before: Before) -> dict[str, float]:
    found = rule.coefficients(np.array([made.number]), np.array([made.rate]), dict(before.scalars))
    return {name: float(np.ravel(value)[0]) for name, value in found.items()}


def _engine(training: Training, optimizer: Optimizer, step: Step, made: Made) -> schema.TraceEngine:
    apart = 0.0
    if made.finite and not optimizer.line_search:
        apart = max(
            (float(np.abs(step.after[name] - tensor).max(initial=0.0)) for name, tensor in step.worked.after.items()),
            default=0.0,
        )
    name: Any = training.engine
    return schema.TraceEngine(name=name, why_not_compiled=training.why_not_compiled, largest_difference=finite(apart))

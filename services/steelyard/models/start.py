"""Where a job may start from: the weights of an earlier model, and what its optimizer had kept.

The optimizer's state is stored beside the weights, as a snapshot that is not listed among them.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Engine, select

from steelyard.errors import Fault, InitialWeightsGone, ValidationFailed, pointer
from steelyard.models.library import find_id
from steelyard.nn.training.loop import OptimizerState
from steelyard.store import tensors
from steelyard.store.engine import reading
from steelyard.store.tables import Model
from steelyard.store.tensors import OPTIMIZER
from steelyard.training.plan import Plan, start_from

__all__ = ["OPTIMIZER", "Start", "as_tensors", "load_start", "require_start"]
STEPS = "steps"


@dataclass(frozen=True)
class Start:
    """A model's weights by name, and what its optimizer had kept."""

    tensors: Mapping[str, NDArray[Any]]
    optimizer: OptimizerState


def as_tensors(state: OptimizerState) -> dict[str, NDArray[Any]]:
    """What an optimizer has kept, as tensors to store: `exp_avg:dense_1/kernel`, `momentum_product`, `steps`."""
    kept = {f"{slot}:{name}": tensor for slot, values in state.slots.items() for name, tensor in values.items()}
    numbers = {**state.scalars, STEPS: state.steps}
    return kept | {name: np.array([value], np.float64) for name, value in numbers.items()}


def load_start(engine: Engine, model_id: str) -> Start:
    """What a job starts from that names this model. Raises `InitialWeightsGone`."""
    with reading(engine) as connection:
        job_id = connection.execute(select(Model.job_id).where(Model.id == model_id)).scalar_one_or_none()
        if job_id is None:
            raise InitialWeightsGone(
                f"the model {model_id}, from which the job should start, was deleted in the meantime"
            )
        weights = tensors.load(connection, job_id, "final")
        kept = tensors.load(connection, job_id, OPTIMIZER)
    slots: dict[str, dict[str, NDArray[Any]]] = {}
    for full_name, tensor in kept.items():
        if ":" in full_name:
            slot, name = full_name.split(":")
            slots.setdefault(slot, {})[name] = tensor
    scalars = {name: float(tensor[0]) for name, tensor in kept.items() if ":" not in name}
    steps = int(scalars.pop(STEPS, 0))
    return Start(weights, OptimizerState(slots, scalars, steps))


def require_start(engine: Engine, plan: Plan) -> Plan:
    """The plan, once the model that its job starts from is there and fits. Raises `ValidationFailed`."""
    asked = plan.spec.initial_weights
    if asked is None:
        return plan
    with reading(engine) as connection:
        query = select(Model.id, Model.job_id, Model.manifest).where(Model.id == find_id(connection, asked.model))
        row = connection.execute(query).one_or_none()
        if row is None:
            fault = Fault(pointer("initial_weights", "model"), f"is {asked.model!r}; there is no such model")
            raise ValidationFailed([fault])
        shapes = tensors.list_shapes(connection, row.job_id, "final")
    faults = list(_faults(plan, shapes, row.manifest["spec"]["optimizer"]["name"]))
    if faults:
        raise ValidationFailed(faults)
    return start_from(plan, row.id)


def _faults(plan: Plan, shapes: dict[str, tuple[int, ...]], optimizer: str) -> Iterator[Fault]:
    asked = plan.spec.initial_weights
    assert asked is not None
    every = {**plan.shapes, **shapes}
    differing = [name for name in every if plan.shapes.get(name) != shapes.get(name)]
    if len(differing) == len(every):
        yield Fault(
            pointer("initial_weights", "model"), f"is {asked.model!r}, which has no tensor that fits the layers"
        )
    elif asked.strict and differing:
        there, here = _shape(shapes.get(differing[0])), _shape(plan.shapes.get(differing[0]))
        yield Fault(pointer("initial_weights", "strict"), f"is true; {differing[0]} is {there} there and {here} here")
    if asked.optimizer_state and plan.spec.optimizer.name != optimizer:
        yield Fault(
            pointer("initial_weights", "optimizer_state"),
            f"is true; the model was trained by {optimizer!r}, this job by {plan.spec.optimizer.name!r}",
        )


def _shape(shape: tuple[int, ...] | None) -> str:
    return "missing" if shape is None else " × ".join(map(str, shape))

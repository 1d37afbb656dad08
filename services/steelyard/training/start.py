"""Where a job may start from: the weights of an earlier model, and what its optimizer had kept.

The optimizer's state is stored beside the weights, as a snapshot that is not listed among them.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Engine, Row, select

from steelyard.diagnostics.schema import Finding
from steelyard.errors import Fault, InitialWeightsGone, ValidationFailed, pointer
from steelyard.models.library import find_id
from steelyard.models.transfer import Transfer, match
from steelyard.nn.training.optimizer_state import OptimizerState
from steelyard.store import tensors
from steelyard.store.engine import reading
from steelyard.store.tables import Model
from steelyard.store.tensors import OPTIMIZER
from steelyard.tabular.encoder import Encoder
from steelyard.training.names import Names, name_weights
from steelyard.training.plan import Plan, start_from
from steelyard.training.schema import JobSpec, load_spec

__all__ = ["OPTIMIZER", "Start", "as_state", "as_tensors", "load_start", "require_start"]
STEPS = "steps"
FACTS = (Model.id, Model.job_id, Model.manifest, Model.preprocessing)


@dataclass(frozen=True)
class Start:
    """A model's weights by name, what they stand for, and what its optimizer had kept."""

    tensors: Mapping[str, NDArray[Any]]
    names: Names
    optimizer: OptimizerState


def as_tensors(state: OptimizerState) -> dict[str, NDArray[Any]]:
    """What an optimizer has kept, as tensors to store: `exp_avg:dense_1/kernel`, `momentum_product`, `steps`."""
    kept = {f"{slot}:{name}": tensor for slot, values in state.slots.items() for name, tensor in values.items()}
    numbers = {**state.scalars, STEPS: state.steps}
    return kept | {name: np.array([value], np.float64) for name, value in numbers.items()}


def load_start(engine: Engine, model_id: str) -> Start:
    """What a job starts from that names this model. Raises `InitialWeightsGone`."""
    with reading(engine) as connection:
        row = connection.execute(select(*FACTS).where(Model.id == model_id)).one_or_none()
        if row is None:
            raise InitialWeightsGone(
                f"the model {model_id}, from which the job should start, was deleted in the meantime"
            )
        weights = tensors.load(connection, row.job_id, "final")
        kept = tensors.load(connection, row.job_id, OPTIMIZER)
    return Start(weights, _names(row), as_state(kept))


def as_state(kept: Mapping[str, NDArray[Any]]) -> OptimizerState:
    """What an optimizer has kept, from the tensors that were stored of it."""
    slots: dict[str, dict[str, NDArray[Any]]] = {}
    for full_name, tensor in kept.items():
        if ":" in full_name:
            slot, name = full_name.split(":", 1)
            slots.setdefault(slot, {})[name] = tensor
    scalars = {name: float(tensor[0]) for name, tensor in kept.items() if ":" not in name}
    steps = int(scalars.pop(STEPS, 0))
    return OptimizerState(slots, scalars, steps)


def _names(row: Row[Any]) -> Names:
    """What the tensors of a stored model stand for."""
    spec, manifest = load_spec(row.manifest["spec"]), row.manifest
    encoder = Encoder.from_json(row.preprocessing["inputs"])
    return name_weights(spec, encoder, manifest["outputs"]["targets"], manifest["classes"])


def require_start(engine: Engine, plan: Plan) -> Plan:
    """The plan with what its job takes from the model that it starts from. Raises `ValidationFailed` if nothing fits.

    The id of the model is in the place of its alias, which may name another tomorrow.
    """
    asked = plan.spec.initial_weights
    if asked is None:
        return plan
    assert plan.names is not None
    with reading(engine) as connection:
        query = select(*FACTS).where(Model.id == find_id(connection, asked.model))
        row = connection.execute(query).one_or_none()
    if row is None:
        fault = Fault(pointer("initial_weights", "model"), f"is {asked.model!r}; there is no such model")
        raise ValidationFailed([fault])
    transfer = match(plan.names, _names(row))
    faults = list(_faults(plan.spec, transfer, row.manifest["spec"]["optimizer"]["name"]))
    if faults:
        raise ValidationFailed(faults)
    return start_from(plan, row.id, taken_weights(transfer, row.id))


def _faults(spec: JobSpec, transfer: Transfer, optimizer: str) -> Iterator[Fault]:
    asked = spec.initial_weights
    assert asked is not None
    difference = next(transfer.differences(), None)
    if not any(len(each.here) > 1 for each in transfer.taken):
        detail = f"is {asked.model!r}, which has no kernel that fits: {difference}"
        yield Fault(pointer("initial_weights", "model"), detail)
    elif asked.strict and difference is not None:
        yield Fault(pointer("initial_weights", "strict"), f"is true; {difference}")
    name = spec.make_optimizer().name
    if asked.optimizer_state and name != optimizer:
        yield Fault(
            pointer("initial_weights", "optimizer_state"),
            f"is true; the model was trained by {optimizer!r}, this job by {name!r}",
        )


def taken_weights(transfer: Transfer, model_id: str) -> Finding:
    """The list of what a job takes from a model."""
    names = [f"{each.name} (reordered by name)" if each.is_reordered else each.name for each in transfer.taken]
    differences = [*transfer.differences()]
    rest = f" Different: {'; '.join(differences)}." if differences else ""
    return Finding(
        code="initial_weights",
        level="warning" if differences else "info",
        message=f"Taken from {model_id}: {', '.join(names)}.{rest}",
        suggestion="Weights that are not taken start as their initializer draws them. initial_weights.strict rejects "
        "a job that does not take all of them.",
    )

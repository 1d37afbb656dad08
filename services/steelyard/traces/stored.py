"""What a trace takes from a stored job beside its specification and rows: weights, and the optimizer's state."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray
from sqlalchemy import Connection, Engine, select

from steelyard.errors import Fault, ValidationFailed, pointer
from steelyard.exports.pieces import PiecewiseTensor
from steelyard.nn.training.optimizer_state import OptimizerState
from steelyard.store import tensors
from steelyard.store.engine import reading
from steelyard.store.tables import Snapshot
from steelyard.store.tensors import OPTIMIZER
from steelyard.traces.schema import TraceOfJob
from steelyard.training.recorded import Tensors, find_epoch, find_weights, list_epochs
from steelyard.training.start import as_state


@dataclass(frozen=True)
class StoredWeights:
    """Weights by name, the epoch after which they were stored, and the optimizer's state, if that is of this epoch."""

    epoch: int
    tensors: Mapping[str, NDArray[Any]]
    optimizer: OptimizerState | None


def load_weights(engine: Engine, asked: TraceOfJob) -> StoredWeights:
    """The weights that are asked for. Raises `ValidationFailed` if the job has none such."""
    with reading(engine) as connection:
        epoch, found = _find(connection, asked)
        optimizer, kept = None, select(Snapshot.epoch).where(Snapshot.job_id == asked.job, Snapshot.name == OPTIMIZER)
        if epoch > 0 and connection.execute(kept).scalar_one_or_none() == epoch:
            optimizer = as_state(tensors.load(connection, asked.job, OPTIMIZER))
    return StoredWeights(epoch, {name: _read(tensor) for name, tensor in found.items()}, optimizer)


def _find(connection: Connection, asked: TraceOfJob) -> tuple[int, Tensors]:
    """The epoch and the tensors, by either name."""
    if asked.snapshot is not None:
        return _find_snapshot(connection, asked.job, asked.snapshot)
    wanted, stored = asked.epoch or 0, find_weights(connection, asked.job)
    if wanted not in stored:
        epochs = ", ".join(map(str, stored)) or "none yet"
        detail = f"is {wanted}; weights of the job are stored after these epochs: {epochs}"
        raise ValidationFailed([Fault(pointer("epoch"), detail)])
    return wanted, stored[wanted]


def _find_snapshot(connection: Connection, job_id: str, name: str) -> tuple[int, Tensors]:
    query = select(Snapshot.name, Snapshot.epoch).where(Snapshot.job_id == job_id, Snapshot.name != OPTIMIZER)
    epochs: dict[str, int] = {row.name: row.epoch for row in connection.execute(query)}
    if name in epochs:
        return epochs[name], {each: tensor for each, (tensor, _) in tensors.find(connection, job_id, name).items()}
    _, found = find_epoch(connection, job_id, name)
    if not found:
        known = ", ".join([*epochs, *list_epochs(connection, job_id)])
        raise ValidationFailed([Fault(pointer("snapshot"), f"is {name!r}; the job has {known or 'none yet'}")])
    return int(name.removeprefix("epoch-")), {each: tensor for each, (tensor, _) in found.items()}


def _read(tensor: PiecewiseTensor) -> NDArray[Any]:
    return tensor.values(0, tensor.size).reshape(tensor.shape)

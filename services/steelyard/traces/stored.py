"""What a trace takes from a stored job: its specification and rows, weights, and what its optimizer had kept."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray
from sqlalchemy import Connection, Engine, select

from steelyard.datasets.reader_pool import Readers
from steelyard.errors import Fault, NotFound, ValidationFailed, pointer
from steelyard.nn.training.optimizer_state import OptimizerState
from steelyard.store import tensors
from steelyard.store.engine import reading
from steelyard.store.tables import Job, JobInput, Snapshot
from steelyard.store.tensors import OPTIMIZER
from steelyard.traces.schema import TraceOfJob
from steelyard.training.inline import Inline
from steelyard.training.kind import TRAINING
from steelyard.training.large_inline import read_stored_rows
from steelyard.training.schema import JobSpec, load_spec
from steelyard.training.start import as_state


@dataclass(frozen=True)
class StoredJob:
    """A job as it was submitted."""

    spec: JobSpec
    inline: Inline | None
    parameters: int


@dataclass(frozen=True)
class StoredWeights:
    """Weights by name, the epoch after which they were stored, and the optimizer's state, if that is of this epoch."""

    epoch: int
    tensors: Mapping[str, NDArray[Any]]
    optimizer: OptimizerState | None


def load_job(engine: Engine, readers: Readers, job_id: str) -> StoredJob:
    """The job. Raises `NotFound`."""
    query = select(Job.spec, Job.parameters, JobInput.content).outerjoin(JobInput)
    with reading(engine) as connection:
        row = connection.execute(query.where(Job.id == job_id, Job.kind == TRAINING.name)).one_or_none()
    if row is None:
        raise NotFound(f"there is no job {job_id!r}")
    inline = None if row.content is None else read_stored_rows(readers, bytes(row.content))
    return StoredJob(load_spec(row.spec), inline, row.parameters)


def load_weights(engine: Engine, asked: TraceOfJob) -> StoredWeights:
    """The weights that are asked for. Raises `ValidationFailed` if the job has none such."""
    with reading(engine) as connection:
        epochs = _epochs(connection, asked.job)
        name = _find(epochs, asked)
        optimizer = None
        if epochs.get(OPTIMIZER) == epochs[name] and epochs[name] > 0:
            optimizer = as_state(tensors.load(connection, asked.job, OPTIMIZER))
        return StoredWeights(epochs[name], tensors.load(connection, asked.job, name), optimizer)


def _epochs(connection: Connection, job_id: str) -> dict[str, int]:
    """The snapshots of a job, in order of time, with the epoch of each."""
    query = select(Snapshot.name, Snapshot.epoch).where(Snapshot.job_id == job_id)
    return {row.name: row.epoch for row in connection.execute(query.order_by(Snapshot.epoch, Snapshot.name))}


def _find(epochs: dict[str, int], asked: TraceOfJob) -> str:
    weights = {name: epoch for name, epoch in epochs.items() if name != OPTIMIZER}
    if asked.snapshot is not None:
        if asked.snapshot not in weights:
            detail = f"is {asked.snapshot!r}; the job has {', '.join(weights) or 'no stored weights yet'}"
            raise ValidationFailed([Fault(pointer("snapshot"), detail)])
        return asked.snapshot
    wanted = asked.epoch or 0
    name = next((name for name, epoch in weights.items() if epoch == wanted), None)
    if name is None:
        stored = ", ".join(map(str, sorted({*weights.values()}))) or "none yet"
        detail = f"is {wanted}; weights of the job are stored after these epochs: {stored}"
        raise ValidationFailed([Fault(pointer("epoch"), detail)])
    return name

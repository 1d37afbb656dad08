"""A job made ready to be replayed: its network, its probe, and what a grid over two of its columns needs."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Engine

from steelyard.datasets import library
from steelyard.datasets.reader_pool import Readers
from steelyard.diagnostics.recording.probe import Probe, draw_rows
from steelyard.errors import Conflict, NotFound, ValidationFailed
from steelyard.exports.pieces import PiecewiseTensor
from steelyard.nn.ensemble import member_name
from steelyard.nn.losses import Loss
from steelyard.nn.network import Network
from steelyard.nn.rng import probe_stream
from steelyard.replays.plane import Plane
from steelyard.tabular.encoder import Encoder
from steelyard.tabular.scaling import Scaler
from steelyard.tabular.supervision import learnable
from steelyard.training.assemble import as_targets, build_network, row_weights, spawn_streams
from steelyard.training.names import Names, name_weights
from steelyard.training.sources import is_imported, load_data
from steelyard.training.splits import divide
from steelyard.training.stored import load_job

Array = NDArray[Any]
Tensors = Mapping[str, PiecewiseTensor]
Vectors = Mapping[int, Array]
MOST_WEIGHTS = 5_000_000  # the network, its gradients and the probe's outputs are kept in memory
MOST_INPUTS = 20_000  # of a grid's rows


@dataclass(frozen=True)
class ReplayedJob:
    """A job's network, to be given the weights of any epoch. Of an ensemble it is the first member.

    Args:
        prefix: before the names of layers and tensors: `member_1.` for an ensemble.
        network: for rows as the encoder makes them.
        names: what the axes of its tensors count.
    """

    job_id: str
    task: str
    classes: list[Any] | None
    targets: list[str]
    prefix: str
    network: Network
    loss: Loss
    probe: Probe
    plane: Plane
    target: Scaler | None
    names: Names

    def arrange(self, stored: Tensors) -> Array:
        """Stored tensors as a vector laid out like the network's weights. Raises `Conflict` if they do not fit."""
        vector = np.empty_like(self.network.parameters)
        for name, place in self.network.tensors(vector).items():
            tensor = stored.get(f"{self.prefix}{name}")
            if tensor is None or tensor.shape != place.shape:
                raise Conflict(f"the columns of the data set have changed since job {self.job_id} was trained on it")
            place[...] = tensor.values(0, tensor.size).reshape(tensor.shape)
        return vector


class StoredVectors(Mapping[int, Array]):
    """The weights of a job by epoch, in order, each laid out like the network's and read when it is asked for."""

    def __init__(self, job: ReplayedJob, stored: Mapping[int, Tensors]) -> None:
        self._job, self._stored = job, stored

    def __getitem__(self, epoch: int) -> Array:
        return self._job.arrange(self._stored[epoch])

    def __iter__(self) -> Iterator[int]:
        return iter(self._stored)

    def __len__(self) -> int:
        return len(self._stored)


def open_job(engine: Engine, readers: Readers, job_id: str) -> ReplayedJob:
    """The job, ready to be replayed. Raises `NotFound`, also if its data was deleted or its network is too large."""
    job = load_job(engine, readers, job_id)
    if job.parameters > MOST_WEIGHTS:
        raise NotFound(f"job {job_id} has {job.parameters:,} weights; this is available up to {MOST_WEIGHTS:,}")
    spec = job.spec
    if is_imported(spec):
        raise NotFound(f"job {job_id} has no training data: its model was imported")
    try:
        supervised = load_data(spec, job.inline, partial(library.load_table, engine))
    except ValidationFailed as error:
        raise NotFound(f"the training data of job {job_id} is no longer available: {error.faults[0].detail}") from None
    rows = divide(spec, supervised, spawn_streams(spec)[0]).train
    supervised = learnable(supervised, rows)
    encoder = Encoder.fit(supervised.inputs, rows, spec.preprocessing.to_options())
    target = None
    if spec.task == "regression":
        target = Scaler.fit(supervised.y[rows], str(spec.preprocessing.target))
    if encoder.layout.width > MOST_INPUTS:
        detail = f"has {encoder.layout.width:,} encoded inputs; this is available up to {MOST_INPUTS:,}"
        raise NotFound(f"job {job_id} {detail}")
    network = build_network(spec, encoder.layout, supervised.outputs).members[0]
    chosen = rows[drawn := draw_rows(len(rows), probe_stream(spec.training.seed))]
    weights = row_weights(supervised, rows, spec.training.class_weight)
    probe = Probe(
        network,
        spec.make_loss(),
        encoder.encode({name: supervised.inputs[name].values.take(chosen) for name in encoder.features}, network.dtype),
        as_targets(spec, supervised.y[chosen], target),
        None if weights is None else weights[drawn].astype(network.dtype),
    )
    return ReplayedJob(
        job_id=job_id,
        task=str(spec.task),
        classes=supervised.classes,
        targets=supervised.targets,
        prefix=f"{member_name(1)}." if spec.ensemble > 1 else "",
        network=network,
        loss=spec.make_loss(),
        probe=probe,
        plane=Plane.of(supervised, encoder, rows),
        target=target,
        names=name_weights(spec.model_copy(update={"ensemble": 1}), encoder, supervised.targets, supervised.classes),
    )

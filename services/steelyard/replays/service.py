"""Replays jobs: answers from stored weights. Nothing is stored.

A job's data is read, and its network made, when it is first asked for; the last few jobs are kept. One answer is made
at a time, since a network's buffers are shared.
"""

from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

from sqlalchemy import Engine

from steelyard.datasets.reader_pool import Readers
from steelyard.errors import Fault, NotFound, Unavailable, ValidationFailed
from steelyard.replays.boundary import draw_boundary
from steelyard.replays.gradients import TensorGradients, differentiate
from steelyard.replays.histograms import Source, count_outputs, count_tensor
from steelyard.replays.job import ReplayedJob, StoredVectors, Vectors, open_job
from steelyard.replays.schema import DecisionBoundary, Histograms, LayerUnits
from steelyard.replays.units import describe_units
from steelyard.store.engine import reading
from steelyard.training.kind import TRAINING
from steelyard.training.recorded import find_weights

MOST_JOBS = 8
MOST_WEIGHTS = 8_000_000  # of all jobs that are kept: with their gradients, 16 bytes each
WAIT_SECONDS = 30


class Replayer:
    """Replays the jobs of the database behind `engine`; `readers` read large jobs' rows."""

    def __init__(self, engine: Engine, readers: Readers) -> None:
        self._engine, self._readers = engine, readers
        self._jobs: OrderedDict[str, ReplayedJob] = OrderedDict()
        self._lock = Lock()

    def draw_boundary(
        self, job_id: str, *, x: str | None, y: str | None, target: str | None, epoch: int | None
    ) -> DecisionBoundary:
        """What the network answers over a grid. Raises `NotFound`, `ValidationFailed`, `Unavailable`."""
        with self._open(job_id, epoch) as (job, vectors):
            return draw_boundary(job, vectors, x=x, y=y, target=target, epoch=epoch)

    def describe_units(self, job_id: str, layer: str, *, epoch: int | None, unit: int | None) -> LayerUnits:
        """The units of a layer on the probe. Raises `NotFound`, `ValidationFailed`, `Unavailable`."""
        with self._open(job_id, epoch) as (job, vectors):
            return describe_units(job, vectors, layer, epoch=epoch, unit=unit)

    def differentiate(self, job_id: str, tensor: str, *, epoch: int | None, index: str | None) -> TensorGradients:
        """The gradients by a tensor. Raises `NotFound`, `ValidationFailed`, `Unavailable`."""
        with self._open(job_id, epoch) as (job, vectors):
            return differentiate(job, vectors, tensor, epoch=epoch, index=index)

    def count_tensor(self, job_id: str, tensor: str, *, of: Source, bins: int) -> Histograms:
        """Histograms of a tensor. Raises `NotFound`, `Unavailable`."""
        with self._open(job_id, None) as (job, vectors):
            return count_tensor(job, vectors, tensor, of=of, bins=bins)

    def count_outputs(self, job_id: str, layer: str, *, bins: int) -> Histograms:
        """Histograms of a layer's outputs. Raises `NotFound`, `Unavailable`."""
        with self._open(job_id, None) as (job, vectors):
            return count_outputs(job, vectors, layer, bins=bins)

    @contextmanager
    def _open(self, job_id: str, epoch: int | None) -> Iterator[tuple[ReplayedJob, Vectors]]:
        """The job and its stored weights, if those of the epoch are among them. Nobody else may compute meanwhile."""
        with reading(self._engine) as connection:
            TRAINING.find(connection, job_id)
            stored = find_weights(connection, job_id)
        if not stored:
            raise NotFound(f"the weights of job {job_id} are not stored yet")
        if epoch is not None and epoch not in stored:
            known = ", ".join(map(str, stored))
            detail = f"is {epoch}; weights of the job are stored after these epochs: {known}"
            raise ValidationFailed([Fault.of_query("epoch", detail)])
        if not self._lock.acquire(timeout=WAIT_SECONDS):
            raise Unavailable("too many epochs are being computed; try again later")
        try:
            job = self._find(job_id)
            yield job, StoredVectors(job, stored)
        finally:
            self._lock.release()

    def _find(self, job_id: str) -> ReplayedJob:
        if job_id not in self._jobs:
            self._jobs[job_id] = open_job(self._engine, self._readers, job_id)
            self._shrink()
        self._jobs.move_to_end(job_id)
        return self._jobs[job_id]

    def _shrink(self) -> None:
        """Forget the jobs that were not asked for lately; the last one stays."""
        while len(self._jobs) > 1 and (len(self._jobs) > MOST_JOBS or self._weights > MOST_WEIGHTS):
            self._jobs.popitem(last=False)

    @property
    def _weights(self) -> int:
        return sum(job.network.size for job in self._jobs.values())

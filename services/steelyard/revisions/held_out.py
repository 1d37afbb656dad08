"""The rows that the job of a model kept back, for models to be compared on."""

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Engine, select

from steelyard.datasets import library
from steelyard.datasets.reader_pool import Readers
from steelyard.errors import NotFound
from steelyard.inference.service import Loaded
from steelyard.store.engine import reading
from steelyard.store.tables import JobInput, Model
from steelyard.tabular.split import Split
from steelyard.tabular.supervision import Supervised
from steelyard.training.assemble import spawn_streams
from steelyard.training.large_inline import read_stored_rows
from steelyard.training.schema import JobSpec, load_spec
from steelyard.training.sources import datasets_of, load_data
from steelyard.training.splits import divide

Array = NDArray[Any]
SPLITS = ("validation", "test", "train")


@dataclass(frozen=True)
class JobData:
    """All rows of a model's job, and which of them are in which split."""

    spec: JobSpec
    supervised: Supervised
    split: Split

    @property
    def held_out(self) -> tuple[str, Array]:
        """The split to judge by: the first of validation, test and training that has rows."""
        return next((name, rows) for name in SPLITS if len(rows := getattr(self.split, name)))

    def encode(self, model: Loaded, rows: Array) -> Array | None:
        """Some rows as a model takes them; `None` if they lack one of its inputs."""
        if not model.inputs.features.keys() <= self.supervised.inputs.keys():
            return None
        values = {name: self.supervised.inputs[name].values.take(rows) for name in model.inputs.features}
        encoded: Array = model.inputs.encode(values, model.network.dtype)
        return encoded


def load_job_data(engine: Engine, readers: Readers, model_id: str) -> JobData | None:
    """The rows of the model's job, if they are still there. Raises `NotFound` if the model is not."""
    query = select(Model.manifest, JobInput.content).outerjoin(JobInput, JobInput.job_id == Model.job_id)
    with reading(engine) as connection:
        row = connection.execute(query.where(Model.id == model_id)).one_or_none()
    if row is None:
        raise NotFound(f"there is no model {model_id!r}")
    spec = load_spec(row.manifest["spec"])
    if spec.data.inline is not None and row.content is None:
        return None
    try:
        for dataset_id in datasets_of(spec):
            library.get(engine, dataset_id)
    except NotFound:
        return None
    inline = None if row.content is None else read_stored_rows(readers, bytes(row.content))
    supervised = load_data(spec, inline, partial(library.load_table, engine))
    return JobData(spec, supervised, divide(spec, supervised, spawn_streams(spec)[0]))


def read_spec(engine: Engine, model_id: str) -> JobSpec:
    """The specification of a model's job. Raises `NotFound`."""
    with reading(engine) as connection:
        manifest = connection.execute(select(Model.manifest).where(Model.id == model_id)).scalar_one_or_none()
    if manifest is None:
        raise NotFound(f"there is no model {model_id!r}")
    return load_spec(manifest["spec"])


def count_disagreements(first: Array, second: Array, targets: Array) -> tuple[int, float | None]:
    """In how many rows two predictions differ, and of numbers the mean distance.

    Class indices `(rows,)` or labels `(rows, labels)` must be equal; numbers `(rows, targets)`, of floats, within a
    thousandth of the standard deviation of `targets`.
    """
    if first.dtype.kind != "f":
        differ = first != second
        return int((differ if differ.ndim == 1 else differ.any(axis=1)).sum()), None
    apart = np.abs(first.astype(np.float64) - second)
    return int((apart > targets.std(axis=0) / 1000).any(axis=1).sum()), float(apart.mean())

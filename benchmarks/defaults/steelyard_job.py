"""A job as a worker trains it, in this process: from a client's document to predictions for its test rows."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from benchmarks.defaults.data_sets import TARGET
from numpy.typing import NDArray

from steelyard.nn.evaluation import answer
from steelyard.nn.rng import Streams
from steelyard.tabular.table import Table, table_of
from steelyard.tabular.values import Values
from steelyard.training.assemble import Prepared, build_training, draw_network, prepare, spawn_streams
from steelyard.training.estimate import Limits
from steelyard.training.plan import read_job
from steelyard.training.schema import JobSpec
from steelyard.training.sources import load_data

PART = "part"  # the column that marks the test rows
DATASET = "ds_" + 26 * "0"
LIMITS = Limits(max_job_memory_bytes=8 << 30)


@dataclass(frozen=True)
class Trained:
    """Predictions for the test rows: probabilities `(rows, classes)` with the classes, or values `(rows,)`."""

    predictions: NDArray[Any]
    classes: list[Any] | None
    epochs: int


def to_table(frame: pd.DataFrame) -> Table:
    """The frame as an upload would make it."""
    values = {}
    for name in frame.columns:
        column = frame[name]
        if isinstance(column.dtype, pd.CategoricalDtype):
            codes = column.cat.codes.to_numpy(np.int32)
            values[name] = Values(codes, tuple(str(label) for label in column.cat.categories))
        else:
            values[name] = Values(column.to_numpy(np.float64))
    return table_of(values)


@dataclass(frozen=True)
class Begun:
    """A job whose rows are split and encoded."""

    spec: JobSpec
    classes: list[Any] | None
    prepared: Prepared
    streams: list[Streams]


def begin(frame: pd.DataFrame, test: NDArray[np.bool_], spec: Mapping[str, Any]) -> Begun:
    """The job `spec` on the rows that are not for the test."""
    marked = frame.assign(**{PART: pd.Categorical(np.where(test, "test", "train"))})
    table = to_table(marked)
    holdout = {"column": PART, "value": "test"}
    document = {"data": {"dataset": DATASET, "target": [TARGET]}, "test": holdout, **spec}
    plan = read_job(document, limits=LIMITS, tables=lambda _: table)
    streams = spawn_streams(plan.spec)
    supervised = load_data(plan.spec, None, lambda _: table)
    return Begun(plan.spec, supervised.classes, prepare(plan.spec, supervised, streams[0]), streams)


def train(frame: pd.DataFrame, test: NDArray[np.bool_], spec: Mapping[str, Any]) -> Trained:
    """Train the job `spec` on the rows that are not for the test."""
    begun = begin(frame, test, spec)
    prepared = begun.prepared
    network = draw_network(begun.spec, prepared, begun.streams)
    training = build_training(begun.spec, prepared, network, begun.streams)
    for _ in training.run():
        pass
    said = answer(network, begun.spec.make_loss(), prepared.parts["test"].x)
    if begun.classes is None:
        values = said.predictions if prepared.target is None else prepared.target.inverse(said.predictions)
        return Trained(values[:, 0].astype(np.float64), None, training.epoch)
    assert said.probabilities is not None
    return Trained(said.probabilities.astype(np.float64), begun.classes, training.epoch)

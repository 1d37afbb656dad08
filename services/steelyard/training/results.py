"""The results of a run: its end, weights, predictions and model, written in one transaction; and queries for them.

Tensors are rows of their own, so that one can be had without the rest. Predictions are rows of up to
`CHUNK_ROWS`, so that a page of them costs a page.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import ColumnElement, Connection, Engine, insert, select

from steelyard.diagnostics.report import report
from steelyard.diagnostics.schema import Report
from steelyard.documents.schema import Answer
from steelyard.errors import NotFound
from steelyard.exports import safetensors
from steelyard.exports.nested import to_lists
from steelyard.exports.pieces import PiecewiseTensor, Read
from steelyard.jobs import ledger
from steelyard.jobs.ledger import Claim, End, Epochs
from steelyard.store import tensors
from steelyard.store.blobs import Blob
from steelyard.store.blocks import Blocks, paging, rows_at_once
from steelyard.store.clock import now
from steelyard.store.engine import reading, writing
from steelyard.store.ids import new_id
from steelyard.store.tables import Job, Model, Predictions, Snapshot, Tensor
from steelyard.training import recorded
from steelyard.training.kind import TRAINING
from steelyard.training.schema import results as schema
from steelyard.training.schema.results import PredictedRow, SnapshotFacts, TensorFacts, WeightList

CHUNK_ROWS = 10_000


@dataclass(frozen=True)
class WeightSnapshot:
    """The weights after `epoch` epochs, by tensor name and in the network's order."""

    name: str
    epoch: int
    tensors: Mapping[str, NDArray[Any]]


@dataclass(frozen=True)
class SplitPredictions:
    """What the trained network says of one split.

    `rows` `(n,)` are row numbers in the data; `targets` and `predictions` `(n,)` are class indices, or `(n, targets)`
    numbers; `probabilities` `(n, classes)`, or `None` for regression.
    """

    split: str
    rows: NDArray[np.int64]
    targets: NDArray[Any]
    predictions: NDArray[Any]
    probabilities: NDArray[Any] | None


@dataclass(frozen=True)
class NewModel:
    """What inference needs beside the final weights."""

    manifest: Mapping[str, Any]
    preprocessing: Mapping[str, Any]


def save_result(
    engine: Engine,
    held: Claim,
    end: End,
    *,
    snapshots: list[WeightSnapshot],
    predictions: list[SplitPredictions],
    model: NewModel | None,
    epochs: Epochs = (),
    also: ledger.Write | None = None,
) -> None:
    """Write the end of a run and all that it made, or nothing. `epochs` are as `ledger.finish` has them.

    `also` writes more, in the same transaction. Raises `FencedOff`.
    """
    with writing(engine) as connection:
        ledger.finish(connection, held, end, epochs)
        store_outputs(connection, held.job_id, snapshots=snapshots, predictions=predictions, model=model)
        if also is not None:
            also(connection)


def store_outputs(
    connection: Connection,
    job_id: str,
    *,
    snapshots: list[WeightSnapshot],
    predictions: list[SplitPredictions],
    model: NewModel | None,
) -> str | None:
    """Store what a job made; the id of its model, if there is one."""
    for snapshot in snapshots:
        tensors.save(connection, job_id, snapshot.name, epoch=snapshot.epoch, values=snapshot.tensors)
    for split in predictions:
        _insert_predictions(connection, job_id, split)
    if model is None:
        return None
    name = select(Job.name).where(Job.id == job_id).scalar_subquery()
    model_id = new_id("mdl")
    contents = {"manifest": dict(model.manifest), "preprocessing": dict(model.preprocessing)}
    connection.execute(insert(Model).values(id=model_id, job_id=job_id, name=name, created_at=now(), **contents))
    return model_id


def list_weights(engine: Engine, job_id: str) -> WeightList:
    """Which snapshots there are, and of each tensor all but its values. Raises `NotFound`."""
    columns = (Tensor.snapshot, Tensor.name, Tensor.shape, Tensor.dtype, Tensor.statistics, Tensor.sha256)
    with reading(engine) as connection:
        _require_job(connection, job_id)
        of_weights = select(Snapshot).where(Snapshot.job_id == job_id, Snapshot.name != tensors.OPTIMIZER)
        snapshots = connection.execute(of_weights).all()
        values = select(*columns).where(Tensor.job_id == job_id, Tensor.snapshot != tensors.OPTIMIZER)
        rows = connection.execute(values.order_by(Tensor.position)).all()
        found = recorded.list_epochs(connection, job_id)
    listed: dict[str, list[TensorFacts]] = {snapshot.name: [] for snapshot in snapshots}
    for row in rows:
        about = {field: getattr(row, field) for field in TensorFacts.model_fields}
        listed[row.snapshot].append(TensorFacts(**about))
    found |= {
        each.name: SnapshotFacts(epoch=each.epoch, sha256=each.sha256, tensors=listed[each.name]) for each in snapshots
    }
    return WeightList(snapshots=dict(sorted(found.items(), key=lambda item: (item[1].epoch, item[0]))))


@dataclass(frozen=True)
class StoredWeights:
    """Tensors of a job by name, in the network's order, read when they are asked for; and the SHA-256 of them all."""

    sha256: str
    tensors: dict[str, PiecewiseTensor]


def open_snapshot(engine: Engine, job_id: str, snapshot: str) -> StoredWeights:
    """All tensors of a snapshot. Raises `NotFound`."""
    stored = select(Snapshot.sha256).where(Snapshot.job_id == job_id, Snapshot.name == snapshot)
    with reading(engine) as connection:
        _require_job(connection, job_id)
        sha256 = connection.execute(stored).scalar_one_or_none()
        found = {} if snapshot == tensors.OPTIMIZER else tensors.find(connection, job_id, snapshot)
        if not found:
            sha256, found = recorded.find_epoch(connection, job_id, snapshot)
    if not found or sha256 is None:
        raise NotFound(
            f"job {job_id} has no weights {snapshot!r}; GET /v1/jobs/{job_id}/weights lists the available ones"
        )
    return StoredWeights(sha256, {name: tensor for name, (tensor, _) in found.items()})


def open_tensor(engine: Engine, job_id: str, snapshot: str, name: str) -> StoredWeights:
    """One tensor of a snapshot. Raises `NotFound`."""
    with reading(engine) as connection:
        _require_job(connection, job_id)
        found = {} if snapshot == tensors.OPTIMIZER else tensors.find(connection, job_id, snapshot, name=name)
        if not found:
            _, found = recorded.find_epoch(connection, job_id, snapshot)
    if name not in found:
        raise NotFound(f"job {job_id} has no tensor {name!r} in the weights {snapshot!r}")
    tensor, sha256 = found[name]
    return StoredWeights(sha256, {name: tensor})


def open_predictions(engine: Engine, job_id: str, split: str, *, limit: int, after: int = 0) -> Blocks:
    """`limit` stored predictions of a split, from behind the first `after` on. Raises `NotFound`."""
    query = select(Predictions.first, Predictions.rows)
    query = query.where(Predictions.job_id == job_id, Predictions.split == split).order_by(Predictions.first)
    with reading(engine) as connection:
        data = _require_job(connection, job_id)
        chunks = [(row.first, row.rows) for row in connection.execute(query)]
        if not chunks:
            raise _no_split(connection, job_id, split)
    head = schema.Predictions(
        object="list",
        split=split,
        classes=data["classes"],
        targets=data["targets"],
        data=[],
        **paging(total=sum(rows for _, rows in chunks), limit=limit, after=after),
    )
    rows = read_chunks(engine, job_id, split, chunks, range(after, after + limit), data["classes"], PredictedRow)
    return Blocks(head, ("predictions", job_id, split, limit, after, head.rows), rows)


def read_chunks(
    engine: Engine,
    job_id: str,
    split: str,
    chunks: Sequence[tuple[int, int]],
    wanted: range,
    classes: list[Any] | None,
    model: type[Answer],
) -> Iterator[list[dict[str, Any]]]:
    """The rows `wanted` of a split, as objects of `model`, a block at a time.

    `chunks` have a first row and a number of rows.
    """
    for first, count in chunks:
        start, stop = max(wanted.start - first, 0), min(wanted.stop - first, count)
        if start >= stop:
            continue
        this = (Predictions.job_id == job_id, Predictions.split == split, Predictions.first == first)
        columns = safetensors.load_pieces(partial(_reader, engine, *this))
        widths = {name: column.size // count for name, column in columns.items()}
        step = rows_at_once(sum(widths.values()))
        for begin in range(start, stop, step):
            rows = min(step, stop - begin)
            block = {
                name: column.values(begin * widths[name], rows * widths[name]).reshape(rows, *column.shape[1:])
                for name, column in columns.items()
            }
            yield model.records(as_columns(block, classes))


def _reader(engine: Engine, *this: ColumnElement[bool]) -> Read:
    return Blob(engine, Predictions.content, *this).read


def get_report(engine: Engine, job_id: str, split: str) -> Report:
    """How good the stored predictions of a split are, in detail. Raises `NotFound`."""
    query = select(Predictions.content).where(Predictions.job_id == job_id, Predictions.split == split)
    with reading(engine) as connection:
        data = _require_job(connection, job_id)
        task: str = connection.execute(select(Job.spec).where(Job.id == job_id)).scalar_one()["task"]
        chunks = [safetensors.load(row.content) for row in connection.execute(query.order_by(Predictions.first))]
        if not chunks:
            raise _no_split(connection, job_id, split)
    columns = {name: np.concatenate([chunk[name] for chunk in chunks]) for name in chunks[0]}
    labels = data["classes"] or data["targets"]
    row, target, prediction = (columns[name] for name in ("row", "target", "prediction"))
    return report(split, task, row, target, prediction, columns.get("probabilities"), labels)


def _no_split(connection: Connection, job_id: str, split: str) -> NotFound:
    """That a job has no predictions of a split, and of which it has some."""
    query = select(Predictions.split).where(Predictions.job_id == job_id).distinct()
    others = [f"?split={name}" for name in sorted(connection.execute(query).scalars())]
    hint = f"; there is {' and '.join(others)}" if others else ""
    return NotFound(f"job {job_id} has no stored predictions of a split {split!r}{hint}")


def _insert_predictions(connection: Connection, job_id: str, split: SplitPredictions) -> None:
    columns: dict[str, NDArray[Any]] = {"row": split.rows, "target": split.targets, "prediction": split.predictions}
    if split.probabilities is not None:
        columns["probabilities"] = split.probabilities
    for first in range(0, len(split.rows), CHUNK_ROWS):
        chunk = {name: np.ascontiguousarray(column[first : first + CHUNK_ROWS]) for name, column in columns.items()}
        place = {"job_id": job_id, "split": split.split, "first": first, "rows": len(chunk["row"])}
        connection.execute(insert(Predictions).values(**place, content=safetensors.dump(chunk)))


def as_columns(columns: Mapping[str, NDArray[Any]], classes: list[Any] | None) -> dict[str, list[Any]]:
    """Stored predictions as values of JSON: row, target where there is one, prediction and probabilities."""

    def label(column: NDArray[Any]) -> list[Any]:
        if classes is not None and column.ndim == 1:
            return [classes[index] for index in column.tolist()]
        values: list[Any] = to_lists(column)
        return [value[0] if len(value) == 1 else value for value in values]

    rendered = {"row": columns["row"].tolist()}
    rendered |= {name: label(columns[name]) for name in ("target", "prediction") if name in columns}
    if "probabilities" in columns:
        rendered["probabilities"] = to_lists(columns["probabilities"])
    return rendered


def _require_job(connection: Connection, job_id: str) -> dict[str, Any]:
    return dict(TRAINING.find(connection, job_id).data)

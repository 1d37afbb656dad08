"""What was recorded of a job, read: statistics, snapshots, and weights over the epochs."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, Engine, select

from steelyard.diagnostics.recording.record import (
    BINS,
    HASH_BYTES,
    LAYER_SERIES,
    MOMENTS,
    RUN_SERIES,
    TENSOR_SERIES,
    LayerFacts,
    Layout,
    Record,
    Recording,
    TensorPlace,
)
from steelyard.diagnostics.recording.weights import Measured, WeightStatistics
from steelyard.errors import Fault, NotFound, ValidationFailed, nearest
from steelyard.exports.pieces import PiecewiseTensor
from steelyard.nn.network import OUTPUT
from steelyard.nn.statistics import SUMMARY, summarize
from steelyard.store import tensors
from steelyard.store.blobs import Blob
from steelyard.store.engine import reading
from steelyard.store.tables import JobRecording, RecordedEpoch, Snapshot
from steelyard.training import recordings
from steelyard.training.kind import TRAINING
from steelyard.training.schema.results import SnapshotFacts, TensorFacts

EPOCH = re.compile(r"epoch-([1-9][0-9]{0,8})")
Tensors = Mapping[str, PiecewiseTensor]
Hashed = tuple[PiecewiseTensor, str]  # with its SHA-256


def load_recording(connection: Connection, job_id: str) -> Recording | None:
    """The recorded statistics of a job; `None` if none are recorded."""
    layout = _load_layout(connection, job_id)
    records = [] if layout is None else recordings.load(connection, job_id, layout)
    return Recording.of(layout, records) if layout is not None and records else None


def load_starts(connection: Connection, job_ids: Sequence[str]) -> list[Recording]:
    """What was recorded of these jobs before their first steps, in one query; those without it are left out."""
    query = select(JobRecording.layout, RecordedEpoch.statistics).join(
        RecordedEpoch, RecordedEpoch.job_id == JobRecording.job_id
    )
    query = query.where(JobRecording.job_id.in_(job_ids), RecordedEpoch.epoch == 0)
    found = []
    for row in connection.execute(query.where(RecordedEpoch.statistics.is_not(None)).order_by(JobRecording.job_id)):
        layout = Layout.from_json(row.layout)
        found.append(Recording.of(layout, [Record.from_bytes(0, row.statistics, layout)]))
    return found


def compute_recording(connection: Connection, job_id: str) -> Recording | None:
    """What the stored weights of a job without recorded statistics still tell; `None` if there are none.

    One tensor is in memory at a time.
    """
    stored = find_weights(connection, job_id)
    if not stored:
        return None
    epochs, first = [*stored], next(iter(stored.values()))
    layout = _load_layout(connection, job_id) or _guess_layout(first)
    found = np.full((len(epochs), len(first), len(TENSOR_SERIES)), np.nan)
    counts = np.zeros((len(epochs), len(first), BINS), np.uint32)
    for place, tensor in enumerate(layout.tensors):
        initial = _read(stored[0][tensor.name]) if 0 in stored else None
        for row, epoch in enumerate(epochs):
            values = _read(stored[epoch][tensor.name])
            statistics = WeightStatistics([values.size], [tensor.trainable], values.dtype)
            unknown = np.broadcast_to(np.array(np.nan, values.dtype), values.shape)
            measured = Measured(values, unknown if initial is None else initial, None, unknown, np.array([np.nan]), 1)
            [found[row, place]], [counts[row, place]] = statistics.compute(measured)
    return Recording(
        layout,
        np.array(epochs, np.int64),
        np.full((len(epochs), len(RUN_SERIES)), np.nan),
        np.full((len(epochs), len(layout.layers), len(LAYER_SERIES)), np.nan),
        found,
        counts,
    )


def find_weights(connection: Connection, job_id: str, name: str | None = None) -> dict[int, Tensors]:
    """The tensors of every epoch whose weights are stored, by epoch in order, or only the one named `name`.

    Their values are read on demand.
    """
    found: dict[int, Tensors] = {}
    layout = _load_layout(connection, job_id)
    if layout is not None:
        query = select(RecordedEpoch.epoch).where(RecordedEpoch.job_id == job_id, RecordedEpoch.weights.is_not(None))
        for epoch in connection.execute(query).scalars():
            found[epoch] = _views(connection.engine, job_id, epoch, layout, name)
    of_job = select(Snapshot.name, Snapshot.epoch).where(Snapshot.job_id == job_id, Snapshot.name != tensors.OPTIMIZER)
    for row in connection.execute(of_job).all():
        if row.epoch not in found:
            stored = tensors.find(connection, job_id, row.name, name=name)
            found[row.epoch] = {each: tensor for each, (tensor, _) in stored.items()}
    return {epoch: found[epoch] for epoch in sorted(found) if found[epoch]}


def find_epoch(
    connection: Connection, job_id: str, snapshot: str
) -> tuple[str, dict[str, tuple[PiecewiseTensor, str]]]:
    """The SHA-256 of a recorded snapshot like `epoch-8`, and its tensors with their own; none if it is not recorded."""
    named, layout = EPOCH.fullmatch(snapshot), _load_layout(connection, job_id)
    if named is None or layout is None:
        return "", {}
    epoch = int(named[1])
    query = select(RecordedEpoch.sha256, RecordedEpoch.hashes).where(RecordedEpoch.weights.is_not(None))
    row = connection.execute(query.where(RecordedEpoch.job_id == job_id, RecordedEpoch.epoch == epoch)).one_or_none()
    if row is None:
        return "", {}
    views = _views(connection.engine, job_id, epoch, layout)
    return row.sha256, dict(zip(views, zip(views.values(), _hashes(row.hashes), strict=True), strict=True))


def list_epochs(connection: Connection, job_id: str) -> dict[str, SnapshotFacts]:
    """The recorded snapshots by name, in the order of their epochs."""
    layout = _load_layout(connection, job_id)
    if layout is None:
        return {}
    columns = (RecordedEpoch.epoch, RecordedEpoch.statistics, RecordedEpoch.sha256, RecordedEpoch.hashes)
    query = select(*columns).where(RecordedEpoch.job_id == job_id, RecordedEpoch.weights.is_not(None))
    found = {}
    for row in connection.execute(query.order_by(RecordedEpoch.epoch)).all():
        facts = [
            TensorFacts(name=each.name, shape=[*each.shape], dtype=layout.dtype, statistics=statistics, sha256=sha256)
            for each, statistics, sha256 in zip(
                layout.tensors, _summaries(connection, job_id, row, layout), _hashes(row.hashes), strict=True
            )
        ]
        found[f"epoch-{row.epoch}"] = SnapshotFacts(epoch=row.epoch, sha256=row.sha256, tensors=facts)
    return found


@dataclass(frozen=True)
class StoredTimeline:
    """A tensor, or one of its weights, over the epochs whose weights are stored: `values` is `(epochs, …)`."""

    epochs: list[int]
    values: PiecewiseTensor
    shape: tuple[int, ...]


def open_timeline(engine: Engine, job_id: str, name: str, index: str | None) -> StoredTimeline:
    """The tensor with this full name over the epochs; `index` selects one weight.

    Raises `NotFound`, `ValidationFailed`.
    """
    with reading(engine) as connection:
        TRAINING.find(connection, job_id)
        stored = find_weights(connection, job_id, name)
        if not stored:
            known = next(iter(find_weights(connection, job_id).values()), {})
            hint = nearest(name, known) if known else "its weights are not stored yet"
            raise NotFound(f"job {job_id} has no tensor {name!r}; {hint}")
    parts = [each[name] for each in stored.values()]
    shape = parts[0].shape
    if index is not None:
        parts = [_one_weight(part, place_of(index, shape)) for part in parts]
    return StoredTimeline([*stored], _stack(parts), shape)


def place_of(index: str, shape: tuple[int, ...]) -> int:
    """Where the weight with an index like `3,5` is in a tensor of this shape. Raises `ValidationFailed`."""
    numbers = [int(each) for each in index.split(",")] if re.fullmatch(r"[0-9]{1,9}(,[0-9]{1,9})*", index) else []
    if len(numbers) != len(shape) or not all(number < count for number, count in zip(numbers, shape, strict=True)):
        least = ",".join("0" for _ in shape)
        most = ",".join(str(count - 1) for count in shape)
        raise ValidationFailed([Fault.of_query("index", f"is {index!r}; it must be from {least} to {most}")])
    return int(np.ravel_multi_index(numbers, shape))


def _one_weight(tensor: PiecewiseTensor, place: int) -> PiecewiseTensor:
    start = place * tensor.dtype.itemsize
    return PiecewiseTensor((), tensor.dtype, lambda first, count: tensor.read(start + first, count))


def _stack(parts: Sequence[PiecewiseTensor]) -> PiecewiseTensor:
    """Tensors of the same shape as one, along a new first axis."""
    size = parts[0].nbytes

    def read(first: int, count: int) -> bytes:
        pieces = []
        while count:
            part, start = divmod(first, size)
            taken = min(count, size - start)
            pieces.append(parts[part].read(start, taken))
            first, count = first + taken, count - taken
        return b"".join(pieces)

    return PiecewiseTensor((len(parts), *parts[0].shape), parts[0].dtype, read)


def _load_layout(connection: Connection, job_id: str) -> Layout | None:
    query = select(JobRecording.layout).where(JobRecording.job_id == job_id)
    document = connection.execute(query).scalar_one_or_none()
    return None if document is None else Layout.from_json(document)


def _guess_layout(stored: Tensors) -> Layout:
    """What the names and shapes of tensors tell of a network."""
    places, units = [], {}
    for name, tensor in stored.items():
        path, _, last = name.replace("/", ".").rpartition(".")
        layer = path.removesuffix(".projection")
        units[layer] = tensor.shape[-1]
        places.append(TensorPlace(name, layer, tensor.shape, trainable=not last.startswith("moving_")))
    layers = [
        LayerFacts(layer, layer.split(".")[-1].replace(OUTPUT, "dense_").rpartition("_")[0], None, count)
        for layer, count in units.items()
    ]
    return Layout(tuple(layers), tuple(places), next(iter(stored.values())).dtype.name)


def _views(engine: Engine, job_id: str, epoch: int, layout: Layout, name: str | None = None) -> Tensors:
    """The tensors in the stored vector of an epoch, read on demand."""
    blob = Blob(engine, RecordedEpoch.weights, RecordedEpoch.job_id == job_id, RecordedEpoch.epoch == epoch)
    dtype = np.dtype(layout.dtype).newbyteorder("<")
    return {
        each.name: PiecewiseTensor(each.shape, dtype, partial(_read_from, blob, layout.byte_spans[each.name].start))
        for each in layout.tensors
        if name in (None, each.name)
    }


def _read_from(blob: Blob, start: int, first: int, count: int) -> bytes:
    return blob.read(start + first, count)


def _read(tensor: PiecewiseTensor) -> NDArray[Any]:
    return tensor.values(0, tensor.size).astype(tensor.dtype.newbyteorder("="))


def _hashes(hashes: bytes) -> Iterator[str]:
    return (hashes[start : start + HASH_BYTES].hex() for start in range(0, len(hashes), HASH_BYTES))


def _summaries(connection: Connection, job_id: str, row: Any, layout: Layout) -> list[dict[str, float | None]]:
    """Statistics of each tensor, as other snapshots have them."""
    if row.statistics is None:
        views = _views(connection.engine, job_id, row.epoch, layout)
        return [summarize(_read(views[each.name])) for each in layout.tensors]
    series = Record.from_bytes(row.epoch, row.statistics, layout).tensors
    places = [MOMENTS.index(name) for name in SUMMARY]
    return [
        {name: None if np.isnan(value) else float(value) for name, value in zip(SUMMARY, each[places], strict=True)}
        for each in series
    ]

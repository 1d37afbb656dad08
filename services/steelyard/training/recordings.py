"""The recording of a job as rows: its layout, and for each recorded epoch the statistics and the weights.

The weights before the first step are the snapshot `initial`, which is written with the first records.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, delete, insert, or_, select

from steelyard.diagnostics.recording.record import Layout, Record
from steelyard.store import tensors
from steelyard.store.tables import JobRecording, RecordedEpoch, Snapshot, Tensor

INITIAL = "initial"


@dataclass(frozen=True)
class NewRecord:
    """What is stored of an epoch: statistics, weights `(parameters,)`, or both."""

    epoch: int
    record: Record | None
    weights: NDArray[Any] | None
    at_end: bool = False


def start(connection: Connection, job_id: str, layout: Layout | None, initial: Mapping[str, NDArray[Any]]) -> None:
    """Store what is known before the first step. Without a `layout` nothing is recorded but the `initial` weights."""
    tensors.save(connection, job_id, INITIAL, epoch=0, values=initial)
    if layout is not None:
        connection.execute(insert(JobRecording).values(job_id=job_id, layout=layout.to_json()))


def add(connection: Connection, job_id: str, layout: Layout, records: Sequence[NewRecord]) -> None:
    """Store records of other epochs than those that are stored."""
    if records:
        rows = [
            {"job_id": job_id, "epoch": each.epoch, "at_end": each.at_end, **_contents(each, layout)}
            for each in records
        ]
        connection.execute(insert(RecordedEpoch), rows)


def _contents(new: NewRecord, layout: Layout) -> dict[str, Any]:
    statistics = None if new.record is None else new.record.to_bytes()
    if new.weights is None:
        return {"statistics": statistics, "weights": None, "sha256": None, "hashes": None}
    content = np.ascontiguousarray(new.weights, new.weights.dtype.newbyteorder("<")).tobytes()
    spans = layout.byte_spans.values()
    hashes = b"".join(hashlib.sha256(content[span]).digest() for span in spans)
    return {
        "statistics": statistics,
        "weights": content,
        "sha256": hashlib.sha256(content).hexdigest(),
        "hashes": hashes,
    }


def load(connection: Connection, job_id: str, layout: Layout) -> list[Record]:
    """The stored statistics of a job whose layers and tensors are known."""
    query = select(RecordedEpoch.epoch, RecordedEpoch.statistics)
    query = query.where(RecordedEpoch.job_id == job_id, RecordedEpoch.statistics.is_not(None))
    return [Record.from_bytes(row.epoch, row.statistics, layout) for row in connection.execute(query)]


def rewind(connection: Connection, job_id: str, epoch: int) -> None:
    """Delete what an earlier run stored after `epoch` and before the first step, which every run stores again."""
    connection.execute(delete(JobRecording).where(JobRecording.job_id == job_id))
    again = or_(RecordedEpoch.epoch > epoch, RecordedEpoch.epoch == 0)
    connection.execute(delete(RecordedEpoch).where(RecordedEpoch.job_id == job_id, again))
    connection.execute(delete(Tensor).where(Tensor.job_id == job_id, Tensor.snapshot == INITIAL))
    connection.execute(delete(Snapshot).where(Snapshot.job_id == job_id, Snapshot.name == INITIAL))

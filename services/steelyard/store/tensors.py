"""Weights as rows: one for each snapshot, and one for each of its tensors with the bytes, statistics, and SHA-256."""

import hashlib
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, insert, select

from steelyard.exports.pieces import PiecewiseTensor
from steelyard.nn.statistics import summarize
from steelyard.store.blobs import Blob
from steelyard.store.tables import Snapshot, Tensor

OPTIMIZER = "optimizer"  # the snapshot of the optimizer's state; the others are of weights
BYTES_AT_ONCE = 8 << 20  # per statement: many small tensors at once, but no second copy of large weights
Tensors = Mapping[str, NDArray[Any]]


def digest(values: Tensors) -> str:
    """The SHA-256 of the bytes of all tensors, in the order of the network."""
    sha256 = hashlib.sha256()
    for tensor in values.values():
        sha256.update(np.ascontiguousarray(tensor).data)
    return sha256.hexdigest()


def save(connection: Connection, job_id: str, snapshot: str, *, epoch: int, values: Tensors) -> None:
    """Store the weights after `epoch` epochs."""
    row = {"job_id": job_id, "name": snapshot, "epoch": epoch, "sha256": digest(values)}
    connection.execute(insert(Snapshot).values(**row))
    rows: list[dict[str, Any]] = []
    held_bytes = 0
    for position, (name, tensor) in enumerate(values.items()):
        content = np.ascontiguousarray(tensor).tobytes()
        facts = {"shape": list(tensor.shape), "dtype": tensor.dtype.name, "statistics": summarize(tensor)}
        place = {"job_id": job_id, "snapshot": snapshot, "position": position, "name": name}
        sha256 = hashlib.sha256(content).hexdigest()
        rows.append({**place, **facts, "sha256": sha256, "content": content})
        held_bytes += len(content)
        if held_bytes > BYTES_AT_ONCE:
            connection.execute(insert(Tensor), rows)
            rows, held_bytes = [], 0
    if rows:
        connection.execute(insert(Tensor), rows)


def load(connection: Connection, job_id: str, snapshot: str, *, name: str | None = None) -> dict[str, NDArray[Any]]:
    """The tensors of a snapshot by name, in the order of the network, or only the one named `name`; may be empty."""
    query = select(Tensor.name, Tensor.shape, Tensor.dtype, Tensor.content).order_by(Tensor.position)
    query = query.where(Tensor.job_id == job_id, Tensor.snapshot == snapshot)
    if name is not None:
        query = query.where(Tensor.name == name)
    return {row.name: _array(row) for row in connection.execute(query)}


def find(
    connection: Connection, job_id: str, snapshot: str, *, name: str | None = None
) -> dict[str, tuple[PiecewiseTensor, str]]:
    """The same tensors with their SHA-256, without their values, which are read on demand."""
    query = select(Tensor.name, Tensor.position, Tensor.shape, Tensor.dtype, Tensor.sha256).order_by(Tensor.position)
    query = query.where(Tensor.job_id == job_id, Tensor.snapshot == snapshot)
    if name is not None:
        query = query.where(Tensor.name == name)
    found = {}
    for row in connection.execute(query):
        this = (Tensor.job_id == job_id, Tensor.snapshot == snapshot, Tensor.position == row.position)
        blob = Blob(connection.engine, Tensor.content, *this)
        dtype = np.dtype(row.dtype).newbyteorder("<")
        found[row.name] = PiecewiseTensor(tuple(row.shape), dtype, blob.read), row.sha256
    return found


def _array(row: Any) -> NDArray[Any]:
    return np.frombuffer(row.content, dtype=np.dtype(row.dtype).newbyteorder("<")).reshape(row.shape)

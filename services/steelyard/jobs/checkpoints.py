"""Checkpoints: states from which a job's next run continues. The two newest are kept, in case one is damaged.

A checkpoint is stored in parts, because databases limit the size of a value. It is used only if its SHA-256 matches.
The worker defines its content.
"""

import hashlib
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, delete, insert, select

from steelyard.store.engine import reading
from steelyard.store.tables import Checkpoint as Part

KEPT = 2
PART_BYTES = 32 << 20


@dataclass(frozen=True)
class Checkpoint:
    """The state of a run after `step` steps and `epoch` whole epochs."""

    step: int
    epoch: int
    content: bytes


def save(connection: Connection, job_id: str, checkpoint: Checkpoint) -> None:
    """Save a checkpoint and delete all but the newest ones."""
    digest = hashlib.sha256(checkpoint.content).hexdigest()
    head = {"job_id": job_id, "step": checkpoint.step, "epoch": checkpoint.epoch, "sha256": digest}
    connection.execute(delete(Part).where(Part.job_id == job_id, Part.step == checkpoint.step))
    for number, start in enumerate(range(0, len(checkpoint.content), PART_BYTES)):
        content = checkpoint.content[start : start + PART_BYTES]
        connection.execute(insert(Part).values(**head, part=number, content=content))
    kept = _steps(connection, job_id)[:KEPT]
    connection.execute(delete(Part).where(Part.job_id == job_id, Part.step.not_in(kept)))


def load(engine: Engine, job_id: str) -> Checkpoint | None:
    """The newest undamaged checkpoint, if any."""
    with reading(engine) as connection:
        for step in _steps(connection, job_id):
            query = select(Part).where(Part.job_id == job_id, Part.step == step).order_by(Part.part)
            rows: list[Any] = list(connection.execute(query))
            content = b"".join(row.content for row in rows)
            if hashlib.sha256(content).hexdigest() == rows[0].sha256:
                return Checkpoint(step, rows[0].epoch, content)
    return None


def forget(connection: Connection, job_id: str) -> None:
    """Delete the checkpoints of a job that has ended."""
    connection.execute(delete(Part).where(Part.job_id == job_id))


def _steps(connection: Connection, job_id: str) -> list[int]:
    query = select(Part.step).where(Part.job_id == job_id).distinct().order_by(Part.step.desc())
    return list(connection.execute(query).scalars())

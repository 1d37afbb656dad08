"""Batch predictions: queued, computed in parts, served as rows.

A batch is a kind of job with the same life cycle: claimed, fenced, released, cancelled.
"""

import hashlib
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray
from sqlalchemy import Connection, Engine, Row, Select, insert, select

from steelyard.documents.writer import dump
from steelyard.exports import safetensors
from steelyard.inference.column_names import Matched
from steelyard.inference.schema import BatchPrediction, BatchProgress, BatchRow, BatchRows
from steelyard.jobs import ledger
from steelyard.jobs.kinds import Kind
from steelyard.jobs.ledger import Claim, End
from steelyard.jobs.webhooks import outbox
from steelyard.jobs.webhooks.schema import Webhook
from steelyard.store import replies
from steelyard.store.blocks import Blocks, paging
from steelyard.store.clock import rfc3339
from steelyard.store.engine import reading, writing
from steelyard.store.ids import new_id
from steelyard.store.pages import Page, read_page
from steelyard.store.replies import Once
from steelyard.store.tables import Job, Predictions
from steelyard.tabular.chunks import ROWS
from steelyard.training.results import read_chunks

SPLIT = "batch"


@dataclass(frozen=True)
class BatchPlan:
    """Rows to predict, of a data set or sent along as JSON, and the model that does.

    `labels` are its classes; `columns` are those of the rows that it does not take, and those that they lack.
    """

    model: str
    dataset: str | None
    inline: bytes | None
    rows: int
    labels: list[Any] | None
    name: str | None
    webhook: Webhook | None = None
    columns: Matched = field(default_factory=Matched)

    @property
    def parts(self) -> int:
        """How many parts of `ROWS` rows there are."""
        return -(-self.rows // ROWS)


@dataclass(frozen=True)
class BatchPart:
    """What the model said of the rows from `first` on, as `nn.evaluation.Answers` has it."""

    number: int
    first: int
    predictions: NDArray[Any]
    probabilities: NDArray[Any] | None


def submit(engine: Engine, plan: BatchPlan, *, request_id: str | None, once: Once | None) -> BatchPrediction:
    """Commit a batch, and give it as it was committed. Raises `Conflict`, `AnsweredAlready`."""
    batch_id = new_id(PREDICTION.prefix)
    spec = {"model": plan.model, "dataset": plan.dataset, "rows": plan.rows}
    values = {
        "kind": PREDICTION.name,
        "name": plan.name,
        "labels": {},
        "spec": spec,
        "spec_digest": hashlib.sha256(orjson.dumps(spec) + (plan.inline or b"")).hexdigest(),
        "data": {"rows": plan.rows, "classes": plan.labels, "columns": plan.columns.to_json()},
        "parameters": 0,
        "request_id": request_id,
        "epochs": plan.parts,
    }
    with writing(engine) as connection:
        datasets = [] if plan.dataset is None else [plan.dataset]
        ledger.enqueue(connection, batch_id, inline=plan.inline, datasets=datasets, **values)
        if plan.webhook is not None:
            outbox.add(connection, batch_id, plan.webhook)
        batch = PREDICTION.read(connection, batch_id)
        if once is not None:
            replies.keep(connection, once, dump(batch))
    return batch


def save_part(engine: Engine, held: Claim, part: BatchPart, *, seconds: float) -> None:
    """Store the predictions of one part and mark it as done. Raises `FencedOff`."""
    rows = len(part.predictions)
    columns = {"row": np.arange(part.first, part.first + rows), "prediction": part.predictions}
    if part.probabilities is not None:
        columns["probabilities"] = part.probabilities
    place = {"job_id": held.job_id, "split": SPLIT, "first": part.first, "rows": rows}
    with writing(engine) as connection:
        ledger.move_on(connection, held, epoch=part.number, train_seconds=seconds)
        connection.execute(insert(Predictions).values(**place, content=safetensors.dump(columns)))


def end(engine: Engine, held: Claim, status: str, *, part: int, seconds: float, error: Any = None) -> None:
    """Write how the batch ended. Raises `FencedOff`."""
    nothing: dict[str, Any] = {"metrics": {}, "findings": [], "fingerprint": None, "weights_sha256": None}
    with writing(engine) as connection:
        ledger.finish(connection, held, End(status, part, seconds, error=error, parts="parts", **nothing))


def list_batches(engine: Engine, *, limit: int, after: str | None) -> Page:
    """The newest batches."""
    with reading(engine) as connection:
        key = Job.__table__.c.id
        return read_page(
            connection, _batches(), key=key, prefix=PREDICTION.prefix, render=_batch, limit=limit, after=after
        )


def open_rows(engine: Engine, batch_id: str, *, limit: int, after: int) -> Blocks:
    """`limit` rows of what is there so far, from behind the first `after` on. Raises `NotFound`."""
    query = select(Predictions.split, Predictions.first, Predictions.rows).where(Predictions.job_id == batch_id)
    with reading(engine) as connection:
        row = PREDICTION.find(connection, batch_id)
        chunks = connection.execute(query.order_by(Predictions.first)).all()
    total = sum(chunk.rows for chunk in chunks)
    head = BatchRows(object="list", data=[], **paging(total=total, limit=limit, after=after))
    places = [(chunk.first, chunk.rows) for chunk in chunks]
    split = chunks[0].split if chunks else ""
    rows = read_chunks(engine, batch_id, split, places, range(after, after + limit), row.data["classes"], BatchRow)
    return Blocks(head, ("rows", batch_id, limit, after, total), rows)


def get_labels(engine: Engine, batch_id: str) -> list[Any]:
    """The model's classes; none for a model of numbers. Raises `NotFound`."""
    with reading(engine) as connection:
        return list(PREDICTION.find(connection, batch_id).data["classes"] or [])


def _batches() -> Select[Any]:
    return select(Job.__table__).where(Job.kind == PREDICTION.name)


def _batch(row: Row[Any]) -> BatchPrediction:
    rows = row.spec["rows"]
    return BatchPrediction(
        id=row.id,
        object="prediction",
        name=row.name,
        status=row.status,
        model=row.spec["model"],
        dataset=row.spec["dataset"],
        rows=rows,
        progress=BatchProgress(rows=min(row.epoch * ROWS, rows), fraction=round(row.epoch / row.epochs, 4)),
        attempt=row.attempt,
        error=row.error,
        created_at=rfc3339(row.created_at),
        started_at=rfc3339(row.started_at),
        finished_at=rfc3339(row.finished_at),
        seconds=row.train_seconds,
        **row.data.get("columns", {}),  # batches of earlier versions have none
    )


def _progress_kept(connection: Connection, batch_id: str) -> int | None:
    return connection.execute(select(Job.epoch).where(Job.id == batch_id)).scalar_one() or None


PREDICTION = Kind(
    name="prediction",
    noun="prediction",
    prefix="pred",
    unit="part",
    select=_batches,
    render=_batch,
    clear=lambda _, __: None,  # the rows that are predicted stay
    progress_kept=_progress_kept,
    datasets=lambda spec: [spec["dataset"]] if spec["dataset"] else [],
    after_success="its rows are at /rows",
)

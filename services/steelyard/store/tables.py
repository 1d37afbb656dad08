"""The tables. Only columns: `steelyard.jobs.ledger` defines which changes are legal.

Times are seconds since 1970 by the database's clock (`steelyard.store.clock`). Everything that belongs to a job is
deleted with it (`ON DELETE CASCADE`). Large binaries are rows, so there is one store to back up, and a result is one
transaction.
"""

from typing import Any

from sqlalchemy import JSON, BigInteger, Boolean, Double, ForeignKey, Index, Integer, LargeBinary, String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

ID = String(40)
TIME: Double[float] = Double()
COUNTER = BigInteger().with_variant(Integer(), "sqlite")  # SQLite numbers rows automatically only in INTEGER keys


class Base(DeclarativeBase):
    """The mapped tables of Steelyard."""


def _job_key() -> Mapped[str]:
    return mapped_column(ID, ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True)


def _dataset_key() -> Mapped[str]:
    return mapped_column(ID, ForeignKey("datasets.id", ondelete="CASCADE"), primary_key=True)


class Job(Base):
    """A job: what was requested, its progress, and its result.

    Its `kind` is one of `steelyard_worker.kinds`. The `epochs` of a prediction are its parts.
    """

    __tablename__ = "jobs"

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    kind: Mapped[str] = mapped_column(String(16), default="training")
    name: Mapped[str | None] = mapped_column(String(200))
    labels: Mapped[dict[str, str]] = mapped_column("metadata", JSON)
    status: Mapped[str] = mapped_column(String(16))
    spec: Mapped[dict[str, Any]] = mapped_column(JSON)
    spec_digest: Mapped[str] = mapped_column(String(64))
    started_from: Mapped[str | None] = mapped_column(ID)  # the model of its initial weights, which may be deleted
    data: Mapped[dict[str, Any]] = mapped_column(JSON)
    choices: Mapped[list[dict[str, Any]] | None] = mapped_column(JSON(none_as_null=True))  # NULL: before 0015
    parameters: Mapped[int] = mapped_column(BigInteger)
    request_id: Mapped[str | None] = mapped_column(String(128))

    # Life cycle
    created_at: Mapped[float] = mapped_column(TIME)
    available_at: Mapped[float] = mapped_column(TIME)  # not claimed before this time: back-off after a crash
    rank: Mapped[int] = mapped_column(
        Integer, default=1, server_default="1"
    )  # 1: new; 0: has run before, so it goes first
    # Unused since migration 0010. Workers of the previous version, which still run during an upgrade, write it.
    rung_at: Mapped[float] = mapped_column(TIME, default=0.0)
    started_at: Mapped[float | None] = mapped_column(TIME)
    finished_at: Mapped[float | None] = mapped_column(TIME)
    cancel_requested_at: Mapped[float | None] = mapped_column(TIME)
    attempt: Mapped[int] = mapped_column(Integer, default=1)
    crashes: Mapped[int] = mapped_column(Integer, default=0)  # deaths of its process alone, since its last checkpoint
    losses: Mapped[int] = mapped_column(Integer, default=0, server_default="0")  # deaths with its worker, since then
    fence: Mapped[int] = mapped_column(BigInteger, default=0)  # incremented by each claim; decides which run may write
    lease_owner: Mapped[str | None] = mapped_column(String(200))
    lease_expires_at: Mapped[float | None] = mapped_column(TIME)

    # Progress
    epoch: Mapped[int] = mapped_column(Integer, default=0)
    epochs: Mapped[int] = mapped_column(Integer)
    train_seconds: Mapped[float | None] = mapped_column(TIME)
    # Of these, those before the job was resumed, which do not count for its time limit. NULL: the next run sets it.
    uncounted_seconds: Mapped[float | None] = mapped_column(TIME, default=0.0, server_default="0")

    # Result
    stopping: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    metrics: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    baseline: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))  # NULL: before 0016
    findings: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    error: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    fingerprint: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    weights_sha256: Mapped[str | None] = mapped_column(String(64))

    __table_args__ = (
        Index("jobs_queue", "status", "rank", "created_at", "id"),  # the order of claims
        Index("jobs_leases", "status", "lease_expires_at"),
        Index("jobs_of_status", "status", "id"),  # lists of one status, newest first
        Index("jobs_of_model", "started_from", "id"),  # lists of what started from one model
    )


class Study(Base):
    """A group of jobs that answer one question, and what was asked."""

    __tablename__ = "studies"

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    kind: Mapped[str] = mapped_column(String(32))
    created_at: Mapped[float] = mapped_column(TIME)
    origin: Mapped[str | None] = mapped_column(ID, index=True)  # the job that it is about, which may be deleted
    question: Mapped[dict[str, Any]] = mapped_column(JSON)


class StudyJob(Base):
    """A job of a study, and its place there: seed, variant."""

    __tablename__ = "study_jobs"

    job_id: Mapped[str] = _job_key()
    study_id: Mapped[str] = mapped_column(ID, ForeignKey("studies.id", ondelete="CASCADE"), index=True)
    position: Mapped[int] = mapped_column(Integer)
    place: Mapped[dict[str, Any]] = mapped_column(JSON)


class JobInput(Base):
    """The inline data of a job, as canonical JSON."""

    __tablename__ = "job_inputs"

    job_id: Mapped[str] = _job_key()
    content: Mapped[bytes] = mapped_column(LargeBinary)


class Dataset(Base):
    """An uploaded data set; `digest` covers its bytes and its reading options."""

    __tablename__ = "datasets"

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    name: Mapped[str | None] = mapped_column(String(200))
    created_at: Mapped[float] = mapped_column(TIME)
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    sha256: Mapped[str] = mapped_column(String(64))
    bytes: Mapped[int] = mapped_column(BigInteger)
    media_type: Mapped[str] = mapped_column(String(100))
    rows: Mapped[int] = mapped_column(BigInteger)
    columns: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    found: Mapped[dict[str, Any]] = mapped_column(JSON)
    read_with: Mapped[dict[str, Any]] = mapped_column(JSON)  # the reading options of the upload


class DatasetContent(Base):
    """A piece of the original bytes of a data set."""

    __tablename__ = "dataset_content"

    dataset_id: Mapped[str] = _dataset_key()
    first: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    content: Mapped[bytes] = mapped_column(LargeBinary)


class DatasetPart(Base):
    """Some rows of a column of a data set, in the format of `steelyard.tabular.chunks`."""

    __tablename__ = "dataset_parts"

    dataset_id: Mapped[str] = _dataset_key()
    column: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    first: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    rows: Mapped[int] = mapped_column(Integer)
    dtype: Mapped[str] = mapped_column(String(8))
    labels: Mapped[bytes | None] = mapped_column(LargeBinary)
    content: Mapped[bytes] = mapped_column(LargeBinary)


class JobDataset(Base):
    """A data set that a job needs."""

    __tablename__ = "job_datasets"

    job_id: Mapped[str] = _job_key()
    dataset_id: Mapped[str] = _dataset_key()

    __table_args__ = (Index("jobs_of_dataset", "dataset_id"),)


class HistoryEpoch(Base):
    """The metrics of an epoch, by name."""

    __tablename__ = "history"

    job_id: Mapped[str] = _job_key()
    epoch: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    values: Mapped[dict[str, float | None]] = mapped_column(JSON)


class Event(Base):
    """An event of a job, with a message for users."""

    __tablename__ = "events"

    id: Mapped[int] = mapped_column(COUNTER, primary_key=True, autoincrement=True)
    job_id: Mapped[str] = mapped_column(ID, ForeignKey("jobs.id", ondelete="CASCADE"))
    created_at: Mapped[float] = mapped_column(TIME)
    level: Mapped[str] = mapped_column(String(16))
    type: Mapped[str] = mapped_column(String(16))
    message: Mapped[str] = mapped_column(String(2000))
    data: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)

    __table_args__ = (Index("events_of_job", "job_id", "id"),)


class Checkpoint(Base):
    """A part of a checkpoint, from which the next run of a job can continue."""

    __tablename__ = "checkpoints"

    job_id: Mapped[str] = _job_key()
    step: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    part: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    epoch: Mapped[int] = mapped_column(Integer)
    sha256: Mapped[str] = mapped_column(String(64))
    content: Mapped[bytes] = mapped_column(LargeBinary)


class Snapshot(Base):
    """The weights at one point: `initial`, `best`, or `final`."""

    __tablename__ = "snapshots"

    job_id: Mapped[str] = _job_key()
    name: Mapped[str] = mapped_column(String(16), primary_key=True)
    epoch: Mapped[int] = mapped_column(Integer)
    sha256: Mapped[str] = mapped_column(String(64))


class Tensor(Base):
    """A tensor of a snapshot: its bytes in C order, little-endian."""

    __tablename__ = "tensors"

    job_id: Mapped[str] = _job_key()
    snapshot: Mapped[str] = mapped_column(String(16), primary_key=True)
    position: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    name: Mapped[str] = mapped_column(String(200))
    shape: Mapped[list[int]] = mapped_column(JSON)
    dtype: Mapped[str] = mapped_column(String(16))
    statistics: Mapped[dict[str, float | None]] = mapped_column(JSON)
    sha256: Mapped[str] = mapped_column(String(64))
    content: Mapped[bytes] = mapped_column(LargeBinary)


class JobRecording(Base):
    """What is recorded of a job: its layers and tensors, in the order of its records."""

    __tablename__ = "job_recordings"

    job_id: Mapped[str] = _job_key()
    layout: Mapped[dict[str, Any]] = mapped_column(JSON)


class RecordedEpoch(Base):
    """The statistics after an epoch, and the weights as one vector, if they are recorded.

    `hashes` are the SHA-256 of each tensor, 32 bytes each; `sha256` is that of all weights. A row is written `at_end`
    of a run if its epoch is recorded because the run ended there, or because it was the best.
    """

    __tablename__ = "recorded_epochs"

    job_id: Mapped[str] = _job_key()
    epoch: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    statistics: Mapped[bytes | None] = mapped_column(LargeBinary)
    weights: Mapped[bytes | None] = mapped_column(LargeBinary)
    sha256: Mapped[str | None] = mapped_column(String(64))
    hashes: Mapped[bytes | None] = mapped_column(LargeBinary)
    at_end: Mapped[bool] = mapped_column(Boolean, default=False)


class Predictions(Base):
    """A range of rows of a split: row numbers, targets, predictions, and probabilities, as safetensors."""

    __tablename__ = "predictions"

    job_id: Mapped[str] = _job_key()
    split: Mapped[str] = mapped_column(String(16), primary_key=True)
    first: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    rows: Mapped[int] = mapped_column(Integer)
    content: Mapped[bytes] = mapped_column(LargeBinary)


class Model(Base):
    """The model of a succeeded job: everything that inference needs besides the job's final weights."""

    __tablename__ = "models"

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    job_id: Mapped[str] = mapped_column(ID, ForeignKey("jobs.id", ondelete="CASCADE"), unique=True)
    name: Mapped[str | None] = mapped_column(String(200))
    created_at: Mapped[float] = mapped_column(TIME)
    manifest: Mapped[dict[str, Any]] = mapped_column(JSON)
    preprocessing: Mapped[dict[str, Any]] = mapped_column(JSON)


class Alias(Base):
    """An alias of a model, which can be moved to another model."""

    __tablename__ = "aliases"

    alias: Mapped[str] = mapped_column(String(64), primary_key=True)
    model_id: Mapped[str] = mapped_column(ID, ForeignKey("models.id", ondelete="CASCADE"), index=True)


class Webhook(Base):
    """The webhook of a job; `due_at` is NULL before the job ends and when there is nothing left to do."""

    __tablename__ = "webhooks"

    job_id: Mapped[str] = _job_key()
    event_id: Mapped[str] = mapped_column(ID, unique=True)
    url: Mapped[str] = mapped_column(String(2000))
    host: Mapped[str] = mapped_column(String(255))  # with the port, as in the URL: deliveries are limited per host
    secret: Mapped[str | None] = mapped_column(String(200))
    due_at: Mapped[float | None] = mapped_column(TIME)
    attempts: Mapped[int] = mapped_column(Integer, default=0)

    __table_args__ = (Index("webhooks_due", "due_at"),)


class Reply(Base):
    """The stored answer to the first request with an idempotency key."""

    __tablename__ = "replies"

    key: Mapped[str] = mapped_column(String(255), primary_key=True)
    request_sha256: Mapped[str] = mapped_column(String(64))
    answer: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[float] = mapped_column(TIME)

    __table_args__ = (Index("replies_by_age", "created_at"),)


class Worker(Base):
    """A worker, which writes a heartbeat every few seconds."""

    __tablename__ = "workers"

    name: Mapped[str] = mapped_column(String(200), primary_key=True)
    concurrency: Mapped[int] = mapped_column(Integer)
    seen_at: Mapped[float] = mapped_column(TIME)

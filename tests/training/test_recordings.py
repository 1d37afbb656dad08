"""Recordings as rows: what is added, and what a run that begins again deletes."""

import hashlib

import numpy as np
from sqlalchemy import Engine, select

from steelyard.diagnostics.recording.record import (
    BINS,
    LAYER_SERIES,
    RUN_SERIES,
    TENSOR_SERIES,
    LayerFacts,
    Layout,
    Record,
    TensorPlace,
)
from steelyard.jobs import ledger
from steelyard.store.engine import reading, writing
from steelyard.store.tables import JobRecording, RecordedEpoch, Snapshot, Tensor
from steelyard.training import recordings
from steelyard.training.kind import TRAINING
from steelyard.training.recordings import NewRecord
from tests.jobs.test_ledger import submit

LAYOUT = Layout(
    (LayerFacts("output", "dense", "linear", 3),),
    (TensorPlace("output/kernel", "output", (2, 3), trainable=True), TensorPlace("output/bias", "output", (3,), True)),
    "float32",
)
WEIGHTS = np.arange(9, dtype=np.float32)
INITIAL = {"output/kernel": WEIGHTS[:6].reshape(2, 3), "output/bias": WEIGHTS[6:]}


def record(epoch: int) -> Record:
    layers, tensors = np.zeros((1, len(LAYER_SERIES))), np.full((2, len(TENSOR_SERIES)), float(epoch))
    return Record(epoch, np.zeros(len(RUN_SERIES)), layers, tensors, np.zeros((2, BINS), np.uint32))


def begin(engine: Engine) -> str:
    job_id = submit(engine)
    with writing(engine) as connection:
        recordings.start(connection, job_id, LAYOUT, INITIAL)
        new = [
            NewRecord(0, record(0), None),
            *(NewRecord(epoch, record(epoch), WEIGHTS + epoch) for epoch in (1, 2, 3)),
        ]
        recordings.add(connection, job_id, LAYOUT, new)
        recordings.add(connection, job_id, LAYOUT, [])
    return job_id


def epochs(engine: Engine, job_id: str) -> list[int]:
    with reading(engine) as connection:
        query = select(RecordedEpoch.epoch).where(RecordedEpoch.job_id == job_id).order_by(RecordedEpoch.epoch)
        return [*connection.execute(query).scalars()]


def test_an_epoch_has_a_fixed_number_of_bytes_and_the_hashes_of_its_weights(engine: Engine) -> None:
    job_id = begin(engine)
    with reading(engine) as connection:
        query = select(RecordedEpoch.__table__).where(RecordedEpoch.job_id == job_id, RecordedEpoch.epoch == 2)
        row = connection.execute(query).one()
    assert row.statistics == record(2).to_bytes()
    assert row.weights == (WEIGHTS + 2).tobytes()
    assert row.sha256 == hashlib.sha256(row.weights).hexdigest()
    assert row.hashes == hashlib.sha256(row.weights[:24]).digest() + hashlib.sha256(row.weights[24:]).digest()


def test_a_run_that_begins_again_deletes_what_it_makes_again(engine: Engine) -> None:
    job_id = begin(engine)
    with writing(engine) as connection:
        recordings.rewind(connection, job_id, 2)
    assert epochs(engine, job_id) == [1, 2]
    with reading(engine) as connection:
        for table in (JobRecording, Snapshot, Tensor):
            assert connection.execute(select(table.job_id).where(table.job_id == job_id)).first() is None


def test_of_an_end_that_is_taken_back_nothing_is_left(engine: Engine) -> None:
    job_id = begin(engine)
    with writing(engine) as connection:
        recordings.add(connection, job_id, LAYOUT, [NewRecord(5, record(5), WEIGHTS, at_end=True)])
        TRAINING.clear(connection, job_id)
    assert epochs(engine, job_id) == [0, 1, 2, 3]


def test_a_recording_is_deleted_with_its_job(engine: Engine) -> None:
    job_id = begin(engine)
    ledger.remove(engine, job_id, TRAINING)
    assert epochs(engine, job_id) == []

"""What a run records, and that a run that was lost in between records the same bytes."""

from typing import Any

import numpy as np
import pytest
from sqlalchemy import Engine, select

from steelyard.diagnostics.recording.record import TENSOR_SERIES, Layout, Record
from steelyard.errors import Diverged
from steelyard.jobs import ledger, queries
from steelyard.jobs.ledger import Claim
from steelyard.jobs.resumption import resume
from steelyard.nn.training.loop import Batch, Epoch
from steelyard.store import tensors
from steelyard.store.engine import reading
from steelyard.store.tables import JobRecording, RecordedEpoch, Snapshot
from steelyard.training import submission
from steelyard.training.kind import TRAINING
from steelyard_worker.outcome import Outcome
from steelyard_worker.recorder import Recorder
from tests.trained import read, run, train

EPOCHS = 12
JOB: dict[str, Any] = {
    "data": {"builtin": "iris"},
    "layers": [8, {"type": "dropout", "rate": 0.2}, 4],
    "optimizer": "adam",
    "training": {"epochs": EPOCHS, "batch_size": 16},
}
STOPPED = {**JOB, "training": {"epochs": 500, "early_stopping": {"patience": 2, "min_delta": 0.05}}}


def rows(engine: Engine, job_id: str) -> dict[int, Any]:
    """The recorded epochs as they are stored."""
    with reading(engine) as connection:
        query = select(RecordedEpoch.__table__).where(RecordedEpoch.job_id == job_id).order_by(RecordedEpoch.epoch)
        return {row.epoch: tuple(row)[1:] for row in connection.execute(query)}


def records(engine: Engine, job_id: str) -> dict[int, Record]:
    with reading(engine) as connection:
        document = connection.execute(select(JobRecording.layout).where(JobRecording.job_id == job_id)).scalar_one()
        query = select(RecordedEpoch.epoch, RecordedEpoch.statistics).where(RecordedEpoch.job_id == job_id)
        layout = Layout.from_json(document)
        return {row.epoch: Record.from_bytes(row.epoch, row.statistics, layout) for row in connection.execute(query)}


def begin(engine: Engine, job_id: str) -> tuple[Claim, Outcome, Recorder]:
    held = ledger.claim(engine, owner="w", lease_seconds=60)
    assert held is not None
    outcome = Outcome(engine, held, queries.load_order(engine, job_id), threads=1)
    outcome.prepare()
    size, observer = outcome.state_bytes, outcome.observer
    return held, outcome, Recorder(engine, held, outcome.make_checkpoint, state_bytes=size, observer=observer)


def test_a_run_records_the_epochs_that_its_number_of_epochs_gives(engine: Engine) -> None:
    job = train(engine, JOB)
    assert job.stopping is not None
    expected = {0, 1, 2, 3, 4, 6, 8, 11, 12, job.stopping.best_epoch}
    found = rows(engine, job.id)
    assert found.keys() == expected
    update = TENSOR_SERIES.index("update_ratio")
    ratios = {epoch: record.tensors[0, update] for epoch, record in records(engine, job.id).items()}
    assert {epoch for epoch, ratio in ratios.items() if np.isnan(ratio)} <= {0, job.stopping.best_epoch}
    assert 1e-5 < ratios[EPOCHS] < 0.2


def test_a_run_that_stops_early_records_its_last_epoch_and_its_best(engine: Engine) -> None:
    job = train(engine, STOPPED)
    assert job.stopping is not None
    last, best = job.stopping.epoch, job.stopping.best_epoch
    assert last not in (64, 91, 128)
    found = records(engine, job.id)
    assert {last, best} <= found.keys()
    update = TENSOR_SERIES.index("update_ratio")
    assert np.isfinite(found[last].tensors[0, update])
    with reading(engine) as connection:
        kept = tensors.load(connection, job.id, "best")["dense_1/kernel"]
    assert found[best].tensors[0, TENSOR_SERIES.index("max")] == pytest.approx(kept.max())


@pytest.mark.parametrize("document", [JOB, STOPPED], ids=["all epochs", "stopped early"])
@pytest.mark.parametrize("stop", [(1, Batch), (1, Epoch), (2, Batch), (3, Epoch)])
def test_a_lost_run_leaves_no_trace_in_the_recording(engine: Engine, document: Any, stop: tuple[int, Any]) -> None:
    expected = rows(engine, train(engine, document).id)
    job_id = submission.submit(engine, read(engine, document)).id
    held, outcome, recorder = begin(engine, job_id)
    for event in outcome.run():
        recorder.take(event, outcome.train_seconds)
        if isinstance(event, stop[1]) and event.epoch == stop[0]:
            recorder.write(with_checkpoint=True)
        if event.epoch == stop[0] + 2:
            recorder.write()  # without a checkpoint: what the next run makes again
            break
    assert rows(engine, job_id).keys() == {epoch for epoch in expected if epoch < event.epoch}
    ledger.lose(engine, held, "killed", is_crash=False)
    assert run(engine, job_id).status == "succeeded"
    assert rows(engine, job_id) == expected


def test_a_cancelled_job_that_is_resumed_records_what_an_uninterrupted_one_does(engine: Engine) -> None:
    expected = rows(engine, train(engine, JOB).id)
    job_id = submission.submit(engine, read(engine, JOB)).id
    _, outcome, recorder = begin(engine, job_id)
    for event in outcome.run():
        recorder.take(event, outcome.train_seconds)
        if isinstance(event, Epoch) and event.epoch == 7:
            recorder.write(with_checkpoint=True)
            break
    outcome.save("cancelled", epochs=recorder.unwritten)
    assert 7 in rows(engine, job_id)  # the last one
    resume(engine, job_id, TRAINING)
    assert run(engine, job_id).status == "succeeded"
    assert rows(engine, job_id) == expected


def test_a_job_that_diverges_records_its_last_whole_epoch(engine: Engine) -> None:
    document = {**JOB, "optimizer": {"name": "sgd", "learning_rate": 1e20}, "loss": None}
    document |= {"data": {"builtin": "diabetes"}, "preprocessing": {"target": "none"}}
    job_id = submission.submit(engine, read(engine, document)).id
    _, outcome, recorder = begin(engine, job_id)
    with pytest.raises(Diverged) as raised:
        list(outcome.run())
    assert recorder.unwritten == ()
    outcome.save("failed", raised.value)
    assert rows(engine, job_id).keys() == {0}


def test_the_initial_weights_and_the_first_records_are_there_while_the_job_runs(engine: Engine) -> None:
    job_id = submission.submit(engine, read(engine, JOB)).id
    _, outcome, recorder = begin(engine, job_id)
    for event in outcome.run():
        recorder.take(event, outcome.train_seconds)
        if isinstance(event, Epoch) and event.epoch == 2:
            recorder.write()
            break
    assert rows(engine, job_id).keys() == {0, 1, 2}
    with reading(engine) as connection:
        assert [*connection.execute(select(Snapshot.name)).scalars()] == ["initial"]


@pytest.mark.parametrize(
    ("recording", "with_statistics", "with_weights"),
    [
        ({"statistics": True, "weights": "off"}, {0, 1, 2, 3, 4, 6, 8, 11, 12}, set()),
        ({"statistics": False, "weights": "auto"}, set(), {1, 2, 3, 4, 6, 8, 11, 12}),
        ({"statistics": True, "weights": [5, 7]}, {0, 1, 2, 3, 4, 5, 6, 7, 8, 11, 12}, {5, 7}),
        ({"statistics": False, "weights": [5]}, set(), {5}),
        ({"statistics": False, "weights": "off"}, set(), set()),
    ],
)
def test_a_job_says_what_is_recorded(
    engine: Engine, recording: Any, with_statistics: set[int], with_weights: set[int]
) -> None:
    job = train(engine, {**JOB, "validation": None, "recording": recording})
    assert job.stopping is not None
    best = {job.stopping.best_epoch}
    with reading(engine) as connection:
        query = select(RecordedEpoch.epoch, RecordedEpoch.statistics, RecordedEpoch.weights)
        found = connection.execute(query.where(RecordedEpoch.job_id == job.id)).all()
    assert {row.epoch for row in found if row.statistics is not None} - best == with_statistics - best
    assert {row.epoch for row in found if row.weights is not None} - best == with_weights - best
    assert job.weights_sha256 == train(engine, {**JOB, "validation": None}).weights_sha256


def test_large_networks_are_recorded_without_their_weights(engine: Engine) -> None:
    job = train(engine, {**JOB, "layers": [150, 140]})
    assert job.parameters > 20_000
    with reading(engine) as connection:
        kept = connection.execute(select(RecordedEpoch.weights).where(RecordedEpoch.job_id == job.id)).scalars().all()
    assert len(kept) >= 9
    assert not any(kept)


def test_of_an_ensemble_the_first_member_is_recorded(engine: Engine) -> None:
    alone = train(engine, {**JOB, "validation": None})
    job = train(engine, {**JOB, "validation": None, "ensemble": 2})
    mine, its = records(engine, alone.id), records(engine, job.id)
    np.testing.assert_array_equal(mine[EPOCHS].tensors, its[EPOCHS].tensors)
    with reading(engine) as connection:
        layout = connection.execute(select(JobRecording.layout).where(JobRecording.job_id == job.id)).scalar_one()
        stored = tensors.load(connection, job.id, "initial")
    assert [layer["name"] for layer in layout["layers"]] == ["member_1.dense_1", "member_1.dense_2", "member_1.output"]
    assert layout["tensors"][0]["name"] == "member_1.dense_1/kernel"
    assert {name.split(".")[0] for name in stored} == {"member_1", "member_2"}


def test_a_refit_leaves_the_recording_of_the_training_alone(engine: Engine) -> None:
    alone = train(engine, JOB)
    job = train(engine, {**JOB, "training": {**JOB["training"], "refit": True}})
    assert rows(engine, job.id) == rows(engine, alone.id)

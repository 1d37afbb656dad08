"""What was recorded of a job, as it is read."""

import hashlib
from typing import Any

import numpy as np
import pytest
from sqlalchemy import Engine, delete

from steelyard.diagnostics.recording.record import TENSOR_SERIES
from steelyard.errors import NotFound, ValidationFailed
from steelyard.nn.statistics import summarize
from steelyard.store.engine import reading, writing
from steelyard.store.tables import JobRecording, RecordedEpoch
from steelyard.training import recorded, results
from tests.trained import train, weights

JOB: dict[str, Any] = {
    "data": {"builtin": "iris"},
    "layers": [{"type": "residual", "layers": [{"type": "dense", "units": 5}]}, {"type": "batch_normalization"}, 8],
    "training": {"epochs": 3},
    "validation": None,
}
KERNEL = "residual_1/dense_1.kernel"


@pytest.fixture
def job_id(engine: Engine) -> str:
    return train(engine, JOB).id


def forget(engine: Engine, job_id: str) -> None:
    """Make the job one of a version without recordings."""
    with writing(engine) as connection:
        for table in (JobRecording, RecordedEpoch):
            connection.execute(delete(table).where(table.job_id == job_id))


def test_recorded_snapshots_are_listed_beside_the_others(engine: Engine, job_id: str) -> None:
    found = results.list_weights(engine, job_id).snapshots
    assert [*found] == ["initial", "epoch-1", "epoch-2", "best", "epoch-3", "final"]
    assert [each.epoch for each in found.values()] == [0, 1, 2, 3, 3, 3]
    last, final = found["epoch-3"], found["final"]
    assert last.sha256 == final.sha256
    for mine, its in zip(last.tensors, final.tensors, strict=True):
        assert (mine.name, mine.shape, mine.dtype, mine.sha256) == (its.name, its.shape, its.dtype, its.sha256)
        assert mine.statistics == pytest.approx(its.statistics, rel=1e-6, abs=1e-9)


def test_a_recorded_snapshot_is_read_as_any_other(engine: Engine, job_id: str) -> None:
    expected = weights(engine, job_id)
    stored = results.open_snapshot(engine, job_id, "epoch-3")
    assert list(stored.tensors) == list(expected)
    for name, tensor in stored.tensors.items():
        assert b"".join(tensor.pieces()) == expected[name].tobytes()
    alone = results.open_tensor(engine, job_id, "epoch-3", KERNEL)
    assert b"".join(alone.tensors[KERNEL].pieces()) == expected[KERNEL].tobytes()
    assert alone.sha256 == hashlib.sha256(expected[KERNEL].tobytes()).hexdigest()
    for snapshot in ("epoch-0", "epoch-4", "epoch-03", "epoch-x"):
        with pytest.raises(NotFound):
            results.open_snapshot(engine, job_id, snapshot)
    with pytest.raises(NotFound):
        results.open_tensor(engine, job_id, "epoch-3", "output/scale")


def test_snapshots_without_recorded_statistics_are_summarized(engine: Engine) -> None:
    job_id = train(engine, {**JOB, "recording": {"statistics": False}}).id
    [*_, last] = results.list_weights(engine, job_id).snapshots["epoch-3"].tensors
    assert last.statistics == summarize(weights(engine, job_id)[last.name])


def test_a_timeline_has_a_tensor_at_every_stored_epoch(engine: Engine, job_id: str) -> None:
    found = recorded.open_timeline(engine, job_id, "output/kernel", None)
    assert found.epochs == [0, 1, 2, 3]
    values = found.values.values(0, found.values.size).reshape(found.values.shape)
    assert values.shape == (4, 8, 3)
    np.testing.assert_array_equal(values[0], weights(engine, job_id, "initial")["output/kernel"])
    np.testing.assert_array_equal(values[3], weights(engine, job_id)["output/kernel"])
    assert not np.array_equal(values[1], values[2])
    one = recorded.open_timeline(engine, job_id, "output/kernel", "7,1")
    assert one.values.shape == (4,)
    np.testing.assert_array_equal(one.values.values(0, 4), values[:, 7, 1])


@pytest.mark.parametrize("index", ["8,0", "0", "0,0,0", "-1,0", "a,b", "0,", ""])
def test_an_index_outside_the_tensor_is_rejected(engine: Engine, job_id: str, index: str) -> None:
    with pytest.raises(ValidationFailed, match=r"must be from 0,0 to 7,2"):
        recorded.open_timeline(engine, job_id, "output/kernel", index)


def test_a_tensor_that_does_not_exist_has_no_timeline(engine: Engine, job_id: str) -> None:
    with pytest.raises(NotFound, match="output/kernel"):
        recorded.open_timeline(engine, job_id, "output/kernl", None)


def test_a_recording_comes_back_as_series(engine: Engine, job_id: str) -> None:
    with reading(engine) as connection:
        found = recorded.load_recording(connection, job_id)
    assert found is not None
    assert found.epochs.tolist() == [0, 1, 2, 3]
    assert found.of_tensor("output/kernel", "max")[3] == weights(engine, job_id)["output/kernel"].max()
    assert np.isfinite(found.of_run("loss")).all()


def test_the_starts_of_several_jobs_are_those_of_their_recordings(engine: Engine, job_id: str) -> None:
    other = train(engine, JOB | {"layers": [3]}).id
    without = train(engine, JOB | {"recording": {"statistics": False}}).id
    with reading(engine) as connection:
        starts = recorded.load_starts(connection, [other, without, job_id])
        whole = [recorded.load_recording(connection, each) for each in sorted([job_id, other])]
    assert [start.epochs.tolist() for start in starts] == [[0], [0]]
    for start, recording in zip(starts, whole, strict=True):
        assert recording is not None
        assert start.layout == recording.layout
        assert start.layers[0].tobytes() == recording.layers[0].tobytes()


def test_an_old_job_has_the_statistics_of_its_stored_weights(engine: Engine, job_id: str) -> None:
    with reading(engine) as connection:
        expected = recorded.load_recording(connection, job_id)
    assert expected is not None
    forget(engine, job_id)
    with reading(engine) as connection:
        assert recorded.load_recording(connection, job_id) is None
        found = recorded.compute_recording(connection, job_id)
    assert found is not None
    assert found.epochs.tolist() == [0, 3]
    assert [layer.name for layer in found.layout.layers] == [
        "residual_1.dense_1",
        "residual_1",
        "batch_normalization_1",
        "dense_1",
        "output",
    ]
    assert [layer.type for layer in found.layout.layers] == [
        "dense",
        "residual",
        "batch_normalization",
        "dense",
        "dense",
    ]
    frozen = [tensor.name for tensor in found.layout.tensors if not tensor.trainable]
    assert frozen == ["batch_normalization_1/moving_mean", "batch_normalization_1/moving_variance"]
    for name in ("mean", "norm", "distance", "quantile_25"):
        place = TENSOR_SERIES.index(name)
        np.testing.assert_allclose(found.tensors[:, :, place], expected.tensors[[0, 3]][:, :, place], rtol=1e-6)
    np.testing.assert_array_equal(found.histograms, expected.histograms[[0, 3]])
    assert np.isnan(found.of_tensor(KERNEL, "gradient_norm")).all()


def test_a_job_that_has_stored_nothing_has_nothing_to_read(engine: Engine) -> None:
    with reading(engine) as connection:
        assert recorded.load_recording(connection, "job_none") is None
        assert recorded.compute_recording(connection, "job_none") is None
        assert recorded.list_epochs(connection, "job_none") == {}

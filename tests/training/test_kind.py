"""A training job as a kind of job: its progress, and what a resume keeps, on SQLite and on PostgreSQL."""

import pytest
from sqlalchemy import Engine, func, select

from steelyard.jobs import ledger
from steelyard.jobs.checkpoints import Checkpoint
from steelyard.store.engine import reading, writing
from steelyard.store.tables import Checkpoint as CheckpointRow
from steelyard.store.tables import Predictions, Snapshot, Tensor
from steelyard.training.kind import TRAINING
from steelyard.training.queries import get_job
from tests.inference import test_batches
from tests.jobs.test_ledger import change, claim, finish, submit
from tests.training import test_results
from tests.training.jobs import job, read


@pytest.mark.parametrize(
    ("values", "progress"),
    [
        ({"status": "queued", "epoch": 0}, (0, 10, 0.0, None)),
        ({"status": "running", "epoch": 0, "train_seconds": 1.0}, (0, 10, 0.0, None)),
        ({"status": "running", "epoch": 4, "train_seconds": 2.0}, (4, 10, 0.4, 3.0)),
        ({"status": "succeeded", "epoch": 4, "train_seconds": 2.0}, (4, 10, 1.0, 0.0)),  # stopped early
        ({"status": "cancelled", "epoch": 4, "train_seconds": 2.0}, (4, 10, 0.4, 0.0)),
        ({"status": "failed", "epoch": 3, "train_seconds": 2.0}, (3, 10, 0.3, 0.0)),
    ],
)
def test_progress_is_in_epochs_and_the_time_left_by_those_so_far(
    engine: Engine, values: dict[str, object], progress: tuple[object, ...]
) -> None:
    job_id = submit(engine)
    change(engine, job_id, epochs=10, **values)
    shown = get_job(engine, job_id).progress
    assert (shown.epoch, shown.epochs, shown.fraction, shown.eta_seconds) == progress


def test_the_seconds_in_the_queue_are_known_once_it_has_started(engine: Engine) -> None:
    job_id = submit(engine)
    assert get_job(engine, job_id).queue_seconds is None
    claim(engine, job_id)
    waited = get_job(engine, job_id).queue_seconds
    assert waited is not None
    assert 0 <= waited < 60


def test_rows_of_other_kinds_are_no_training_jobs(engine: Engine) -> None:
    job_id = submit(engine)
    test_batches.submit(engine)
    with reading(engine) as connection:
        rows = connection.execute(TRAINING.select()).all()
    assert [row.id for row in rows] == [job_id]


def test_findings_are_shown_once_and_not_among_the_data(engine: Engine) -> None:
    shown = get_job(engine, submit(engine))
    assert "findings" not in shown.data.to_json()
    assert {"rows", "features", "targets", "classes"} <= shown.data.to_json().keys()


def test_a_resume_clears_the_results_of_the_job_and_of_no_other(engine: Engine) -> None:
    first, other = test_results.save(engine), test_results.save(engine)
    with writing(engine) as connection:
        TRAINING.clear(connection, first)
    with reading(engine) as connection:
        for table in (Tensor, Snapshot, Predictions):
            counts = select(table.job_id, func.count()).group_by(table.job_id)
            assert {row[0] for row in connection.execute(counts)} == {other}


def test_the_progress_that_a_resume_keeps_is_that_of_the_newest_checkpoint(engine: Engine) -> None:
    held = claim(engine, submit(engine))
    with reading(engine) as connection:
        assert TRAINING.progress_kept(connection, held.job_id) is None
    for epoch in (2, 5):
        ledger.record(engine, held, [], train_seconds=1.0, checkpoint=Checkpoint(epoch * 3, epoch, b"state"))
    finish(engine, held, "cancelled")
    with reading(engine) as connection:
        assert connection.execute(select(func.count()).select_from(CheckpointRow)).scalar_one() == 2
        assert TRAINING.progress_kept(connection, held.job_id) == 5
        assert TRAINING.progress_kept(connection, "job_other") is None


def test_the_data_sets_of_a_job_are_known_by_its_specification() -> None:
    assert TRAINING.datasets is not None
    assert TRAINING.datasets(read(job()).spec.to_json()) == []

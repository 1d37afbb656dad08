"""Ended jobs that go on, on SQLite and on PostgreSQL."""

from typing import Any

import numpy as np
import pytest
from sqlalchemy import Engine, select

from steelyard.errors import Conflict, NotFound, TimeLimitExceeded, WorkerLost
from steelyard.inference import batches
from steelyard.inference.batches import PREDICTION, BatchPart, BatchPlan
from steelyard.jobs import ledger, queries, resumption
from steelyard.jobs.checkpoints import Checkpoint
from steelyard.jobs.ledger import Claim
from steelyard.store.engine import reading
from steelyard.store.ids import new_id
from steelyard.store.tables import Job
from steelyard.tabular.chunks import ROWS
from steelyard.training import results
from steelyard.training.kind import TRAINING
from steelyard.training.queries import get_job
from steelyard.training.results import WeightSnapshot, save_result
from tests.jobs.test_checkpoints import steps
from tests.jobs.test_ledger import change, claim, end, finish, submit
from tests.jobs.webhooks import test_outbox


def run(engine: Engine, job_id: str, epoch: int) -> Claim:
    """A run that has come to a checkpoint after `epoch`."""
    held = claim(engine, job_id)
    for number in range(1, epoch + 1):
        checkpoint = Checkpoint(number, number, b"state")
        ledger.record(engine, held, [(number, {"loss": 1.0})], train_seconds=number, checkpoint=checkpoint)
    return held


def fail(engine: Engine, held: Claim, problem: dict[str, Any]) -> None:
    save_result(engine, held, end("failed", problem), snapshots=[], predictions=[], model=None)


def lose_for_good(engine: Engine, held: Claim) -> None:
    change(engine, held.job_id, crashes=ledger.CRASHES_BEFORE_FAILURE - 1)
    ledger.lose(engine, held, "killed by SIGSEGV")


@pytest.mark.parametrize("how", ["worker-lost", "time-limit-exceeded", "cancelled"])
def test_a_job_that_another_run_may_bring_to_a_good_end_keeps_its_checkpoints(engine: Engine, how: str) -> None:
    job_id = submit(engine)
    held = run(engine, job_id, 3)
    if how == "worker-lost":
        lose_for_good(engine, held)
    elif how == "time-limit-exceeded":
        fail(engine, held, TimeLimitExceeded("it had trained for 3 s; the limit is 2 s").problem())
    else:
        finish(engine, held, "cancelled")
    assert steps(engine, job_id) == [2, 3]
    before = get_job(engine, job_id)
    resumption.resume(engine, job_id, TRAINING)
    job = get_job(engine, job_id)
    assert (job.status, job.attempt) == ("queued", before.attempt + 1)
    assert (job.error, job.finished_at, job.metrics, job.weights_sha256) == (None, None, {}, None)
    assert queries.list_events(engine, job_id, TRAINING).data[-1].message == (
        "resumed by the client; continues after epoch 3"
    )
    assert steps(engine, job_id) == [2, 3]
    finish(engine, claim(engine, job_id))
    assert get_job(engine, job_id).status == "succeeded"
    assert steps(engine, job_id) == []


def test_a_job_without_a_checkpoint_begins_again(engine: Engine) -> None:
    job_id = submit(engine)
    ledger.request_cancel(engine, job_id, TRAINING)
    resumption.resume(engine, job_id, TRAINING)
    assert (
        queries.list_events(engine, job_id, TRAINING).data[-1].message
        == "resumed by the client; starts from the beginning"
    )
    assert not ledger.is_cancel_requested(engine, claim(engine, job_id))


def test_what_the_end_left_gives_way(engine: Engine) -> None:
    job_id = submit(engine)
    weights = [WeightSnapshot("final", 1, {"dense_1/bias": np.zeros(2)})]
    for status in ("cancelled", "succeeded"):
        save_result(engine, claim(engine, job_id), end(status), snapshots=weights, predictions=[], model=None)
        assert results.open_snapshot(engine, job_id, "final")
        if status == "cancelled":
            resumption.resume(engine, job_id, TRAINING)
            with pytest.raises(NotFound):
                results.open_snapshot(engine, job_id, "final")


@pytest.mark.parametrize(
    ("status", "words"),
    [
        ("queued", "is queued; only a job that has ended"),
        ("running", "is running; only a job that has ended"),
        ("succeeded", "has succeeded"),
        ("failed", "failed with internal, and would again"),
    ],
)
def test_other_jobs_cannot_be_resumed_and_the_error_says_why(engine: Engine, status: str, words: str) -> None:
    job_id = submit(engine)
    if status != "queued":
        held = run(engine, job_id, 1)
    if status == "succeeded":
        finish(engine, held)
    elif status == "failed":
        fail(engine, held, {"type": "/problems/internal", "title": "Internal error", "detail": "internal error"})
        assert steps(engine, job_id) == []
    with pytest.raises(Conflict, match=words):
        resumption.resume(engine, job_id, TRAINING)
    assert get_job(engine, job_id).status == status


def test_a_job_of_another_kind_is_not_found(engine: Engine) -> None:
    with pytest.raises(NotFound, match="there is no job"):
        resumption.resume(engine, "job_none", TRAINING)
    plan = BatchPlan("mdl_1", None, b"[[1]]", 1, None, None)
    batch_id = batches.submit(engine, plan, request_id=None, once=None).id
    with pytest.raises(NotFound, match="there is no job"):
        ledger.request_cancel(engine, batch_id, TRAINING)
    ledger.request_cancel(engine, batch_id, PREDICTION)
    with pytest.raises(NotFound, match="there is no job"):
        resumption.resume(engine, batch_id, TRAINING)


def test_a_batch_of_predictions_continues_after_the_parts_that_are_done(engine: Engine) -> None:
    plan = BatchPlan("mdl_1", None, b"[[1]]", 2 * ROWS, None, None)
    batch_id = batches.submit(engine, plan, request_id=None, once=None).id
    held = claim(engine, batch_id)
    batches.save_part(engine, held, BatchPart(1, 0, np.zeros(ROWS), None), seconds=1.0)
    batches.end(engine, held, "cancelled", part=1, seconds=1.0)
    resumption.resume(engine, batch_id, PREDICTION)
    assert queries.list_events(engine, batch_id, PREDICTION).data[-1].message == (
        "resumed by the client; continues after part 1"
    )
    assert queries.load_order(engine, batch_id).epoch == 1
    assert batches.open_rows(engine, batch_id, limit=1, after=0).head.rows == ROWS
    batches.end(engine, claim(engine, batch_id), "succeeded", part=2, seconds=2.0)
    with pytest.raises(Conflict, match=f"prediction {batch_id} has succeeded; its rows are at /rows"):
        resumption.resume(engine, batch_id, PREDICTION)


def test_a_job_whose_data_set_was_deleted_cannot_be_resumed(engine: Engine) -> None:
    job_id = submit(engine)
    with reading(engine) as connection:
        spec = connection.execute(select(Job.spec).where(Job.id == job_id)).scalar_one()
    dataset_id = new_id("ds")
    spec["data"] = {**spec["data"], "builtin": None, "dataset": dataset_id, "target": ["y"]}
    change(engine, job_id, spec=spec)
    ledger.request_cancel(engine, job_id, TRAINING)
    with pytest.raises(Conflict, match=f"its data set {dataset_id} was deleted"):
        resumption.resume(engine, job_id, TRAINING)


def test_the_webhook_is_sent_again_as_another_event(engine: Engine) -> None:
    job_id = test_outbox.submit(engine)
    ledger.request_cancel(engine, job_id, TRAINING)
    [first] = test_outbox.take_all(engine)
    resumption.resume(engine, job_id, TRAINING)
    assert test_outbox.take_all(engine) == []
    finish(engine, claim(engine, job_id))
    [second] = test_outbox.take_all(engine)
    assert b'"job.cancelled"' in first.body
    assert b'"job.succeeded"' in second.body
    assert second.event_id != first.event_id


def test_the_time_limit_counts_from_the_first_run_after_the_resume(engine: Engine) -> None:
    job_id = submit(engine)
    held = run(engine, job_id, 3)
    assert ledger.rewind(engine, held, epoch=3, train_seconds=3.0) == 0.0
    finish(engine, held, "cancelled")
    resumption.resume(engine, job_id, TRAINING)
    held = claim(engine, job_id)
    assert ledger.rewind(engine, held, epoch=3, train_seconds=3.0) == 3.0
    ledger.release(engine, held, "the worker stops")
    assert ledger.rewind(engine, claim(engine, job_id), epoch=5, train_seconds=5.0) == 3.0


def test_a_resumed_job_may_be_lost_as_often_as_a_new_one(engine: Engine) -> None:
    job_id = submit(engine)
    lose_for_good(engine, run(engine, job_id, 1))
    assert get_job(engine, job_id).error.type == f"/problems/{WorkerLost.slug}"
    resumption.resume(engine, job_id, TRAINING)
    for _ in range(ledger.CRASHES_BEFORE_FAILURE - 1):
        ledger.lose(engine, claim(engine, job_id), "killed by SIGSEGV")
        change(engine, job_id, available_at=0)
    assert get_job(engine, job_id).status == "queued"

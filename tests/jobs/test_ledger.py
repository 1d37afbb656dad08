"""The life of a job, on SQLite and on PostgreSQL."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Engine, select, update

from steelyard.errors import Conflict, FencedOff, NotFound, Stalled
from steelyard.jobs import ledger, queries
from steelyard.jobs.checkpoints import Checkpoint
from steelyard.jobs.ledger import Claim, End
from steelyard.store.engine import reading, writing
from steelyard.store.tables import Event, Job
from steelyard.training import submission
from steelyard.training.estimate import Limits
from steelyard.training.examples import SMALLEST
from steelyard.training.kind import TRAINING
from steelyard.training.plan import read_job
from steelyard.training.queries import get_history, get_job
from steelyard.training.results import save_result
from steelyard.training.schema.job import History
from tests.conftest import no_tables

PLAN = read_job(SMALLEST | {"training": {"epochs": 100}}, limits=Limits(4 << 30), tables=no_tables)


def submit(engine: Engine) -> str:
    job_id: str = submission.submit(engine, PLAN, request_id="req_1").id
    return job_id


def claim(engine: Engine, job_id: str, lease_seconds: float = 30) -> Claim:
    """Claim the next job, which must be this one."""
    held = ledger.claim(engine, owner="w", lease_seconds=lease_seconds)
    assert held is not None
    assert held.job_id == job_id
    return held


def end(status: str = "succeeded", error: dict[str, Any] | None = None) -> End:
    return End(status, 3, 0.5, {"train": {"loss": 0.1}}, [], error, None, None)


def finish(engine: Engine, held: Claim, status: str = "succeeded") -> None:
    save_result(engine, held, end(status), snapshots=[], predictions=[], model=None)


def change(engine: Engine, job_id: str, **values: Any) -> None:
    with writing(engine) as connection:
        connection.execute(update(Job).where(Job.id == job_id).values(**values))


def test_a_submitted_job_waits(engine: Engine) -> None:
    job = get_job(engine, submit(engine))
    assert (job.status, job.attempt, job.started_at, job.queue_seconds) == ("queued", 1, None, None)
    assert job.created_at.endswith("Z")


def test_a_job_without_a_run_has_ended_and_is_never_claimed(engine: Engine) -> None:
    values: dict[str, Any] = {"spec": {}, "spec_digest": "", "data": {}, "labels": {}, "parameters": 1, "epochs": 1}
    with writing(engine) as connection:
        ledger.add_ended(connection, "job_edited", "made by hand", inline=b"{}", datasets=[], **values)
    assert ledger.claim(engine, owner="w", lease_seconds=60) is None
    with reading(engine) as connection:
        job = connection.execute(select(Job.__table__).where(Job.id == "job_edited")).one()
        told = connection.execute(select(Event.message).where(Event.job_id == "job_edited")).scalars().all()
    assert (job.status, told) == ("succeeded", ["made by hand"])
    assert job.started_at == pytest.approx(job.finished_at, abs=0.1)


def test_one_of_many_claims_succeeds(engine: Engine) -> None:
    job_id = submit(engine)
    with ThreadPoolExecutor(8) as pool:
        claims = list(pool.map(lambda n: ledger.claim(engine, owner=str(n), lease_seconds=30), range(16)))
    assert sum(held is not None for held in claims) == 1
    assert get_job(engine, job_id).status == "running"


def test_nothing_is_claimed_where_nothing_waits(engine: Engine) -> None:
    assert ledger.claim(engine, owner="w", lease_seconds=30) is None


def test_a_run_records_and_finishes(engine: Engine) -> None:
    job_id = submit(engine)
    held = claim(engine, job_id)
    ledger.record(engine, held, [(1, {"loss": 1.0}), (2, {"loss": 0.5, "val_loss": None})], train_seconds=0.2)
    job = get_job(engine, job_id)
    assert job.progress.epoch == 2
    assert job.progress.eta_seconds == pytest.approx(9.8)
    assert get_history(engine, job_id) == History(
        epochs=[1, 2],
        series={"loss": [1.0, 0.5], "val_loss": [None, None]},
    )
    assert get_history(engine, job_id, after=1).epochs == [2]
    finish(engine, held)
    job = get_job(engine, job_id)
    assert (job.status, job.progress.fraction, job.train_seconds) == ("succeeded", 1.0, 0.5)


def test_an_expired_lease_is_reaped_and_cannot_write(engine: Engine) -> None:
    job_id = submit(engine)
    late = claim(engine, job_id, lease_seconds=-1)
    assert list(ledger.reap(engine)) == [job_id]
    assert not ledger.reap(engine)
    job = get_job(engine, job_id)
    assert (job.status, job.attempt) == ("queued", 2)
    for write in (
        lambda: ledger.renew(engine, late, lease_seconds=30),
        lambda: ledger.record(engine, late, [(1, {})], train_seconds=0),
        lambda: ledger.is_cancel_requested(engine, late),
        lambda: ledger.release(engine, late, "x"),
        lambda: ledger.lose(engine, late, "late"),
        lambda: finish(engine, late),
    ):
        with pytest.raises(FencedOff):
            write()
    assert get_job(engine, job_id) == job


def test_a_late_worker_cannot_write_over_the_next_run(engine: Engine) -> None:
    job_id = submit(engine)
    late = claim(engine, job_id)
    ledger.lose(engine, late, "killed by SIGKILL")
    change(engine, job_id, available_at=0)
    held = claim(engine, job_id)
    assert held.fence > late.fence
    with pytest.raises(FencedOff):
        finish(engine, late)
    finish(engine, held)


def test_a_lease_that_was_renewed_is_not_reaped(engine: Engine) -> None:
    held = claim(engine, submit(engine), lease_seconds=-1)
    ledger.renew(engine, held, lease_seconds=30)
    assert not ledger.reap(engine)


def test_a_job_is_not_claimed_before_its_backoff_is_over(engine: Engine) -> None:
    job_id = submit(engine)
    ledger.lose(engine, claim(engine, job_id), "killed")
    assert ledger.claim(engine, owner="w", lease_seconds=30) is None


def test_three_crashes_end_a_job(engine: Engine) -> None:
    job_id = submit(engine)
    for _ in range(3):
        change(engine, job_id, available_at=0)
        assert get_job(engine, job_id).finished_at is None
        ledger.lose(engine, claim(engine, job_id), "killed by SIGSEGV")
    job = get_job(engine, job_id)
    assert (job.status, job.attempt) == ("failed", 3)
    assert job.finished_at is not None
    assert job.error.type == "/problems/worker-lost"
    assert "SIGSEGV" in job.error.detail
    messages = [event.message for event in queries.list_events(engine, job_id, TRAINING).data]
    assert messages.count("worker lost: killed by SIGSEGV") == 3


def test_deaths_with_the_worker_are_no_crashes_and_end_a_job_only_after_many(engine: Engine) -> None:
    job_id = submit(engine)
    for losses in range(1, ledger.LOSSES_BEFORE_FAILURE + 1):
        held = claim(engine, job_id, lease_seconds=-1 if losses % 2 else 30)
        if losses % 2:
            assert list(ledger.reap(engine)) == [job_id]
        else:
            assert ledger.lose(engine, held, "the fork server died", is_crash=False) == 0.0
        with reading(engine) as connection:
            assert connection.execute(select(Job.crashes, Job.losses)).one() == (0, losses)
    job = get_job(engine, job_id)
    assert (job.status, job.error.type) == ("failed", "/problems/worker-lost")
    assert f"the worker was lost {ledger.LOSSES_BEFORE_FAILURE} times without a new checkpoint" in job.error.detail


def test_the_runs_of_a_worker_that_is_known_to_be_gone_are_reaped_at_once(engine: Engine) -> None:
    first, second = submit(engine), submit(engine)
    owners = {ledger.claim(engine, owner=owner, lease_seconds=30).job_id: owner for owner in ("gone", "there")}
    gone = next(job_id for job_id, owner in owners.items() if owner == "gone")
    assert list(ledger.reap(engine, is_gone=lambda owner: owner == "gone")) == [gone]
    statuses = {job_id: get_job(engine, job_id).status for job_id in (first, second)}
    assert statuses == {gone: "queued", ({first, second} - {gone}).pop(): "running"}


def test_a_job_that_hangs_each_time_ends_with_an_error_of_its_own(engine: Engine) -> None:
    job_id = submit(engine)
    for _ in range(3):
        change(engine, job_id, available_at=0)
        ledger.lose(engine, claim(engine, job_id), "no batch went by for 300 s", error=Stalled)
    assert get_job(engine, job_id).error.type == "/problems/stalled"


def test_a_released_job_waits_again_uncounted(engine: Engine) -> None:
    job_id = submit(engine)
    ledger.release(engine, claim(engine, job_id), "the worker stops")
    job = get_job(engine, job_id)
    assert (job.status, job.attempt) == ("queued", 1)
    claim(engine, job_id)


def test_cancelling_a_waiting_job_ends_it(engine: Engine) -> None:
    job_id = submit(engine)
    ledger.request_cancel(engine, job_id, TRAINING)
    assert get_job(engine, job_id).status == "cancelled"
    with pytest.raises(Conflict, match="cancelled"):
        ledger.request_cancel(engine, job_id, TRAINING)


@pytest.mark.parametrize("stop", ["lose", "release", "reap"])
def test_a_run_that_is_called_off_and_lost_does_not_wait_again(engine: Engine, stop: str) -> None:
    job_id = submit(engine)
    held = claim(engine, job_id, lease_seconds=-1)
    assert not ledger.is_cancel_requested(engine, held)
    ledger.request_cancel(engine, job_id, TRAINING)
    assert ledger.is_cancel_requested(engine, held)
    {"lose": lambda: ledger.lose(engine, held, "x"), "release": lambda: ledger.release(engine, held, "x")}.get(
        stop, lambda: ledger.reap(engine)
    )()
    assert get_job(engine, job_id).status == "cancelled"


def test_a_running_job_is_not_deleted(engine: Engine) -> None:
    job_id = submit(engine)
    held = claim(engine, job_id)
    with pytest.raises(Conflict, match="cancel it"):
        ledger.remove(engine, job_id, TRAINING)
    ledger.record(engine, held, [(1, {"loss": 1.0})], train_seconds=0.1)
    finish(engine, held)
    ledger.remove(engine, job_id, TRAINING)
    with pytest.raises(NotFound):
        get_job(engine, job_id)
    with pytest.raises(NotFound):
        ledger.remove(engine, job_id, TRAINING)


def test_a_crash_waits_a_second_and_the_next_one_four(engine: Engine) -> None:
    job_id = submit(engine)
    for seconds in (1.0, 4.0):
        change(engine, job_id, available_at=0)
        assert ledger.lose(engine, claim(engine, job_id), "killed") == pytest.approx(seconds, abs=0.2)
    change(engine, job_id, available_at=0)
    assert ledger.lose(engine, claim(engine, job_id), "killed") == 0.0  # it has ended


@pytest.mark.parametrize("is_part", [False, True])
def test_a_checkpoint_or_a_part_forgets_crashes_and_losses(engine: Engine, is_part: bool) -> None:
    job_id = submit(engine)
    held = claim(engine, job_id)
    change(engine, job_id, crashes=2, losses=5)
    ledger.record(engine, held, [(1, {"loss": 1.0})], train_seconds=0.5)
    assert counters(engine, job_id) == (2, 5)
    if is_part:
        with writing(engine) as connection:
            ledger.move_on(connection, held, epoch=2, train_seconds=0.7)
    else:
        ledger.record(engine, held, [], train_seconds=0.7, checkpoint=Checkpoint(1, 1, b"state"))
    assert counters(engine, job_id) == (0, 0)


def counters(engine: Engine, job_id: str) -> tuple[int, int]:
    with reading(engine) as connection:
        row = connection.execute(select(Job.crashes, Job.losses).where(Job.id == job_id)).one()
    return row.crashes, row.losses


def test_a_run_forgets_what_an_earlier_one_recorded_after_its_checkpoint(engine: Engine) -> None:
    jobs = [submit(engine) for _ in range(2)]
    runs = [ledger.claim(engine, owner="w", lease_seconds=30) for _ in jobs]
    for held in runs:
        assert held is not None
        ledger.record(engine, held, [(epoch, {"loss": 1.0}) for epoch in (1, 2, 3)], train_seconds=3.0)
    first, other = runs
    assert first is not None
    assert other is not None
    assert ledger.rewind(engine, first, epoch=2, train_seconds=2.0) == 0
    assert get_history(engine, first.job_id).epochs == [1, 2]
    assert get_history(engine, other.job_id).epochs == [1, 2, 3]
    job = get_job(engine, first.job_id)
    assert (job.progress.epoch, job.train_seconds) == (2, 2.0)
    change(engine, first.job_id, uncounted_seconds=None)  # as a resume does
    assert ledger.rewind(engine, first, epoch=1, train_seconds=1.0) == 1.0
    assert ledger.rewind(engine, first, epoch=0, train_seconds=0.0) == 1.0
    messages = [event.message for event in queries.list_events(engine, first.job_id, TRAINING).data]
    assert [message for message in messages if message.startswith("continuing")] == [
        "continuing from epoch 2",
        "continuing from epoch 1",
    ]
    with pytest.raises(FencedOff):
        ledger.rewind(engine, Claim(first.job_id, first.fence + 1, 1), epoch=0, train_seconds=0.0)


def test_a_job_whose_data_set_was_deleted_is_not_queued(engine: Engine) -> None:
    with pytest.raises(Conflict, match="a data set of the job was deleted"):
        submission.submit(engine, replace(PLAN, datasets=["ds_gone"]))
    assert ledger.claim(engine, owner="w", lease_seconds=30) is None


@pytest.mark.parametrize(("losses", "status"), [(18, "queued"), (19, "failed")])
def test_the_twentieth_loss_in_a_row_ends_a_job(engine: Engine, losses: int, status: str) -> None:
    held = claim(engine, submit(engine))
    change(engine, held.job_id, losses=losses)
    ledger.lose(engine, held, "its worker died", is_crash=False)
    assert get_job(engine, held.job_id).status == status

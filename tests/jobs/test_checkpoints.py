"""Checkpoints as rows, on SQLite and on PostgreSQL."""

import pytest
from sqlalchemy import Engine, select, update

from steelyard.errors import FencedOff
from steelyard.jobs import checkpoints, ledger, queries
from steelyard.jobs.checkpoints import KEPT, Checkpoint
from steelyard.jobs.ledger import Claim
from steelyard.store.engine import reading, writing
from steelyard.store.tables import Checkpoint as Part
from steelyard.training.kind import TRAINING
from steelyard.training.queries import get_history, get_job
from tests.jobs.test_ledger import change, claim, finish, submit


def save(engine: Engine, held: Claim, checkpoint: Checkpoint) -> None:
    ledger.record(engine, held, [], train_seconds=0.0, checkpoint=checkpoint)


def steps(engine: Engine, job_id: str) -> list[int]:
    with reading(engine) as connection:
        return sorted(set(connection.execute(select(Part.step).where(Part.job_id == job_id)).scalars()))


def test_the_newest_is_loaded_and_two_are_kept(engine: Engine) -> None:
    held = claim(engine, submit(engine))
    assert checkpoints.load(engine, held.job_id) is None
    for step in (3, 12, 7):
        save(engine, held, Checkpoint(step, step // 3, b"%d" % step))
    assert steps(engine, held.job_id) == [7, 12]
    assert len(steps(engine, held.job_id)) == KEPT
    assert checkpoints.load(engine, held.job_id) == Checkpoint(12, 4, b"12")


def test_a_large_one_is_stored_in_parts(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkpoints, "PART_BYTES", 10)
    held = claim(engine, submit(engine))
    content = bytes(range(95))
    save(engine, held, Checkpoint(1, 0, content))
    with reading(engine) as connection:
        assert len(list(connection.execute(select(Part.part)))) == 10
    assert checkpoints.load(engine, held.job_id) == Checkpoint(1, 0, content)


def test_a_damaged_one_gives_way_to_the_one_before(engine: Engine) -> None:
    held = claim(engine, submit(engine))
    for step in (1, 2):
        save(engine, held, Checkpoint(step, 0, b"content"))
    with writing(engine) as connection:
        connection.execute(update(Part).where(Part.step == 2).values(content=b"contend"))
    assert checkpoints.load(engine, held.job_id) == Checkpoint(1, 0, b"content")


def test_one_that_is_kept_again_replaces_itself(engine: Engine) -> None:
    held = claim(engine, submit(engine))
    for content in (b"first", b"second"):
        save(engine, held, Checkpoint(5, 1, content))
    assert checkpoints.load(engine, held.job_id) == Checkpoint(5, 1, b"second")


def test_a_late_run_keeps_none(engine: Engine) -> None:
    job_id = submit(engine)
    late = claim(engine, job_id)
    ledger.lose(engine, late, "killed by SIGKILL")
    with pytest.raises(FencedOff):
        save(engine, late, Checkpoint(1, 0, b""))
    assert steps(engine, job_id) == []


def test_getting_on_forgives_earlier_crashes(engine: Engine) -> None:
    job_id = submit(engine)
    for _ in range(5):  # more than make a job fail that does not get on
        held = claim(engine, job_id)
        save(engine, held, Checkpoint(held.fence, 0, b"x"))
        ledger.lose(engine, held, "killed by SIGKILL")
        change(engine, job_id, available_at=0)
    assert get_job(engine, job_id).status == "queued"


def test_success_deletes_them_and_so_does_deletion(engine: Engine) -> None:
    held = claim(engine, submit(engine))
    save(engine, held, Checkpoint(1, 0, b"x"))
    finish(engine, held)
    assert steps(engine, held.job_id) == []
    waiting = claim(engine, submit(engine))
    save(engine, waiting, Checkpoint(1, 0, b"x"))
    ledger.release(engine, waiting, "the worker stops")
    ledger.remove(engine, waiting.job_id, TRAINING)
    assert steps(engine, waiting.job_id) == []


def test_the_history_is_cut_back_to_where_the_run_begins(engine: Engine) -> None:
    held = claim(engine, submit(engine))
    ledger.record(engine, held, [(epoch, {"loss": 1.0}) for epoch in (1, 2, 3)], train_seconds=0.1)
    ledger.rewind(engine, held, epoch=2, train_seconds=0.05)
    assert get_history(engine, held.job_id).epochs == [1, 2]
    assert get_job(engine, held.job_id).progress.epoch == 2
    events = queries.list_events(engine, held.job_id, TRAINING, limit=10, after=0)
    assert events.data[-1].message == "continuing from epoch 2"

"""A job's events in order, with its epochs and findings, from any place on; on SQLite and on PostgreSQL."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine

from steelyard.errors import NotFound
from steelyard.jobs import feed, ledger
from steelyard.jobs.feed import Cursor, Feed, Happened, read_feed, read_marks
from steelyard.jobs.ledger import Claim, End
from steelyard.jobs.resumption import resume
from steelyard.training import submission
from steelyard.training.estimate import Limits
from steelyard.training.examples import SMALLEST
from steelyard.training.kind import TRAINING
from steelyard.training.plan import read_job
from steelyard.training.results import save_result
from tests.conftest import no_tables

PLAN = read_job(SMALLEST | {"training": {"epochs": 100}}, limits=Limits(4 << 30), tables=no_tables)
FINDINGS = [{"code": "a", "level": "warning", "message": "one"}, {"code": "b", "level": "info", "message": "two"}]


def start(engine: Engine) -> Claim:
    submission.submit(engine, PLAN)
    held = ledger.claim(engine, owner="w", lease_seconds=30)
    assert held is not None
    return held


def train(engine: Engine, held: Claim, *epochs: int) -> None:
    ledger.record(engine, held, [(epoch, {"loss": 1 / epoch}) for epoch in epochs], train_seconds=1.0)


def end(engine: Engine, held: Claim, status: str = "succeeded", *, epoch: int = 5) -> None:
    last = End(status, epoch, 0.5, {}, FINDINGS, None, None, None)
    save_result(engine, held, last, snapshots=[], predictions=[], model=None, epochs=[(epoch, {"loss": 0.2})])


def played(engine: Engine) -> str:
    held = start(engine)
    train(engine, held, 1, 2)
    train(engine, held, 3, 4)
    end(engine, held)
    return held.job_id


def words(happened: list[Happened]) -> list[Any]:
    """What happened, shortened."""
    kinds = {"status": "status", "epoch": "epoch", "finding": "code"}
    return [each.event.data[kinds[each.event.type]] for each in happened]


def test_the_end_comes_last_after_all_epochs_and_findings(engine: Engine) -> None:
    told = read_feed(engine, played(engine), TRAINING, Cursor())
    assert words(told.happened) == ["queued", "running", 1, 2, 3, 4, 5, "a", "b", "succeeded"]
    assert told.is_end
    assert told.happened[2].event.data == {"epoch": 1, "epochs": 100, "loss": 1.0}


def test_a_client_goes_on_from_any_event(engine: Engine) -> None:
    job_id = played(engine)
    happened = read_feed(engine, job_id, TRAINING, Cursor()).happened
    for place, each in enumerate(happened):
        rest = read_feed(engine, job_id, TRAINING, each.cursor)
        assert words(rest.happened) == words(happened[place + 1 :])
        assert rest.is_end


def test_a_job_that_runs_is_told_as_far_as_it_is(engine: Engine) -> None:
    held = start(engine)
    train(engine, held, 1, 2)
    told = read_feed(engine, held.job_id, TRAINING, Cursor())
    assert (words(told.happened), told.is_end) == (["queued", "running", 1, 2], False)
    assert read_feed(engine, held.job_id, TRAINING, told.happened[-1].cursor) == Feed([], is_whole=True, is_end=False)


def test_nothing_later_than_a_mark_is_told(engine: Engine) -> None:
    held = start(engine)
    train(engine, held, 1, 2)
    mark = read_marks(engine, [held.job_id])[held.job_id]
    train(engine, held, 3, 4)
    end(engine, held)
    told = read_feed(engine, held.job_id, TRAINING, Cursor(), until=mark)
    assert (words(told.happened), told.is_whole, told.is_end) == (["queued", "running", 1, 2], True, False)
    last = read_marks(engine, [held.job_id])[held.job_id]
    rest = read_feed(engine, held.job_id, TRAINING, told.happened[-1].cursor, until=last)
    assert words(rest.happened)[-1] == "succeeded"


def test_the_findings_of_a_resumed_job_are_told_although_the_client_has_others(engine: Engine) -> None:
    held = start(engine)
    train(engine, held, 1, 2)
    end(engine, held, "cancelled")
    stopped = read_feed(engine, held.job_id, TRAINING, Cursor())
    assert words(stopped.happened) == ["queued", "running", 1, 2, 5, "a", "b", "cancelled"]
    resume(engine, held.job_id, TRAINING)
    again = ledger.claim(engine, owner="w", lease_seconds=30)
    assert again is not None
    train(engine, again, 6)
    finding = {"code": "c", "level": "info", "message": "three"}
    last = End("succeeded", 6, 0.5, {}, [finding], None, None, None)
    save_result(engine, again, last, snapshots=[], predictions=[], model=None)
    told = read_feed(engine, held.job_id, TRAINING, stopped.happened[-1].cursor)
    assert words(told.happened) == ["queued", "running", 6, "c", "succeeded"]


def test_much_is_read_in_batches(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    job_id = played(engine)
    whole = read_feed(engine, job_id, TRAINING, Cursor())
    monkeypatch.setattr(feed, "BATCH", 2)
    collected: list[Happened] = []
    batch = Feed([], is_whole=False, is_end=False)
    while not batch.is_end:
        batch = read_feed(engine, job_id, TRAINING, collected[-1].cursor if collected else Cursor())
        assert batch.happened or batch.is_end
        collected += batch.happened
    assert words(collected) == words(whole.happened)


def test_epochs_that_are_trained_again_are_not_told_again(engine: Engine) -> None:
    held = start(engine)
    train(engine, held, 1, 2, 3)
    before = read_feed(engine, held.job_id, TRAINING, Cursor()).happened
    ledger.release(engine, held, "the worker stops")
    again = ledger.claim(engine, owner="w", lease_seconds=30)
    assert again is not None
    ledger.rewind(engine, again, epoch=1, train_seconds=0.1)
    train(engine, again, 2, 3, 4)
    after = read_feed(engine, held.job_id, TRAINING, before[-1].cursor)
    assert words(after.happened) == ["queued", "running", "running", 4]


def test_a_job_that_is_not_there_has_no_feed_and_no_mark(engine: Engine) -> None:
    with pytest.raises(NotFound):
        read_feed(engine, "job_none", TRAINING, Cursor())
    assert read_marks(engine, ["job_none"]) == {}


def test_a_mark_changes_with_whatever_happens(engine: Engine) -> None:
    held = start(engine)
    seen = [read_marks(engine, [held.job_id])]
    train(engine, held, 1)
    seen.append(read_marks(engine, [held.job_id]))
    end(engine, held)
    seen.append(read_marks(engine, [held.job_id]))
    assert [marks[held.job_id].is_ended for marks in seen] == [False, False, True]
    assert len({marks[held.job_id] for marks in seen}) == 3


@given(st.builds(Cursor, st.integers(0, 10**17), st.integers(0, 10**8), st.integers(0, 10**5)))
def test_a_cursor_is_its_text(cursor: Cursor) -> None:
    assert Cursor.parse(str(cursor)) == cursor


@pytest.mark.parametrize("text", ["", "1", "1.2", "1.2.3.4", "-1.2.3", "a.b.c", "1.2.3 ", "٣.٣.٣", "9" * 19 + ".1.1"])
def test_other_texts_are_no_cursors(text: str) -> None:
    assert Cursor.parse(text) is None

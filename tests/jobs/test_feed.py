"""A job's events in order, with its epochs and findings, from any place on; on SQLite and on PostgreSQL."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine

from steelyard.errors import NotFound
from steelyard.jobs import feed, ledger
from steelyard.jobs.feed import Cursor, Happened, read_feed, read_marks
from steelyard.jobs.ledger import Claim, End
from steelyard.jobs.results import save_result
from steelyard.spec.estimate import Limits
from steelyard.spec.examples import SMALLEST
from steelyard.spec.plan import read_job
from tests.conftest import no_tables

PLAN = read_job(SMALLEST, limits=Limits(4 << 30), tables=no_tables)
FINDINGS = [{"code": "a", "level": "warning", "message": "one"}, {"code": "b", "level": "info", "message": "two"}]


def start(engine: Engine) -> Claim:
    ledger.submit(engine, PLAN)
    held = ledger.claim(engine, owner="w", lease_seconds=30)
    assert held is not None
    return held


def train(engine: Engine, held: Claim, *epochs: int) -> None:
    ledger.record(engine, held, [(epoch, {"loss": 1 / epoch}) for epoch in epochs], train_seconds=1.0)


def end(engine: Engine, held: Claim) -> None:
    last = End("succeeded", 5, 0.5, {}, FINDINGS, None, None, None)
    save_result(engine, held, last, snapshots=[], predictions=[], model=None, epochs=[(5, {"loss": 0.2})])


def played(engine: Engine) -> str:
    held = start(engine)
    train(engine, held, 1, 2)
    train(engine, held, 3, 4)
    end(engine, held)
    return held.job_id


def words(happened: list[Happened]) -> list[Any]:
    """What happened, shortened."""
    kinds = {"status": "status", "epoch": "epoch", "finding": "code"}
    return [each.document["data"][kinds[each.type]] for each in happened]


def test_the_end_comes_last_after_all_epochs_and_findings(engine: Engine) -> None:
    happened, is_end = read_feed(engine, played(engine), Cursor())
    assert words(happened) == ["queued", "running", 1, 2, 3, 4, 5, "a", "b", "succeeded"]
    assert is_end
    assert happened[2].document["data"] == {"epoch": 1, "epochs": 100, "loss": 1.0}


def test_a_client_goes_on_from_any_event(engine: Engine) -> None:
    job_id = played(engine)
    happened, _ = read_feed(engine, job_id, Cursor())
    for place, each in enumerate(happened):
        rest, is_end = read_feed(engine, job_id, each.cursor)
        assert words(rest) == words(happened[place + 1 :])
        assert is_end


def test_a_job_that_runs_is_told_as_far_as_it_is(engine: Engine) -> None:
    held = start(engine)
    train(engine, held, 1, 2)
    happened, is_end = read_feed(engine, held.job_id, Cursor())
    assert (words(happened), is_end) == (["queued", "running", 1, 2], False)
    assert read_feed(engine, held.job_id, happened[-1].cursor) == ([], False)


def test_much_is_read_in_batches(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    job_id = played(engine)
    whole, _ = read_feed(engine, job_id, Cursor())
    monkeypatch.setattr(feed, "BATCH", 2)
    collected: list[Happened] = []
    is_end = False
    while not is_end:
        batch, is_end = read_feed(engine, job_id, collected[-1].cursor if collected else Cursor())
        assert batch or is_end
        collected += batch
    assert words(collected) == words(whole)


def test_epochs_that_are_trained_again_are_not_told_again(engine: Engine) -> None:
    held = start(engine)
    train(engine, held, 1, 2, 3)
    before, _ = read_feed(engine, held.job_id, Cursor())
    ledger.release(engine, held, "the worker stops")
    again = ledger.claim(engine, owner="w", lease_seconds=30)
    assert again is not None
    ledger.rewind(engine, again, epoch=1, train_seconds=0.1)
    train(engine, again, 2, 3, 4)
    after, _ = read_feed(engine, held.job_id, before[-1].cursor)
    assert words(after) == ["queued", "running", "running", 4]


def test_a_job_that_is_not_there_has_no_feed_and_no_mark(engine: Engine) -> None:
    with pytest.raises(NotFound):
        read_feed(engine, "job_none", Cursor())
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

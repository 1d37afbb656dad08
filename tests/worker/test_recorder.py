"""What a run writes while it trains, and what it does when that cannot be written."""

from typing import Any

import pytest
from sqlalchemy import Engine, event

from steelyard.errors import FencedOff
from steelyard.jobs import checkpoints, ledger
from steelyard.jobs.checkpoints import Checkpoint
from steelyard.nn.training.loop import Batch, Epoch
from steelyard.store.engine import make_engine
from steelyard.training.queries import get_history
from steelyard_worker.recorder import Recorder
from tests.jobs.test_ledger import claim, submit

CONTENT = bytes(100_000)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The monotonic clock of the recorder, which moves when the test moves it."""
    at = [100.0]
    monkeypatch.setattr("steelyard_worker.recorder.time.monotonic", lambda: at[0])
    return at


def take(recorder: Recorder, clock: list[float], epochs: list[int]) -> None:
    for epoch in epochs:
        clock[0] += 1.0
        recorder.take(Batch(epoch, 1, 1), epoch - 0.5)
        recorder.take(Epoch(epoch, {"loss": 1 / epoch}), float(epoch))


def test_history_and_checkpoints_are_written_as_time_goes_by(engine: Engine, clock: list[float]) -> None:
    held = claim(engine, submit(engine))
    reached = [0]
    recorder = Recorder(engine, held, lambda: Checkpoint(reached[0], reached[0], CONTENT), state_bytes=len(CONTENT))
    recorder.take(Epoch(1, {"loss": 1.0}), 0.1)
    assert get_history(engine, held.job_id).epochs == []  # not a tenth of a second has gone by
    reached[0] = 2
    take(recorder, clock, [2])
    assert get_history(engine, held.job_id).epochs == [1, 2]
    assert checkpoints.load(engine, held.job_id) == Checkpoint(2, 2, CONTENT)
    recorder.take(Epoch(3, {"loss": float("nan")}), 2.1)
    recorder.write()
    assert get_history(engine, held.job_id).series["loss"] == [1.0, 0.5, None]


def test_a_run_trains_on_while_the_disk_is_full_and_writes_later(sqlite_url: str, clock: list[float]) -> None:
    engine = make_engine(sqlite_url)
    held = claim(engine, submit(engine))
    recorder = Recorder(engine, held, lambda: Checkpoint(1, 1, CONTENT), state_bytes=len(CONTENT))
    engine.dispose()

    def fill(connection: Any, _: Any) -> None:
        connection.execute("PRAGMA max_page_count=1")  # SQLite takes that as: not one page more than there are

    event.listen(engine, "connect", fill)
    take(recorder, clock, [1, 2])
    assert get_history(engine, held.job_id).epochs == []
    assert checkpoints.load(engine, held.job_id) is None
    event.remove(engine, "connect", fill)
    engine.dispose()
    take(recorder, clock, [3])
    assert get_history(engine, held.job_id).epochs == [1, 2, 3]
    assert checkpoints.load(engine, held.job_id) is not None
    engine.dispose()


def test_a_run_that_is_no_longer_the_jobs_is_told_so(engine: Engine, clock: list[float]) -> None:
    held = claim(engine, submit(engine))
    ledger.lose(engine, held, "killed by SIGKILL")
    with pytest.raises(FencedOff):
        take(Recorder(engine, held, lambda: Checkpoint(1, 1, CONTENT), state_bytes=len(CONTENT)), clock, [1])

"""Replays of jobs: which are kept, and of which nothing is stored."""

from types import SimpleNamespace

import pytest
from sqlalchemy import Engine

from steelyard.datasets.reader_pool import Readers
from steelyard.errors import NotFound, Unavailable
from steelyard.replays import service
from steelyard.replays.service import Replayer
from steelyard.training import submission
from tests import trained
from tests.traces.jobs import plain


@pytest.mark.parametrize("limit", ["MOST_JOBS", "MOST_WEIGHTS"])
def test_the_last_jobs_are_kept(store: Engine, readers: Readers, monkeypatch: pytest.MonkeyPatch, limit: str) -> None:
    monkeypatch.setattr(service, limit, 2)
    opened: list[str] = []

    def open_job(_engine: Engine, _readers: Readers, job_id: str) -> object:
        opened.append(job_id)
        return SimpleNamespace(network=SimpleNamespace(size=1))

    monkeypatch.setattr(service, "open_job", open_job)
    replayer = Replayer(store, readers)
    for name in ("a", "b", "a", "c", "a", "b"):
        replayer._find(name)
    assert opened == ["a", "b", "c", "b"]


def test_a_job_without_weights_is_not_found(database: Engine, readers: Readers) -> None:
    replayer = Replayer(database, readers)
    waiting = submission.submit(database, trained.read(database, plain()))
    for job, why in ((waiting.id, "not stored yet"), ("job_x", "there is no job")):
        with pytest.raises(NotFound, match=why):
            replayer.count_outputs(job, "dense_1", bins=10)


def test_one_answer_is_made_at_a_time(store: Engine, readers: Readers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "WAIT_SECONDS", 0.01)
    job, replayer = trained.train(store, plain()), Replayer(store, readers)
    with replayer._open(job.id, None), pytest.raises(Unavailable):
        replayer.count_outputs(job.id, "dense_1", bins=10)
    assert replayer.count_outputs(job.id, "dense_1", bins=10).epochs

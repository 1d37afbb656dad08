"""A study is one thing to those who cancel or delete it, and each of its jobs names it."""

import pytest
from sqlalchemy import Engine

from steelyard.datasets.reader_pool import Readers
from steelyard.errors import Conflict, NotFound
from steelyard.jobs import ledger
from steelyard.studies import mend, study
from steelyard.training.queries import get_job
from tests.studies.test_mend import submit


def test_each_job_names_the_study_and_the_job_that_it_is_about(store: Engine, readers: Readers, sick: str) -> None:
    asked, job_ids = submit(store, readers, sick, seeds=2)
    places = [get_job(store, job_id).study for job_id in job_ids]
    assert {place.id for place in places if place} == {asked.id}
    assert {place.origin for place in places if place} == {sick}
    variants = [(place.variant, place.seed) for place in places if place]
    assert variants == [("original", 5), ("mended", 5), ("original", 6), ("mended", 6)]
    assert get_job(store, sick).study is None
    listed = mend.list_mends(store, job=sick, limit=50, after=None)
    assert asked.id in [each.id for each in listed.data]
    assert mend.list_mends(store, job="job_none", limit=50, after=None).data == []
    study.cancel(store, mend.KIND, asked.id)


def test_a_study_is_cancelled_and_deleted_as_a_whole(store: Engine, readers: Readers, sick: str) -> None:
    asked, job_ids = submit(store, readers, sick, seeds=2)
    held = ledger.claim(store, owner="w", lease_seconds=60)
    assert held is not None
    with pytest.raises(Conflict, match=r"a job of mend .* is running; cancel the mend"):
        study.remove(store, mend.KIND, asked.id)
    study.cancel(store, mend.KIND, asked.id)
    found = mend.get(store, asked.id)
    assert found.status == "running"  # a worker has one, and will see the request
    assert ledger.is_cancel_requested(store, held)
    ledger.release(store, held, "the worker stops")
    found = mend.get(store, asked.id)
    assert (found.status, found.verdict) == ("cancelled", None)
    assert found.message == "No pair of jobs came to its end."
    with pytest.raises(Conflict, match="have ended"):
        study.cancel(store, mend.KIND, asked.id)
    study.remove(store, mend.KIND, asked.id)
    with pytest.raises(NotFound):
        mend.get(store, asked.id)
    for job_id in job_ids:
        with pytest.raises(NotFound):
            get_job(store, job_id)
    assert get_job(store, sick).status == "succeeded"

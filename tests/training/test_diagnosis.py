"""Rules that run again over a job that has ended."""

from typing import Any

import pytest
from sqlalchemy import Engine

from steelyard.errors import Conflict, NotFound, ValidationFailed
from steelyard.store.engine import writing
from steelyard.store.tables import Job, JobRecording, RecordedEpoch
from steelyard.training import submission
from steelyard.training.diagnosis import diagnose_job
from tests import trained
from tests.training.jobs import job, read

SICK = job(optimizer={"name": "adam", "learning_rate": 10.0}, layers=[8, 8], training={"epochs": 30})


def codes(engine: Engine, job_id: str, **rules: Any) -> list[str]:
    return [finding.code for finding in diagnose_job(engine, job_id, {"rules": rules}).findings]


def test_the_same_rules_find_the_same_again(store: Engine) -> None:
    made = trained.train(store, SICK)
    before = [finding.to_json() for finding in made.findings]
    again = diagnose_job(store, made.id, {})
    assert before
    assert {finding.code for finding in again.findings} == {finding.code for finding in made.findings}
    assert [each.to_json() for each in trained.get_job(store, made.id).findings] == before


def test_rules_are_changed_for_this_once(store: Engine) -> None:
    made = trained.train(store, SICK)
    assert "learning_rate_too_high" in codes(store, made.id)
    assert "learning_rate_too_high" not in codes(store, made.id, learning_rate_too_high=False)
    stricter = {"above": 1e9, "rise": 1e9, "swing": 1e9, "distance": 1e9}
    assert "learning_rate_too_high" not in codes(store, made.id, learning_rate_too_high=stricter)
    assert diagnose_job(store, made.id, {"rules": {"overfitting": False}}).rules == {"overfitting": False}


def test_the_rules_of_the_job_hold(store: Engine) -> None:
    made = trained.train(store, SICK | {"diagnostics": {"rules": {"learning_rate_too_high": False}}})
    assert "learning_rate_too_high" not in codes(store, made.id)
    assert "learning_rate_too_high" in codes(store, made.id, learning_rate_too_high={"distance": 5.0})


def test_a_job_from_before_recordings_and_baselines_is_diagnosed_with_what_it_has(store: Engine) -> None:
    made = trained.train(store, SICK | {"initializer": "zeros", "optimizer": "adam"})
    with writing(store) as connection:
        for table in (JobRecording, RecordedEpoch):
            connection.execute(table.__table__.delete())
        connection.execute(Job.__table__.update().values(baseline=None))
    assert "equal_units" in codes(store, made.id)


def test_ensembles_are_diagnosed_by_their_first_member(store: Engine) -> None:
    made = trained.train(store, SICK | {"initializer": "zeros", "optimizer": "adam", "ensemble": 2})
    assert "equal_units" in codes(store, made.id)


def test_only_jobs_that_have_ended_are_diagnosed(store: Engine) -> None:
    waiting = submission.submit(store, read(job()))
    with pytest.raises(Conflict, match="is queued"):
        diagnose_job(store, waiting.id, {})
    assert trained.run(store, waiting.id).status == "succeeded"
    with pytest.raises(NotFound):
        diagnose_job(store, "job_x", {})


@pytest.mark.parametrize(
    ("document", "pointer"), [([], ""), ({"rule": {}}, "/rule"), ({"rules": {"x": False}}, "/rules/x")]
)
def test_what_is_wrong_is_named(store: Engine, document: Any, pointer: str) -> None:
    made = trained.train(store, job(training={"epochs": 1}))
    with pytest.raises(ValidationFailed) as caught:
        diagnose_job(store, made.id, document)
    assert [fault.pointer for fault in caught.value.faults] == [pointer]

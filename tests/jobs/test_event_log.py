"""The events of a job are bounded, and a finding has one."""

import pytest
from sqlalchemy import Engine, select

from steelyard.jobs import event_log, ledger, queries
from steelyard.store.engine import reading, writing
from steelyard.store.tables import Event
from steelyard.training.kind import TRAINING
from steelyard.training.queries import get_job
from tests.jobs.test_ledger import claim, submit

FINDING = {"code": "dead_units", "level": "warning", "layer": "dense_1", "message": "4 units", "suggestion": "Try."}


def test_the_events_of_a_job_that_is_given_back_for_ever_are_bounded(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger, "RUNS_BETWEEN_SWEEPS", 5)
    monkeypatch.setattr(event_log, "EVENTS_KEPT", 20)
    job_id = submit(engine)
    for _ in range(15):
        ledger.release(engine, claim(engine, job_id), "the worker stops")
    with reading(engine) as connection:
        ids = list(connection.execute(select(Event.id).where(Event.job_id == job_id).order_by(Event.id)).scalars())
    assert len(ids) == event_log.EVENTS_KEPT + 1  # one more since the last sweep
    assert queries.list_events(engine, job_id, TRAINING, limit=500, after=0).data[-1].id == str(ids[-1])


def test_a_finding_has_one_event_however_often_it_is_told(engine: Engine) -> None:
    job_id = submit(engine)
    other = FINDING | {"layer": "dense_2"}
    for findings in ([FINDING], [FINDING, other], [FINDING, other, other]):
        with writing(engine) as connection:
            event_log.tell_findings(connection, job_id, findings)
    with reading(engine) as connection:
        found = [*connection.execute(event_log.findings_told(job_id)).scalars()]
    assert found == [FINDING, other]
    assert [finding.layer for finding in get_job(engine, job_id).findings] == ["dense_1", "dense_2"]


def test_an_event_has_the_status_its_level_and_its_data(engine: Engine) -> None:
    job_id = submit(engine)
    with writing(engine) as connection:
        event_log.tell(connection, job_id, "running", "on its way", level="warning", epoch=3)
    last = queries.list_events(engine, job_id, TRAINING, limit=500, after=0).data[-1]
    assert (last.level, last.type, last.message) == ("warning", "status", "on its way")
    assert last.data == {"status": "running", "epoch": 3}

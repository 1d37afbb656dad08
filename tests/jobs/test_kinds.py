"""Kinds of job never mix, on SQLite and on PostgreSQL."""

import pytest
from sqlalchemy import Engine

from steelyard.errors import NotFound
from steelyard.jobs import ledger, queries
from steelyard.training.kind import TRAINING
from steelyard_worker.kinds import KINDS
from tests.inference import test_batches
from tests.jobs import test_ledger


def submit(engine: Engine, kind: str) -> str:
    return test_ledger.submit(engine) if kind == TRAINING.name else test_batches.submit(engine)


@pytest.mark.parametrize("kind", KINDS)
def test_a_job_is_found_by_its_own_kind_alone(engine: Engine, kind: str) -> None:
    job_id = submit(engine, kind)
    assert job_id.startswith(f"{KINDS[kind].prefix}_")
    for other in KINDS.values():
        if other is KINDS[kind]:
            assert queries.get(engine, job_id, other).id == job_id
            continue
        for touch in (queries.get, ledger.request_cancel, ledger.remove, queries.list_events):
            with pytest.raises(NotFound, match=f"there is no {other.noun} '{job_id}'"):
                touch(engine, job_id, kind=other)
    assert queries.get(engine, job_id, KINDS[kind]).status == "queued"

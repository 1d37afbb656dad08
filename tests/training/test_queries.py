"""Training jobs and their history as clients see them, on SQLite and on PostgreSQL."""

from typing import Any

import pytest
from sqlalchemy import Engine, event

from steelyard.errors import NotFound
from steelyard.jobs import ledger
from steelyard.store.engine import make_engine
from steelyard.training.queries import get_history, get_job, list_jobs
from tests.jobs.test_ledger import change, claim, submit


def test_jobs_are_listed_newest_first_by_state_name_and_label(engine: Engine) -> None:
    ids = sorted((submit(engine) for _ in range(5)), reverse=True)
    page = list_jobs(engine, limit=2)
    assert [job.id for job in page.data] == ids[:2]
    assert page.has_more
    rest = list_jobs(engine, limit=10, after=page.next)
    assert [job.id for job in rest.data] == ids[2:]
    assert (rest.has_more, rest.next) == (False, None)
    change(engine, ids[3], name="x", labels={"team": "a"})
    claim(engine, ids[4])
    assert [job.id for job in list_jobs(engine, name="x").data] == [ids[3]]
    assert [job.id for job in list_jobs(engine, metadata={"team": "a"}).data] == [ids[3]]
    assert list_jobs(engine, metadata={"team": "b"}).data == []
    assert [job.id for job in list_jobs(engine, status="running").data] == [ids[4]]


def test_jobs_are_searched_by_name_and_data_and_listed_oldest_first(engine: Engine) -> None:
    ids = sorted(submit(engine) for _ in range(4))
    for job_id, name in zip(ids, ("Titanic 100%", "titanic_2", "iris", None), strict=True):
        change(engine, job_id, name=name)
    found = {text: [job.id for job in list_jobs(engine, search=text).data] for text in ("TITANIC", "0%", "c_2", "%")}
    assert found == {"TITANIC": [ids[1], ids[0]], "0%": [ids[0]], "c_2": [ids[1]], "%": [ids[0]]}
    assert [job.id for job in list_jobs(engine, search=ids[3].upper()).data] == [ids[3]]
    first = list_jobs(engine, sort="oldest", limit=3)
    assert [job.id for job in first.data] == ids[:3]
    assert [job.id for job in list_jobs(engine, sort="oldest", after=first.next).data] == ids[3:]
    source = list_jobs(engine, limit=1).data[0].spec["data"]["builtin"]
    assert len(list_jobs(engine, data=source).data) == 4
    assert list_jobs(engine, data="ds_other").data == []


def test_the_history_has_a_place_for_each_epoch_and_goes_on_with_what_is_not_yet_written(engine: Engine) -> None:
    held = claim(engine, submit(engine))
    ledger.record(engine, held, [(1, {"loss": 1.0}), (2, {"loss": 0.5, "val_loss": 0.6})], train_seconds=0.2)
    unwritten = [(3, {"loss": None})]
    assert get_history(engine, held.job_id, after=1, unwritten=unwritten).to_json() == {
        "epochs": [2, 3],
        "series": {"loss": [0.5, None], "val_loss": [0.6, None]},
    }


@pytest.mark.parametrize("read", [get_job, get_history])
def test_a_job_that_does_not_exist_is_not_found(engine: Engine, read: object) -> None:
    assert callable(read)
    with pytest.raises(NotFound, match="'job_none'"):
        read(engine, "job_none")


def test_jobs_of_one_status_are_listed_without_sorting_all_of_them(sqlite_url: str) -> None:
    engine = make_engine(sqlite_url)
    plans: list[str] = []

    @event.listens_for(engine, "before_cursor_execute")
    def explain(_: Any, cursor: Any, statement: str, parameters: Any, *__: Any) -> None:
        if "ORDER BY jobs.id" in statement:
            cursor.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)
            plans.append(str(cursor.fetchall()))

    jobs = [submit(engine) for _ in range(3)]
    claim(engine, jobs[0])
    assert [job.id for job in list_jobs(engine, status="queued").data] == [jobs[2], jobs[1]]
    assert [job.id for job in list_jobs(engine).data] == jobs[::-1]
    engine.dispose()
    assert len(plans) == 2
    assert [plan for plan in plans if "TEMP B-TREE" in plan] == []

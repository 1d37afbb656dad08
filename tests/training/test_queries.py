"""Lists of jobs."""

from typing import Any

from sqlalchemy import event

from steelyard.store.engine import make_engine
from steelyard.training import queries
from tests.jobs.test_ledger import claim, submit


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
    assert [job["id"] for job in queries.list_jobs(engine, status="queued").data] == [jobs[2], jobs[1]]
    assert [job["id"] for job in queries.list_jobs(engine).data] == jobs[::-1]
    engine.dispose()
    assert len(plans) == 2
    assert [plan for plan in plans if "TEMP B-TREE" in plan] == []

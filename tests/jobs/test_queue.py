"""The order of claims, on SQLite and on PostgreSQL."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Engine, select, text

from steelyard.jobs import ledger, queue
from steelyard.store.engine import writing
from steelyard.store.tables import Job
from tests.jobs.test_ledger import change, claim, submit


def submit_in_turn(engine: Engine, count: int) -> list[str]:
    """Jobs whose times of creation differ, although SQLite's clock has milliseconds."""
    jobs = []
    for number in range(count):
        jobs.append(submit(engine))
        change(engine, jobs[-1], created_at=1e9 + number, available_at=1e9)
    return jobs


def claim_all(engine: Engine) -> list[str]:
    claimed = []
    while (held := ledger.claim(engine, owner="w", lease_seconds=30)) is not None:
        claimed.append(held.job_id)
    return claimed


def test_the_oldest_job_is_claimed_first(engine: Engine) -> None:
    jobs = submit_in_turn(engine, 5)
    assert claim_all(engine) == jobs


def test_jobs_that_have_run_go_before_new_ones_the_oldest_first(engine: Engine) -> None:
    jobs = submit_in_turn(engine, 5)
    held = [claim(engine, job_id) for job_id in jobs[:3]]
    ledger.release(engine, held[2], "the worker stops")
    ledger.lose(engine, held[1], "its worker died", is_crash=False)
    assert claim_all(engine) == [jobs[1], jobs[2], jobs[3], jobs[4]]


def test_a_job_in_its_back_off_is_passed_by_until_that_is_over(engine: Engine) -> None:
    jobs = submit_in_turn(engine, 2)
    pause = ledger.lose(engine, claim(engine, jobs[0]), "killed by SIGSEGV")
    assert 0 < pause <= ledger.BACKOFF_SECONDS
    assert queue.count_claimable(engine, limit=10) == 1
    time.sleep(pause + 0.05)
    assert queue.count_claimable(engine, limit=10) == 2
    assert claim_all(engine) == jobs


def test_the_claimable_are_counted_up_to_a_limit(engine: Engine) -> None:
    submit_in_turn(engine, 3)
    assert [queue.count_claimable(engine, limit=limit) for limit in (1, 2, 9)] == [1, 2, 3]


def test_workers_that_claim_at_once_get_different_jobs_and_none_misses(engine: Engine) -> None:
    jobs = submit_in_turn(engine, 12)
    with ThreadPoolExecutor(6) as pool:
        claims = list(pool.map(lambda n: ledger.claim(engine, owner=str(n), lease_seconds=30), range(12)))
    assert sorted(held.job_id for held in claims if held is not None) == sorted(jobs)


@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)  # SQLite has one writer at a time
def test_a_claim_does_not_wait_for_a_job_that_another_transaction_holds(engine: Engine) -> None:
    jobs = submit_in_turn(engine, 2)
    with writing(engine) as connection:
        connection.execute(select(Job.id).where(Job.id == jobs[0]).with_for_update())
        with ThreadPoolExecutor(1) as pool:
            held = pool.submit(ledger.claim, engine, owner="w", lease_seconds=30).result(timeout=5)
    assert held is not None
    assert held.job_id == jobs[1]


def test_the_next_job_is_found_by_the_index_without_sorting(engine: Engine) -> None:
    submit_in_turn(engine, 3)
    query = queue.claimable().limit(1).compile(engine, compile_kwargs={"literal_binds": True})
    with engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("SET LOCAL enable_seqscan = off"))  # three rows are read faster without an index
            connection.execute(text("SET LOCAL enable_sort = off"))
            explain = "EXPLAIN"
        else:
            explain = "EXPLAIN QUERY PLAN"
        plan = "\n".join(str(row) for row in connection.execute(text(f"{explain} {query}")))
    assert "jobs_queue" in plan
    assert "SORT" not in plan.upper().replace("ENABLE_SORT", "")
    assert "TEMP B-TREE" not in plan

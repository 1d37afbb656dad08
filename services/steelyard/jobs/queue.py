"""The order in which waiting jobs are claimed: those that have run before first, then the oldest.

A job that lost its worker has already waited its turn, so it goes first. A job in its back-off is skipped.
"""

from typing import Any

from sqlalchemy import Engine, Select, func, select
from sqlalchemy.orm import aliased

from steelyard.jobs.states import QUEUED
from steelyard.store.clock import now
from steelyard.store.engine import reading
from steelyard.store.tables import Job


def claimable() -> Select[Any]:
    """A query for the ids of the jobs that can be claimed now, in the order of the queue (index `jobs_queue`)."""
    job = aliased(Job)  # the enclosing statement may use the same table
    query = select(job.id).where(job.status == QUEUED, job.available_at <= now())
    return query.order_by(job.rank, job.created_at, job.id)


def count_claimable(engine: Engine, *, limit: int) -> int:
    """The number of jobs that can be claimed now, counted up to `limit`."""
    with reading(engine) as connection:
        return connection.execute(select(func.count()).select_from(claimable().limit(limit).subquery())).scalar_one()

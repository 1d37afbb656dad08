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
    """The ids of the jobs that may be claimed now, first things first; the index `jobs_queue` has that order."""
    job = aliased(Job)  # the statement around this one may be about the same table
    query = select(job.id).where(job.status == QUEUED, job.available_at <= now())
    return query.order_by(job.rank, job.created_at, job.id)


def count_claimable(engine: Engine, *, limit: int) -> int:
    """How many jobs may be claimed now, counted up to `limit`."""
    with reading(engine) as connection:
        return connection.execute(select(func.count()).select_from(claimable().limit(limit).subquery())).scalar_one()

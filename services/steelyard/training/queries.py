"""Queries for training jobs. Nothing here changes a row."""

from collections.abc import Mapping

from sqlalchemy import Engine, or_, select

from steelyard.jobs.ledger import Epochs
from steelyard.jobs.queries import get
from steelyard.store.engine import reading
from steelyard.store.pages import Page, read_page
from steelyard.store.tables import HistoryEpoch
from steelyard.store.tables import Job as JobRow
from steelyard.training.kind import TRAINING, render_job, select_jobs
from steelyard.training.schema.job import History, Job


def get_job(engine: Engine, job_id: str) -> Job:
    """The training job. Raises `NotFound`."""
    return get(engine, job_id, TRAINING)


def list_jobs(
    engine: Engine,
    *,
    status: str | None = None,
    name: str | None = None,
    metadata: Mapping[str, str] | None = None,
    search: str | None = None,
    data: str | None = None,
    started_from: str | None = None,
    sort: str = "newest",
    limit: int = 50,
    after: str | None = None,
) -> Page:
    """The newest jobs, or the oldest, that have this status, name, labels and data, and start from this model.

    The name or the id of a job that is searched contains the text, in upper or lower case.
    """
    query = select_jobs()
    if status is not None:
        query = query.where(JobRow.status == status)
    if name is not None:
        query = query.where(JobRow.name == name)
    for label, value in (metadata or {}).items():
        query = query.where(JobRow.labels[label].as_string() == value)
    if search is not None:
        query = query.where(
            or_(JobRow.name.icontains(search, autoescape=True), JobRow.id.contains(search.lower(), autoescape=True))
        )
    if data is not None:
        source = JobRow.spec["data"]
        query = query.where(or_(source["builtin"].as_string() == data, source["dataset"].as_string() == data))
    if started_from is not None:
        query = query.where(JobRow.started_from == started_from)
    with reading(engine) as connection:
        key = JobRow.__table__.c.id
        return read_page(
            connection,
            query,
            key=key,
            prefix=TRAINING.prefix,
            render=render_job,
            limit=limit,
            after=after,
            oldest_first=sort == "oldest",
        )


def get_history(engine: Engine, job_id: str, *, after: int = 0, unwritten: Epochs = ()) -> History:
    """What each epoch later than `after` measured: one list of epochs, and a list as long for each name.

    A value that an epoch lacks, or that was not finite, is `null`. `unwritten` epochs are known to the run alone as
    yet, and follow. Raises `NotFound`.
    """
    get_job(engine, job_id)
    query = select(HistoryEpoch.epoch, HistoryEpoch.values)
    query = query.where(HistoryEpoch.job_id == job_id, HistoryEpoch.epoch > after).order_by(HistoryEpoch.epoch)
    with reading(engine) as connection:
        rows = [(row.epoch, row.values) for row in connection.execute(query)]
    rows += [(epoch, dict(values)) for epoch, values in unwritten]
    names = dict.fromkeys(name for _, values in rows for name in values)
    series = {name: [values.get(name) for _, values in rows] for name in names}
    return History(epochs=[epoch for epoch, _ in rows], series=series)

"""A job as it was submitted, read from its row."""

from dataclasses import dataclass

from sqlalchemy import Engine, select

from steelyard.datasets.reader_pool import Readers
from steelyard.errors import NotFound
from steelyard.store.engine import reading
from steelyard.store.tables import Job, JobInput
from steelyard.training.inline import Inline
from steelyard.training.kind import TRAINING
from steelyard.training.large_inline import read_stored_rows
from steelyard.training.schema import JobSpec, load_spec


@dataclass(frozen=True)
class StoredJob:
    """A job as it was submitted."""

    spec: JobSpec
    inline: Inline | None
    parameters: int


def load_job(engine: Engine, readers: Readers, job_id: str) -> StoredJob:
    """The job. Raises `NotFound`."""
    query = select(Job.spec, Job.parameters, JobInput.content).outerjoin(JobInput)
    with reading(engine) as connection:
        row = connection.execute(query.where(Job.id == job_id, Job.kind == TRAINING.name)).one_or_none()
    if row is None:
        raise NotFound(f"there is no job {job_id!r}")
    inline = None if row.content is None else read_stored_rows(readers, bytes(row.content))
    return StoredJob(load_spec(row.spec), inline, row.parameters)

"""What differs between the kinds of job, which `steelyard_worker.kinds` lists. The rest of the life cycle is shared."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sqlalchemy import Connection, Row, Select

from steelyard.errors import NotFound
from steelyard.jobs.schema import AnyJob
from steelyard.store.tables import Job

T = TypeVar("T", bound=AnyJob)


@dataclass(frozen=True)
class Kind(Generic[T]):
    """A kind of job: `name` in the table, `noun` in messages and webhooks (`job.succeeded`), `prefix` of its ids.

    Its progress counts `unit`s (`epoch`). `select` reads its rows, and `render` turns a row into the object that
    clients get. Before a job is resumed, `clear` deletes the results of its end. `progress_kept` returns the last unit
    that a resumed job need not repeat, or `None`. `datasets` returns the ids of the data sets that a stored
    specification needs. `after_success` says what to do instead of resuming a job that succeeded.
    """

    name: str
    noun: str
    prefix: str
    unit: str
    select: Callable[[], Select[Any]]
    render: Callable[[Row[Any]], T]
    clear: Callable[[Connection, str], None]
    progress_kept: Callable[[Connection, str], int | None]
    datasets: Callable[[dict[str, Any]], list[str]]
    after_success: str

    def find(self, connection: Connection, job_id: str) -> Row[Any]:
        """The row of a job of this kind. Raises `NotFound`."""
        row = connection.execute(self.select().where(Job.id == job_id)).one_or_none()
        if row is None:
            raise self.not_found(job_id)
        return row

    def read(self, connection: Connection, job_id: str) -> T:
        """The job, read in this transaction. Raises `NotFound`."""
        return self.render(self.find(connection, job_id))

    def not_found(self, job_id: str) -> NotFound:
        """Return the error for an id that does not exist."""
        return NotFound(f"there is no {self.noun} {job_id!r}")

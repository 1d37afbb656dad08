"""A job once more, with changes: from its row to the plan of a new one."""

from collections.abc import Callable, Mapping
from functools import cache, partial
from typing import Any

from sqlalchemy import Engine

from steelyard.datasets import library
from steelyard.datasets.reader_pool import Readers
from steelyard.jobs.queries import load_order
from steelyard.training.estimate import Limits
from steelyard.training.inline import Inline
from steelyard.training.large_inline import read_stored_rows
from steelyard.training.plan import Plan, Taken, read_job
from steelyard.training.start import require_start

Change = Callable[[dict[str, Any]], dict[str, Any]]


class Resubmission:
    """Makes plans of jobs that are like the job `job_id` in all that is not changed. Raises `NotFound`.

    The data are read once for all of them.
    """

    def __init__(self, engine: Engine, readers: Readers, limits: Limits, job_id: str) -> None:
        order = load_order(engine, job_id)
        self._engine, self._limits = engine, limits
        self._tables = cache(partial(library.load_table, engine))
        self._inline = None if order.inline is None else _remembered(read_stored_rows(readers, order.inline))
        self.spec = order.spec

    def plan(self, spec: Mapping[str, Any]) -> Plan:
        """The plan of a job with this specification, a changed copy of `spec`. Raises `ValidationFailed`."""
        document = {**spec, "webhook": None}
        taken: Taken = (document, self._inline, [])
        plan = read_job(document, limits=self._limits, tables=self._tables, taken=taken)
        return require_start(self._engine, plan)


def _remembered(inline: Inline) -> Inline:
    """The same rows, of which the table is made once."""
    return Inline(inline.content, inline.rows, inline.columns, cache(inline.load))

"""Looks for findings while a job runs: at each recorded epoch, with what was known then.

What is found depends on the recorded epochs alone, not on when they are written. Findings are written with the records
that they come from, so a run that continues after a crash finds what was lost, and writes nothing twice.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection

from steelyard.diagnostics.diagnosis import diagnose
from steelyard.diagnostics.recording.record import Layout, Record, Recording
from steelyard.diagnostics.run import History, Run, RunData
from steelyard.documents.writer import to_values
from steelyard.jobs.event_log import tell_findings
from steelyard.nn.training.loop import Batch, Epoch


class Watch:
    """The findings of a run so far. `history` is that of epochs before this run began."""

    def __init__(
        self, job_id: str, spec: Mapping[str, Any], layout: Layout, data: RunData | None, history: History
    ) -> None:
        self._job_id, self._spec, self._layout, self._data = job_id, spec, layout, data
        self._history: dict[str, list[float | None]] = {name: [*values] for name, values in history.items()}
        self._records: list[Record] = []  # that are written

    def take(self, event: Batch | Epoch) -> None:
        """Add what an epoch measured."""
        if isinstance(event, Epoch):
            for name, value in event.values.items():
                self._history.setdefault(name, []).append(value)

    def write(self, connection: Connection, records: Sequence[Record]) -> None:
        """Tell what is found at the epochs of these new records."""
        found = [
            to_values(finding)
            for place in range(len(records))
            for finding in self._look([*self._records, *records[: place + 1]])
        ]
        tell_findings(connection, self._job_id, found)

    def forget_written(self, records: Sequence[Record]) -> None:
        """Note that what `write` told is committed."""
        self._records += records

    def _look(self, records: Sequence[Record]) -> list[Any]:
        """The warnings at the epoch of the last record."""
        epoch = records[-1].epoch
        run = Run(
            spec=self._spec,
            history={name: values[:epoch] for name, values in self._history.items()},
            recording=Recording.of(self._layout, records),
            data=self._data,
            is_over=False,
            url=f"/v1/jobs/{self._job_id}",
        )
        return [each for each in diagnose(run, self._spec["diagnostics"]["rules"]) if each.level != "info"]

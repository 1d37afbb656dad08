"""Observes a training: records statistics and weights at the epochs that the job records, until they are written."""

from collections.abc import Sequence
from functools import cached_property

from sqlalchemy import Connection, Engine

from steelyard.diagnostics.recording.epochs import recorded_epochs
from steelyard.diagnostics.recording.probe import Moment, Probe
from steelyard.diagnostics.recording.record import Layout, Record, Recording
from steelyard.nn.ensemble import member_name
from steelyard.nn.rng import probe_stream
from steelyard.nn.training.ensemble import AnyTraining
from steelyard.nn.training.loop import Batch, Epoch
from steelyard.store.engine import reading
from steelyard.training import recordings
from steelyard.training.recordings import NewRecord
from steelyard.training.schema.spec import AUTO_WEIGHTS, RecordingSettings
from steelyard_worker.watch import Watch


class Observer:
    """The recording of a training, as far as it is not written yet.

    What is recorded depends on the training alone: a run that continues from a checkpoint records the same. Of an
    ensemble, the first member is recorded.
    """

    def __init__(self, job_id: str, whole: AnyTraining, asked: RecordingSettings, seed: int) -> None:
        training = whole.members[0]
        self._job_id, self._whole, self._training, self._asked = job_id, whole, training, asked
        self._epochs = {*recorded_epochs(training.epochs), *(asked.weights if isinstance(asked.weights, list) else ())}
        is_on = asked.statistics or asked.weights != "off"
        self._probe = Probe.of(training, probe_stream(seed)) if is_on else None
        self._layout = None if self._probe is None else self._probe.layout
        if self._layout is not None and len(whole.members) > 1:
            self._layout = self._layout.named_after(member_name(1))
        self._has_started = False  # what is known before the first step is written
        self._is_small = training.network.size <= AUTO_WEIGHTS
        self._moments: list[Moment] = []  # of which the records are not computed yet
        self._pending: list[NewRecord] = []  # which are not written yet
        self.watch: Watch | None = None
        if asked.statistics:
            training.watch_last_steps(self._epochs)
            self._record(0)

    def take(self, event: Batch | Epoch) -> None:
        """Record the epoch that has ended, if it is to be recorded."""
        if self.watch is not None:
            self.watch.take(event)
        is_end = isinstance(event, Epoch) and event.epoch == self._training.epoch
        if is_end and self._probe is not None and self._is_recorded(event.epoch):
            self._record(event.epoch)

    def write(self, connection: Connection) -> None:
        """Store what is computed and not stored yet. Call `forget_written` after the commit."""
        if not self._has_started:
            recordings.start(connection, self._job_id, self._layout, self._whole.initial)
        if self._layout is not None:
            recordings.add(connection, self._job_id, self._layout, self._pending)
        if self.watch is not None:
            self.watch.write(connection, self._new_records)

    def forget_written(self) -> None:
        """Note that what `write` stored is committed."""
        self._has_started = True
        if self.watch is not None:
            self.watch.forget_written(self._new_records)
        self._pending.clear()

    def end(self) -> None:
        """Compute the rest of the recording of a run that has ended: the best and the last epoch."""
        self.catch_up()
        if self._probe is not None:
            _ = self._last_records

    def write_end(self, connection: Connection) -> None:
        """Store all that is not stored yet of a run that has ended."""
        self.watch = None  # the findings of the end say more
        self.write(connection)
        if self._layout is not None:
            recordings.add(connection, self._job_id, self._layout, self._last_records)

    @property
    def layout(self) -> Layout | None:
        """What is recorded, if anything is."""
        return None if self._probe is None else self._probe.layout

    @property
    def _new_records(self) -> list[Record]:
        return [each.record for each in self._pending if each.record is not None]

    def read(self, engine: Engine) -> Recording | None:
        """The recording of the run that has ended, stored or not; `None` without statistics."""
        if self._probe is None or not self._asked.statistics:
            return None
        layout = self._probe.layout
        with reading(engine) as connection:
            records = {each.epoch: each for each in recordings.load(connection, self._job_id, layout)}
        records |= {
            each.epoch: each.record for each in [*self._pending, *self._last_records] if each.record is not None
        }
        return Recording.of(layout, [*records.values()])

    def _record(self, epoch: int) -> None:
        if epoch == 0:
            self._moments.append(Moment(0, self._training.vectors["initial"], None))
            return
        weights, before = self._training.network.parameters, self._training.before_last_step
        if self._is_small:
            self._moments.append(Moment(epoch, weights.copy(), None if before is None else before.copy()))
        else:
            self._moments.append(Moment(epoch, weights, before))
            self.catch_up()

    def catch_up(self) -> None:
        """Compute the records of the epochs that were taken; outside of transactions, because it takes a while.

        Those of small networks are computed together, which is faster than one by one between steps.
        """
        self._pending += self._make(self._moments)
        self._moments.clear()

    def _make(self, moments: Sequence[Moment], *, at_end: bool = False) -> list[NewRecord]:
        """The records of epochs, of which something is to be recorded."""
        records: Sequence[Record | None] = [None] * len(moments)
        if self._asked.statistics and self._probe is not None:
            records = self._probe.record_all(moments, initial=self._training.vectors["initial"])
        kept = [each.weights.copy() if self._keeps_weights(each.epoch) else None for each in moments]
        return [
            NewRecord(moment.epoch, record, weights, at_end)
            for moment, record, weights in zip(moments, records, kept, strict=True)
            if record is not None or weights is not None
        ]

    def _keeps_weights(self, epoch: int) -> bool:
        """Whether the weights after an epoch are stored; those before the first step always are, as `initial`."""
        if isinstance(self._asked.weights, list):
            return epoch in self._asked.weights
        return self._asked.weights == "auto" and epoch > 0 and self._is_small

    def _is_recorded(self, epoch: int) -> bool:
        return epoch in self._epochs or (epoch == self._training.epoch and self._training.stopped_early)

    @cached_property
    def _last_records(self) -> list[NewRecord]:
        """The best and the last epoch, where they are not recorded already."""
        training, vectors = self._training, self._training.vectors
        found = {training.best_epoch: "best", training.epoch: "last"}
        moments = [
            Moment(epoch, vectors[name])
            for epoch, name in sorted(found.items())
            if epoch > 0 and not self._is_recorded(epoch)
        ]
        return self._make(moments, at_end=True)

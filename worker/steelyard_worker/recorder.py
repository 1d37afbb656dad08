"""Writes the progress of a run to the ledger: each epoch and some checkpoints, with at most two writes per second.

Training continues while the database is unreachable: what cannot be written is kept and written later. The lease limits
for how long.
"""

import math
import time
from collections.abc import Callable

from sqlalchemy import Engine

from steelyard.errors import Unavailable
from steelyard.jobs import ledger
from steelyard.jobs.checkpoints import Checkpoint
from steelyard.jobs.ledger import Claim, Epochs
from steelyard.logs import get_logger
from steelyard.nn.training.loop import Batch, Epoch
from steelyard_worker.checkpoint import FIRST_SECONDS, Cadence
from steelyard_worker.observer import Observer

WRITE_SECONDS = 0.5
log = get_logger(__name__)


class Recorder:
    """Records the events of the training loop. Raises `FencedOff` if another run has taken over the job.

    `make_checkpoint` returns the current state of the training, which has about `state_bytes` bytes. The `observer` has
    the recording of weights and statistics.
    """

    def __init__(
        self,
        engine: Engine,
        held: Claim,
        make_checkpoint: Callable[[], Checkpoint],
        *,
        state_bytes: int,
        observer: Observer | None = None,
    ) -> None:
        self._engine = engine
        self._held = held
        self._make_checkpoint = make_checkpoint
        self._cadence = Cadence(state_bytes)
        self._observer = observer
        self._epochs: list[tuple[Epoch, float]] = []  # with the training time so far
        self._train_seconds = 0.0
        self._wrote_at = time.monotonic() - WRITE_SECONDS + FIRST_SECONDS

    def take(self, event: Batch | Epoch, train_seconds: float) -> None:
        """Keep the event for the next write, and write if it is time."""
        self._train_seconds = train_seconds
        if isinstance(event, Epoch):
            self._epochs.append((event, train_seconds))
        if time.monotonic() - self._wrote_at < WRITE_SECONDS:
            return
        is_checkpoint_due = self._cadence.is_due(event)
        if is_checkpoint_due or isinstance(event, Epoch):
            try:
                self.write(with_checkpoint=is_checkpoint_due)
            except Unavailable as away:
                log.warning("the progress is written later", reason=away.detail)

    @property
    def unwritten(self) -> Epochs:
        """The epochs that have not been written yet."""
        return tuple(
            (event.epoch, _finite(event.values) | {"seconds": round(seconds, 6)}) for event, seconds in self._epochs
        )

    def write(self, *, with_checkpoint: bool = False) -> None:
        """Write all pending epochs. They stay pending if this raises `Unavailable`."""
        self._wrote_at = started = time.monotonic()
        checkpoint = self._make_checkpoint() if with_checkpoint else None
        if self._epochs or checkpoint is not None:
            seconds = self._train_seconds
            also = None
            if self._observer is not None:
                self._observer.catch_up()
                also = self._observer.write
            ledger.record(
                self._engine, self._held, self.unwritten, train_seconds=seconds, checkpoint=checkpoint, also=also
            )
            self._epochs.clear()
            if self._observer is not None:
                self._observer.forget_written()
        if checkpoint is not None:
            self._cadence.took(time.monotonic() - started)


def _finite(values: dict[str, float]) -> dict[str, float | None]:
    return {name: value if math.isfinite(value) else None for name, value in values.items()}

"""Writes a run's progress to the ledger: every epoch, in at most two transactions a second."""

import math
import time

from sqlalchemy import Engine

from steelyard.jobs import ledger
from steelyard.jobs.ledger import Claim
from steelyard.trainer.loop import Batch, Epoch

FLUSH_SECONDS = 0.5


class Recorder:
    """Takes what the training loop yields. Raises `FencedOff` when the run is no longer the job's."""

    def __init__(self, engine: Engine, held: Claim) -> None:
        self._engine = engine
        self._held = held
        self._epochs: list[tuple[int, dict[str, float | None]]] = []
        self._flushed_at = time.monotonic()

    def take(self, event: Batch | Epoch, train_seconds: float) -> None:
        """Keep an epoch for the next write, and write when it is time to."""
        if isinstance(event, Epoch):
            values = {name: value if math.isfinite(value) else None for name, value in event.values.items()}
            self._epochs.append((event.epoch, values | {"seconds": round(train_seconds, 6)}))
            if time.monotonic() - self._flushed_at >= FLUSH_SECONDS:
                self.flush(train_seconds)

    def flush(self, train_seconds: float) -> None:
        """Write what is kept."""
        if self._epochs:
            ledger.record(self._engine, self._held, self._epochs, train_seconds=train_seconds)
            self._epochs.clear()
        self._flushed_at = time.monotonic()

"""One run of a batch prediction: it predicts part by part, after the parts that an earlier run finished."""

import time
from collections.abc import Callable
from typing import Any

import orjson
from numpy.typing import NDArray
from sqlalchemy import Engine

from steelyard.datasets import library
from steelyard.inference import batches
from steelyard.inference.batches import BatchPart
from steelyard.inference.rows import read_inputs, read_table
from steelyard.inference.service import Loaded, load_model
from steelyard.jobs.ledger import Claim
from steelyard.jobs.queries import Order
from steelyard.tabular.chunks import ROWS


class Batch:
    """A running batch. `run` predicts until all parts are done or `is_stopped`; `end` stores how it ended."""

    def __init__(self, engine: Engine, held: Claim, order: Order) -> None:
        self._engine, self._held, self._order = engine, held, order
        self._part = order.epoch
        self._started = time.perf_counter()

    def run(self, is_stopped: Callable[[], bool]) -> None:
        """Predict part by part and store each part when it is complete. Raises `SteelyardError`."""
        model = load_model(self._engine, self._order.spec["model"])
        rows = self._order.spec["rows"]
        sent = None if self._order.inline is None else orjson.loads(self._order.inline)
        while self._part * ROWS < rows and not is_stopped():
            first = self._part * ROWS
            said = model.answer(self._inputs(model, first, sent))
            values = said.predictions
            if values.ndim == 2 and model.target is not None:
                values = model.target.inverse(values)
            self._part += 1
            part = BatchPart(self._part, first, values, said.probabilities)
            batches.save_part(self._engine, self._held, part, seconds=self._seconds())

    def end(self, status: str, error: dict[str, Any] | None = None) -> None:
        """Store how the batch ended. Raises `FencedOff`."""
        batches.end(self._engine, self._held, status, part=self._part, seconds=self._seconds(), error=error)

    def _inputs(self, model: Loaded, first: int, sent: list[Any] | None) -> NDArray[Any]:
        encoder, dtype = model.inputs, model.network.dtype
        if sent is not None:
            return read_inputs({"inputs": sent[first : first + ROWS]}, encoder, dtype).x
        table = library.load_part(self._engine, self._order.spec["dataset"], list(encoder.features), first)
        return read_table(table, encoder, dtype, first=first)

    def _seconds(self) -> float:
        return round(time.perf_counter() - self._started, 6)

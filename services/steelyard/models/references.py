"""Which model an id or an alias stands for: asked of the database, and again after half a second."""

import time

from sqlalchemy import Engine

from steelyard.models.library import find_id
from steelyard.store.engine import reading

LOOK_AGAIN_SECONDS = 0.5  # how long a model that was deleted, or whose alias passed on, may answer
MOST_SEEN = 10_000


class References:
    """What ids and aliases stand for in the database behind `engine`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._seen: dict[str, tuple[float, str]] = {}

    def find(self, reference: str) -> str | None:
        """The id of the model, as the database says, or said a moment ago."""
        if (model_id := self.recall(reference)) is not None:
            return model_id
        clock = time.monotonic()
        with reading(self._engine) as connection:
            model_id = find_id(connection, reference)
        if model_id is not None:  # else a stranger could fill the memory with names
            if len(self._seen) > MOST_SEEN:
                self._seen.clear()
            self._seen[reference] = (clock, model_id)
        return model_id

    def recall(self, reference: str) -> str | None:
        """The same without a look at the database; `None` if the last one is not recent."""
        seen_at, model_id = self._seen.get(reference, (0.0, None))
        return None if time.monotonic() - seen_at >= LOOK_AGAIN_SECONDS else model_id

    def forget(self) -> None:
        """Ask again: a model was deleted, or an alias changed."""
        self._seen.clear()

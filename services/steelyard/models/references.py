"""Which model an id or an alias stands for: asked of the database, and again within half a second."""

import time

from sqlalchemy import Engine

from steelyard.models.library import find_id
from steelyard.store.engine import reading

LOOK_AGAIN_SECONDS = 0.5  # how long a model that was deleted, or whose alias passed on, may answer
EARLY = 0.5  # the share of that after which one caller looks again, while all others go on
MOST_SEEN = 10_000


class References:
    """What ids and aliases stand for in the database behind `engine`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._seen: dict[str, tuple[float, str]] = {}
        self._early: set[str] = set()  # those for which somebody looks again already

    def find(self, reference: str) -> str | None:
        """The id of the model, as the database says, or said a moment ago."""
        clock = time.monotonic()
        seen_at, known = self._seen.get(reference, (0.0, None))
        if known is not None and clock - seen_at < EARLY * LOOK_AGAIN_SECONDS:
            return known
        with reading(self._engine) as connection:
            model_id = find_id(connection, reference)
        if model_id is None:  # not kept, or a stranger could fill the memory with names
            self._seen.pop(reference, None)
        else:
            if len(self._seen) > MOST_SEEN:
                self._seen.clear()
            self._seen[reference] = (clock, model_id)
        self._early.discard(reference)
        return model_id

    def recall(self, reference: str) -> str | None:
        """The same without a look at the database; `None` if the last one is not recent.

        Before it is too old for all callers at once, one of them gets `None`: to look again takes a millisecond.
        """
        seen_at, model_id = self._seen.get(reference, (0.0, None))
        age = time.monotonic() - seen_at
        if model_id is None or age >= LOOK_AGAIN_SECONDS:
            return None
        if age >= EARLY * LOOK_AGAIN_SECONDS and reference not in self._early:
            self._early.add(reference)
            return None
        return model_id

    def forget(self) -> None:
        """Ask again: a model was deleted, or an alias changed."""
        self._seen.clear()
        self._early.clear()

"""Which keyed requests are being worked on."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

from steelyard.errors import Conflict


class InFlight:
    """The keys of the requests that this process is working on. Those of other processes meet in the database."""

    def __init__(self) -> None:
        self._keys: set[str] = set()
        self._lock = Lock()

    @contextmanager
    def hold(self, key: str) -> Iterator[None]:
        """Be the only request with `key`. Raises `Conflict` when there is one already."""
        with self._lock:
            if key in self._keys:
                raise Conflict(f"a request with the Idempotency-Key {key!r} is in progress; try again in a moment")
            self._keys.add(key)
        try:
            yield
        finally:
            with self._lock:
                self._keys.remove(key)

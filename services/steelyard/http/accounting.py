"""What every answer bears and leaves behind: the request's id, a line in the log, figures for /metrics."""

import random
import re
import time
from collections import deque
from dataclasses import dataclass
from datetime import UTC, datetime
from threading import Lock, Timer

from prometheus_client import CollectorRegistry, Counter, Histogram

from steelyard.logs import get_logger

log = get_logger(__name__)
PROBES = ("/healthz", "/readyz", "/metrics")  # asked every few seconds
REQUEST_ID = re.compile(r"[\w.:/+=-]{1,128}", re.ASCII)
ALWAYS = (("X-Content-Type-Options", "nosniff"),)
LATER_SECONDS = 0.05
MOST_WAITING = 100_000  # if nobody reads the log, the oldest go


def choose_id(given: str | None) -> str:
    """The request's id: the client's own, if that can stand in a log, else a new one."""
    if given and REQUEST_ID.fullmatch(given):
        return given
    return f"req_{random.getrandbits(96):024x}"


@dataclass(frozen=True)
class Meters:
    """What is counted in this process."""

    registry: CollectorRegistry
    requests: Counter
    seconds: Histogram
    lost_rings: Counter


def make_meters() -> Meters:
    """Fresh meters, in a registry of their own."""
    registry = CollectorRegistry()
    labels = ("method", "route", "status")
    return Meters(
        registry=registry,
        requests=Counter("steelyard_http_requests", "Requests answered", labels, registry=registry),
        seconds=Histogram("steelyard_http_request_seconds", "Time to answer", labels[:2], registry=registry),
        lost_rings=Counter("steelyard_rings_lost", "Messages that the broker did not take", registry=registry),
    )


@dataclass(frozen=True, slots=True)
class Answered:
    """A request, and what became of it: `at` is when, `route` the address with its variables' names."""

    request_id: str
    method: str
    path: str
    route: str
    status: int
    seconds: float
    at: float


class Accounts:
    """Logs and counts what was answered: a moment later, many at once.

    At the end of each request it would take five times as long, because nothing of it is in the processor's caches
    then; and a connection that stays open would be listened to again only after it.
    """

    def __init__(self, meters: Meters) -> None:
        self._meters = meters
        self._answered: deque[Answered] = deque(maxlen=MOST_WAITING)
        self._is_coming = False
        self._lock = Lock()

    def leave(self, request_id: str, method: str, path: str, route: str, status: int, seconds: float) -> None:
        """Take note of a request."""
        self._answered.append(Answered(request_id, method, path, route, status, seconds, time.time()))
        if not self._is_coming:
            self._is_coming = True
            Timer(LATER_SECONDS, self.settle).start()  # a process that ends waits for it

    def settle(self) -> None:
        """Log and count all that was noted."""
        with self._lock:
            self._is_coming = False  # before the last look: what is noted behind that calls for another time
            while self._answered:
                self._account(self._answered.popleft())

    def _account(self, answered: Answered) -> None:
        if answered.route not in PROBES:
            log.info(
                "request",
                timestamp=datetime.fromtimestamp(answered.at, UTC).isoformat().replace("+00:00", "Z"),
                method=answered.method,
                path=answered.path,
                status=answered.status,
                seconds=round(answered.seconds, 4),
                request_id=answered.request_id,
            )
        self._meters.requests.labels(answered.method, answered.route, answered.status).inc()
        self._meters.seconds.labels(answered.method, answered.route).observe(answered.seconds)

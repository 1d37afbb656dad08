"""What every response gets: the request's id, a line in the log, and an entry in the metrics."""

import random
import re
from dataclasses import dataclass
from functools import lru_cache

from prometheus_client import CollectorRegistry, Counter, Histogram

from steelyard import logs

PROBES = ("/healthz", "/readyz", "/metrics")  # asked every few seconds
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")  # clients may make up any other
REQUEST_ID = re.compile(r"[\w.:/+=-]{1,128}", re.ASCII)


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

    def account(self, request_id: str, method: str, path: str, route: str, status: int, seconds: float) -> None:
        """Log and count a request that was answered. `route` is the address with its variables' names."""
        if route not in PROBES:
            logs.info(
                __name__,
                "request",
                method=method,
                path=path,
                status=status,
                seconds=round(seconds, 4),
                request_id=request_id,
            )
        requests, durations = _meters_of(self, method if method in METHODS else "other", route, status)
        requests.inc()
        durations.observe(seconds)


@lru_cache(maxsize=1024)  # to look them up takes longer than to count
def _meters_of(meters: Meters, method: str, route: str, status: int) -> tuple[Counter, Histogram]:
    return meters.requests.labels(method, route, status), meters.seconds.labels(method, route)


def make_meters() -> Meters:
    """Fresh meters, in a registry of their own."""
    registry = CollectorRegistry()
    labels = ("method", "route", "status")
    return Meters(
        registry=registry,
        requests=Counter("steelyard_http_requests", "Requests answered", labels, registry=registry),
        seconds=Histogram("steelyard_http_request_seconds", "Response time", labels[:2], registry=registry),
        lost_rings=Counter("steelyard_rings_lost", "Messages that could not be sent to the broker", registry=registry),
    )

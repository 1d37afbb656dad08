"""Health, readiness and metrics."""

from collections.abc import Iterator

from flask import Blueprint, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from steelyard import __version__
from steelyard.errors import Unavailable
from steelyard.http.routing import Operation, reply, route
from steelyard.jobs import heartbeats, queries
from steelyard.jobs.states import STATUSES
from steelyard.store.engine import Engine
from steelyard.store.migration import is_current
from steelyard.web.schema import Health, Part, Readiness
from steelyard.web.wiring import services

health = Blueprint("health", __name__)


@route(health, "GET", "/healthz", Operation("Check that this process responds", {200: Health}))
def get_health() -> Health:
    """Always succeeds if the process responds."""
    return Health(status="ok", version=__version__)


@route(
    health,
    "GET",
    "/readyz",
    Operation("Check that jobs can be accepted and trained", {200: Readiness, 503: Readiness}),
)
def get_readiness() -> Response:
    """The state of the database, the broker and the workers."""
    ours = services()
    parts = {"database": _database(ours.engine), "broker": _fine("answers" if ours.doorbell.answers() else None)}
    alive = heartbeats.alive(ours.engine) if parts["database"].ok else []
    parts["worker"] = _fine(", ".join(alive) or None)
    ready = all(part.ok for part in parts.values())
    return reply(Readiness(ready=ready, parts=parts), 200 if ready else 503)


def _database(engine: Engine) -> Part:
    try:
        return _fine("answers, with the newest schema" if is_current(engine) else None, "run `steelyard migrate`")
    except Unavailable as error:
        return _fine(None, error.detail)


def _fine(detail: str | None, otherwise: str = "none answers") -> Part:
    return Part(ok=detail is not None, detail=otherwise if detail is None else detail)


@route(health, "GET", "/metrics", Operation("Metrics for Prometheus", {200: None}, forms=("text/plain",)))
def get_metrics() -> Response:
    """All metrics in Prometheus' text format."""
    return Response(generate_latest(services().meters.registry), content_type=CONTENT_TYPE_LATEST)


class JobsByStatus(Collector):
    """How many jobs there are in each state, asked of the database when Prometheus asks."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """One gauge; nothing while the database is unreachable."""
        gauge = GaugeMetricFamily("steelyard_jobs", "Jobs by status", labels=["status"])
        try:
            counts = queries.count_by_status(self._engine)
        except Unavailable:
            return
        for status in STATUSES:
            gauge.add_metric([status], counts.get(status, 0))
        yield gauge

"""The route of traces."""

from flask import Blueprint

from steelyard.http.routing import Operation, read_json, route
from steelyard.http.services import service
from steelyard.traces.schema import Trace, TraceRequest
from steelyard.traces.service import Tracer

traces = Blueprint("traces", __name__)


@route(
    traces,
    "POST",
    "/v1/traces",
    Operation("Work through one training step", {200: Trace}, body=TraceRequest, problems=(404, 413, 415, 422)),
)
def trace_step() -> Trace:
    """One training step with every number on the way and its formula. Nothing is stored.

    The request is a job, of which the first step is made, exactly as its training would make it; or
    `{"job": "job_…", "epoch": 8, "rows": [0, 5]}`, for a step from the stored weights of a job. The step may have at
    most 64 rows, and the network 10,000 weights. Gradients are checked against central differences.
    """
    return service(Tracer).trace(read_json())

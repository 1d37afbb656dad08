"""The least that an endpoint of the service can do: takes a body, answers `{}`.

`/empty` ignores the body, `/empty-json` parses it as JSON.

python benchmarks/predict_empty.py PORT
"""

import asyncio
import sys

from flask import Response, request

from steelyard.http.routing import OPERATION, Operation
from steelyard.settings import Settings
from steelyard.training.schema import JobSpec
from steelyard.web.front import Front
from steelyard.web.server import Server

TAKES_JSON = Operation("Nothing", {200: None}, body=JobSpec)


def take() -> Response:
    """Ignore the body."""
    request.get_data(cache=False)
    return Response(b"{}", content_type="application/json")


def read() -> Response:
    """Parse the body."""
    request.get_json(cache=False)
    return Response(b"{}", content_type="application/json")


if __name__ == "__main__":
    settings = Settings(port=int(sys.argv[1]))
    front = Front(settings)
    for view, path in ((take, "/empty"), (read, "/empty-json")):
        setattr(view, OPERATION, TAKES_JSON)
        front.app.add_url_rule(path, path, view, methods=["POST"])
    asyncio.run(Server(front, settings).serve())

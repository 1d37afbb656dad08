"""The least that a Flask endpoint can do: takes a body, answers `{}`.

At `/empty` it leaves the body as it came, at `/empty-json` it reads it, as any endpoint does that wants to know it.

python benchmarks/predict_empty.py PORT WHERE    (within our `service`, or in a `flask` application of its own under
                                                  werkzeug's threads)
"""

import asyncio
import sys

from flask import Flask, Response, request

from steelyard.http.front import Front
from steelyard.http.server import Server
from steelyard.settings import Settings


def add_endpoints(app: Flask) -> Flask:
    """Give an application the endpoints that do nothing."""

    def take() -> Response:
        request.get_data(cache=False)
        return Response(b"{}", content_type="application/json")

    def read() -> Response:
        request.get_json(cache=False)
        return Response(b"{}", content_type="application/json")

    app.add_url_rule("/empty", "empty", take, methods=["POST"])
    app.add_url_rule("/empty-json", "empty-json", read, methods=["POST"])
    return app


if __name__ == "__main__":
    port = int(sys.argv[1])
    if sys.argv[2] == "flask":
        add_endpoints(Flask(__name__)).run(port=port, threaded=True)
    else:
        settings = Settings(port=port)
        front = Front(settings)
        add_endpoints(front.app)
        asyncio.run(Server(front, settings).serve())

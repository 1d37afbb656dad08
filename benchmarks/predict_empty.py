"""The least that a Flask endpoint can do: takes a body, answers `{}`.

At `/` it leaves the body as it came, at `/json` it reads it, as whoever wants to know what it says has to.

python benchmarks/predict_empty.py PORT WORKERS    (gunicorn's: `ours`, as the service has them, or its own `gthread`)
"""

import sys

from flask import Flask, Response, request

from steelyard.http.server import Server
from steelyard.settings import Settings


class Empty(Server):
    """Our server with an application that does nothing."""

    def load_config(self) -> None:
        super().load_config()
        if sys.argv[2] != "ours":
            self.cfg.set("worker_class", sys.argv[2])

    def load(self) -> Flask:
        app = Flask(__name__)

        @app.post("/")
        def take() -> Response:
            request.get_data(cache=False)
            return Response(b"{}", content_type="application/json")

        @app.post("/json")
        def read() -> Response:
            request.get_json(cache=False)
            return Response(b"{}", content_type="application/json")

        return app


if __name__ == "__main__":
    Empty(Settings(port=int(sys.argv[1]))).run()

"""The least that a Flask endpoint can do: takes a body, answers `{}`.

At `/empty` it leaves the body as it came, at `/empty-json` it reads it, as whoever wants to know what it says has to.

python benchmarks/predict_empty.py PORT WHERE    (within our `service`, in a `flask` application of its own under our
                                                  server, or under gunicorn's own threads, `gthread`)
"""

import sys

from flask import Flask, Response, request

from steelyard.http.server import Lingering, Server
from steelyard.settings import Settings


class Empty(Server):
    """Our server with an endpoint that does nothing."""

    def load_config(self) -> None:
        super().load_config()
        if sys.argv[2] != "service":
            self.cfg.set("worker_class", "gthread" if sys.argv[2] == "gthread" else Lingering)

    def load(self) -> Flask:
        app = super().load() if sys.argv[2] == "service" else Flask(__name__)

        @app.post("/empty")
        def take() -> Response:
            request.get_data(cache=False)
            return Response(b"{}", content_type="application/json")

        @app.post("/empty-json")
        def read() -> Response:
            request.get_json(cache=False)
            return Response(b"{}", content_type="application/json")

        return app


if __name__ == "__main__":
    Empty(Settings(port=int(sys.argv[1]))).run()

"""Our server with an application that tells how often the main thread has handed a connection to another thread.

It has no address for predictions: who gets one has it by the shortcut.

python -m tests.http.counting PORT THREADS LINGER_MILLISECONDS SILENCE_SECONDS
"""

import sys
from types import SimpleNamespace
from typing import Any

from flask import Flask, Response, request

from steelyard.http import server
from steelyard.http.server import Listeners, Server
from steelyard.http.wiring import KEY
from steelyard.settings import Settings


class Counting(Listeners):
    """Counts what it hands on."""

    handed_on = 0

    def enqueue_req(self, conn: Any) -> None:
        """Hand a connection to a thread."""
        Counting.handed_on += 1
        super().enqueue_req(conn)


class Telling(Server):
    """Answers with the count."""

    def load_config(self) -> None:
        super().load_config()
        self.cfg.set("worker_class", Counting)
        self.cfg.set("threads", int(sys.argv[2]))

    def load(self) -> Flask:
        app = Flask(__name__)
        predictor = SimpleNamespace(predict=lambda reference, body: {"model": reference, "bytes": len(body)})
        accounts = SimpleNamespace(leave=lambda *_: None)
        app.extensions[KEY] = SimpleNamespace(settings=Settings(), predictor=predictor, accounts=accounts)

        @app.post("/")
        def tell() -> Response:
            request.get_data()
            return Response(str(Counting.handed_on), content_type="text/plain")

        @app.get("/much")
        def send() -> Response:
            return Response(bytes(1 << 26))

        return app


if __name__ == "__main__":
    server.LINGER_MILLISECONDS, server.SILENCE_SECONDS = map(int, sys.argv[3:])
    Telling(Settings(port=int(sys.argv[1]))).run()

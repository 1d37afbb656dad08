"""The API's application behind a server in this process, for commands that talk to a service."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread

import pytest
import structlog
from flask import Flask
from werkzeug.serving import make_server


@contextmanager
def serving(app: Flask, port: int = 0) -> Iterator[str]:
    """The address of a server of an application."""
    server = make_server("127.0.0.1", port, app, threaded=True)
    server.daemon_threads = True  # a connection that a client keeps open does not keep the server
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    with structlog.testing.capture_logs():  # which would stand between the lines of a command in this process
        yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def url(app: Flask) -> Iterator[str]:
    """The address of the API on an empty database, without a worker."""
    with serving(app) as url:
        yield url

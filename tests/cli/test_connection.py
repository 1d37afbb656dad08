"""The connection to a service ends the program with one message where something is wrong."""

import http.server
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.cli.program import run


def test_a_service_that_is_away_is_said_so() -> None:
    ended = run("jobs", "--url", "http://127.0.0.1:1")
    assert ended.returncode == 1
    assert "does not answer" in ended.stderr


@contextmanager
def answering(status: int, body: bytes) -> Iterator[str]:
    """A server of another program."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize(("status", "body"), [(200, b"<html>"), (404, b"nothing"), (404, b"{}"), (500, b"[]")])
def test_a_server_of_another_program_is_named_as_such(status: int, body: bytes) -> None:
    with answering(status, body) as url:
        ended = run("jobs", "--url", url)
    assert ended.returncode == 1
    assert (
        ended.stderr
        == f"{url} is not a Steelyard service (it answered {status} without its JSON); give another --url\n"
    )


def test_an_address_that_is_none_is_named() -> None:
    ended = run("jobs", "--url", "http://[::1")
    assert (ended.returncode, ended.stderr.startswith("--url http://[::1 is wrong: ")) == (1, True)

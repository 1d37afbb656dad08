"""Requests are sent again after failures that may pass, with the same key; others are sent once."""

import asyncio
import http.server
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from steelyard.client import transport
from steelyard.client.errors import ConnectionLost, InvalidRequest, NotASteelyard, NotFound, Unavailable
from steelyard.client.transport import AsyncTransport, Call, Pause, Steps, Transport, keyed

PROBLEM = json.dumps({"title": "Busy", "detail": "try later", "status": 503}).encode()


@contextmanager
def answering(*answers: tuple[int, bytes]) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """A server that gives these answers in turn, or closes the connection for status 0; and what it was sent."""
    asked: list[dict[str, Any]] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def handle_any(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            status, content = answers[min(len(asked), len(answers) - 1)]
            asked.append(
                {"path": self.path, "body": body, "key": self.headers.get("Idempotency-Key"), "headers": self.headers}
            )
            if status == 0:
                self.close_connection = True
                return
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.send_header("Retry-After", "0")
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_DELETE = handle_any  # noqa: N815 -- http.server's names

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", asked
    server.shutdown()
    server.server_close()


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "FIRST_PAUSE", 0.001)


def send(url: str, call: Call, *, retries: int = 3, api_key: str | None = None) -> Any:
    connection = Transport(url, api_key, 5.0, retries)
    try:
        return connection.send(call)
    finally:
        connection.http.close()


def test_a_request_with_a_key_is_sent_again_with_the_same_key() -> None:
    with answering((0, b""), (503, b"<html>"), (202, b'{"id": 1}')) as (url, asked):
        assert send(url, keyed("POST", "/v1/jobs", json={"a": 1})) == {"id": 1}
    assert len(asked) == 3
    assert len({each["key"] for each in asked}) == 1
    assert {each["body"] for each in asked} == {b'{"a":1}'}
    assert keyed("POST", "/").key != keyed("POST", "/").key


@pytest.mark.parametrize("call", [Call("DELETE", "/v1/jobs/job_1"), Call("POST", "/v1/jobs/job_1/resume")])
def test_a_request_that_may_have_had_its_effect_is_sent_once(call: Call) -> None:
    with (
        answering((0, b""), (200, b"{}")) as (url, asked),
        pytest.raises(ConnectionLost, match=f"{url} does not answer"),
    ):
        send(url, call)
    assert len(asked) == 1


def test_after_all_retries_the_problem_of_the_service_is_told() -> None:
    with answering((503, PROBLEM)) as (url, asked), pytest.raises(Unavailable, match="try later"):
        send(url, Call("GET", "/"), retries=2)
    assert len(asked) == 3
    with answering((502, b"<html>")) as (url, _), pytest.raises(ConnectionLost, match="status 502"):
        send(url, Call("GET", "/"), retries=1)


def test_what_is_wrong_is_not_sent_again() -> None:
    faults = [{"pointer": "/layers", "detail": "is missing"}, {"parameter": "limit", "detail": "is '0'"}]
    body = json.dumps({"title": "Invalid", "detail": "2 errors", "status": 422, "errors": faults}).encode()
    with (
        answering((422, body)) as (url, asked),
        pytest.raises(InvalidRequest, match="/layers: is missing\n  limit: is '0'"),
    ):
        send(url, keyed("POST", "/"))
    assert len(asked) == 1


@pytest.mark.parametrize("answer", [(200, b"<html>"), (404, b"nothing"), (500, b"[]")])
def test_another_program_is_named_as_such(answer: tuple[int, bytes]) -> None:
    with answering(answer) as (url, _), pytest.raises(NotASteelyard, match=f"answered {answer[0]} without its JSON"):
        send(url, Call("GET", "/"))


def test_a_call_has_its_parameters_headers_and_form() -> None:
    with answering((200, b"PK")) as (url, asked):
        call = Call("GET", "/x", params={"a": 1, "b": None}, accept="application/x-npz", raw=True)
        assert send(url, call, api_key="secret") == b"PK"
    assert asked[0]["path"] == "/x?a=1"
    assert asked[0]["headers"]["Accept"] == "application/x-npz"
    assert asked[0]["headers"]["Authorization"] == "Bearer secret"
    with answering((204, b"")) as (url, _):
        assert send(url, Call("DELETE", "/x")) is None


def test_an_operation_may_wait_and_an_error_ends_it() -> None:
    asked: list[str] = []

    def run() -> Steps[Any]:
        yield Pause(0.05)
        for path in ("/some", "/none", "/more"):
            asked.append(path)
            yield Call("GET", path)

    missing = json.dumps({"title": "Missing", "detail": "no", "status": 404}).encode()
    with answering((200, b"[1]"), (404, missing)) as (url, _):
        connection, begin = Transport(url, None, 5.0, 0), time.monotonic()
        with pytest.raises(NotFound, match="no"):
            connection.run(run())
        assert asked == ["/some", "/none"]
        assert time.monotonic() - begin >= 0.05
        connection.http.close()


def event(number: int) -> bytes:
    return b'id: %d\nevent: log\ndata: {"id": "%d"}\n\n' % (number, number)


def test_a_stream_goes_on_behind_its_last_event_after_a_lost_connection() -> None:
    answers = [(200, event(1) + event(2)), (0, b""), (503, b"<html>"), (200, b": heartbeat\n\n" + event(3)), (204, b"")]
    for kind in (Transport, AsyncTransport):
        with answering(*answers) as (url, asked):
            assert [each["id"] for each in followed(kind, url, retries=3)] == ["1", "2", "3"]
        assert [each["headers"]["Last-Event-ID"] for each in asked] == [None, "2", "2", "2", "3"]
        assert {each["headers"]["Accept"] for each in asked} == {"text/event-stream"}


def test_a_stream_that_cannot_be_followed_is_an_error() -> None:
    missing = json.dumps({"title": "Missing", "detail": "no", "status": 404}).encode()
    for kind in (Transport, AsyncTransport):
        for answer, error in (((404, missing), NotFound), ((503, PROBLEM), Unavailable), ((0, b""), ConnectionLost)):
            with answering((200, event(1)), answer) as (url, asked), pytest.raises(error):
                followed(kind, url, retries=1)
            assert len(asked) == (2 if error is NotFound else 3)


def followed(kind: type[Transport | AsyncTransport], url: str, *, retries: int) -> list[Any]:
    """All events of a stream."""
    connection = kind(url, None, 5.0, retries)
    if isinstance(connection, Transport):
        with connection.http:
            return [*connection.follow("/events")]

    async def follow() -> list[Any]:
        async with connection.http:
            return [each async for each in connection.follow("/events")]

    return asyncio.run(follow())


def test_pauses_grow_up_to_a_bound_and_follow_the_service(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "FIRST_PAUSE", 0.2)
    connection = Transport("http://127.0.0.1:1", None, 1.0, 0)
    pauses = [connection.pause_after(None, attempt) for attempt in range(12)]
    assert 0.1 <= pauses[0] <= 0.2
    assert max(pauses) <= transport.LONGEST_PAUSE
    assert pauses[-1] >= transport.LONGEST_PAUSE / 2
    connection.http.close()

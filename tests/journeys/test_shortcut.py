"""Predictions that are answered before gunicorn and Flask are asked: by the client they cannot be told from theirs."""

import json
import re
import socket
import time
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPResponse
from typing import Any

import pytest
import structlog
from flask import Flask
from gunicorn.config import Config
from gunicorn.http import get_parser
from hypothesis import event, given, settings
from hypothesis import strategies as st

from steelyard.http.shortcut import MOST_BYTES, MOST_HEAD_BYTES, Shortcut
from steelyard.http.wiring import KEY
from steelyard.settings import Settings
from tests.application import running_app
from tests.service import Service

LISTS = [[5.1, 3.5, 1.4, 0.2], [6.3, 2.9, 5.6, 1.8]]
NAMES = ("sepal_length", "sepal_width", "petal_length", "petal_width")
RECORD = dict(zip(NAMES, LISTS[0], strict=True))
JSON = "application/json"
BODY = json.dumps({"inputs": LISTS}).encode()
GOOD = {"Host": "here", "Content-Type": JSON, "Connection": "keep-alive"}
THE_LONG_WAY = {"X-Other": "yes"}


@pytest.fixture
def app(service: Service) -> Iterator[Flask]:
    """The application, on the service's database."""
    with running_app(Settings(data_dir=service.data_dir, max_body_bytes=1_000_000)) as app:
        yield app


@pytest.fixture
def shortcut(app: Flask) -> Shortcut:
    """The application's shortcut."""
    return Shortcut(app.extensions[KEY])


def written(path: str, body: bytes = BODY, headers: dict[str, str] = GOOD, method: str = "POST") -> bytes:
    """A request as it goes over the wire."""
    lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, f"Content-Length: {len(body)}", "", ""]).encode() + body


def ask(shortcut: Shortcut, request: bytes) -> bytes | None:
    """The shortcut's answer, if it has one."""
    asked, sent = shortcut.read(request), list[bytes]()
    if asked is None or not shortcut.answer(asked, request[asked.begin : asked.end], sent.append):
        assert not sent
        return None
    [answer] = sent
    return answer


@pytest.fixture
def wire(service: Service) -> Iterator[socket.socket]:
    """A connection to the service."""
    url = service.http.base_url
    with socket.create_connection((url.host, url.port or 0), timeout=30) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        yield connection


def receive(wire: socket.socket) -> bytes:
    """The next answer."""
    received = b""
    while (begin := received.find(b"\r\n\r\n") + 4) < 4:
        received += more(wire)
    length = int(re.findall(rb"Content-Length: (\d+)", received[:begin])[0])
    while len(received) < begin + length:
        received += more(wire)
    assert len(received) == begin + length
    return received


def more(wire: socket.socket) -> bytes:
    piece = wire.recv(1 << 20)
    assert piece, "the server has hung up"
    return piece


def parts(answer: bytes) -> tuple[str, dict[str, str], bytes]:
    """The status line, the headers but for what differs each time, and the body."""
    head, _, body = answer.partition(b"\r\n\r\n")
    status, *lines = head.decode().split("\r\n")
    headers = dict(line.split(": ", 1) for line in lines)
    assert len(headers) == len(lines)
    headers["X-Request-ID"], headers["Date"] = re.sub("[0-9a-f]+$", "", headers["X-Request-ID"]), headers["Date"][-3:]
    return status, headers, body


@pytest.mark.parametrize(
    "rows", [LISTS, LISTS[:1], [RECORD], [RECORD] * 50], ids=["lists", "list", "record", "records"]
)
def test_rows_are_answered_as_they_are_the_long_way(
    shortcut: Shortcut, wire: socket.socket, model: str, rows: list[Any]
) -> None:
    path, body = f"/v1/models/{model}/predict", json.dumps({"inputs": rows}).encode()
    answer = ask(shortcut, written(path, body))
    assert answer is not None
    status, _, said = parts(answer)
    assert status == "HTTP/1.1 200 OK"
    assert len(json.loads(said)["predictions"]) == len(rows)
    long = written(path, body, GOOD | THE_LONG_WAY)
    assert ask(shortcut, long) is None
    for request in (long, written(path, body)):
        wire.sendall(request)
        assert parts(receive(wire)) == parts(answer)


def test_a_request_has_an_id_leaves_a_line_and_is_counted(app: Flask, shortcut: Shortcut, model: str) -> None:
    path = f"/v1/models/{model}/predict"
    with structlog.testing.capture_logs() as lines:
        answers = [ask(shortcut, written(path, headers=GOOD | {"X-Request-ID": n})) for n in ("mine", "not mine", "")]
        counted = app.test_client().get("/metrics", buffered=True).text
    ids = [re.findall(rb"X-Request-ID: (.*)\r\n", answer or b"")[0].decode() for answer in answers]
    assert ids[0] == "mine"
    assert ids[1] != ids[2]
    assert all(re.fullmatch("req_[0-9a-f]{24}", each) for each in ids[1:])
    route = "/v1/models/<model_id>/predict"
    assert f'steelyard_http_requests_total{{method="POST",route="{route}",status="200"}} 3.0' in counted
    mine = [line for line in lines if line["path"] == path and line["request_id"] in ids]
    assert [line["request_id"] for line in mine] == ids
    assert all((line["event"], line["method"], line["status"]) == ("request", "POST", 200) for line in mine)
    assert [line["timestamp"] for line in mine] == sorted(line["timestamp"] for line in mine)


def test_a_deleted_alias_is_seen_within_a_second(shortcut: Shortcut, service: Service, model: str) -> None:
    request = written("/v1/models/passing/predict")
    service.http.put(f"/v1/models/{model}/aliases/passing").raise_for_status()
    answer = ask(shortcut, request)
    assert answer is not None
    assert json.loads(parts(answer)[2])["model"] == model
    service.http.delete(f"/v1/models/{model}/aliases/passing").raise_for_status()
    time.sleep(1)
    assert ask(shortcut, request) is None


@pytest.mark.parametrize(
    ("status", "given"),
    [
        (400, {"body": b'{"inputs": [[1, 2, 3, 4]'}),
        (400, {"body": b""}),
        (400, {"body": b'{"inputs": [[NaN, 2, 3, 4]]}'}),
        (422, {"body": b'{"inputs": [[1, 2, 3]]}'}),
        (422, {"body": b'{"inputs": [[1, 2, 3, "4"]]}'}),
        (422, {"body": b"[]"}),
        (404, {"model": "mdl_none"}),
        (404, {"model": "a/b"}),
        (404, {"model": "%61"}),
        (422, {"more": "?a=b"}),
        (415, {"headers": {"Content-Type": "text/html"}}),
        (200, {"headers": {"Content-Type": f"{JSON}; charset=utf-8"}}),
        (200, {"headers": {"Content-Type": "text/csv"}, "body": ",".join(NAMES).encode() + b"\n1,2,3,4\n"}),
        (405, {"method": "GET"}),
        (200, {"body": json.dumps({"inputs": LISTS * 3000}).encode()}),
        (200, {"headers": {"Cookie": "a=b"}}),
        (200, {"headers": {"Authorization": "Basic YTpi"}}),
    ],
)
def test_all_else_goes_the_long_way_on_the_same_connection(
    shortcut: Shortcut, wire: socket.socket, model: str, status: int, given: dict[str, Any]
) -> None:
    path = f"/v1/models/{given.get('model', model)}/predict{given.get('more', '')}"
    request = written(path, given.get("body", BODY), GOOD | given.get("headers", {}), given.get("method", "POST"))
    assert ask(shortcut, request) is None
    plain = written(f"/v1/models/{model}/predict")
    for each, expected in ((plain, 200), (request, status), (plain, 200)):
        wire.sendall(each)
        assert receive(wire).startswith(f"HTTP/1.1 {expected} ".encode())


def test_a_body_that_is_too_large_and_a_connection_that_is_to_close_go_the_long_way(
    shortcut: Shortcut, wire: socket.socket, model: str
) -> None:
    path = f"/v1/models/{model}/predict"
    assert ask(shortcut, written(path, b" " * (MOST_BYTES + 1))) is None
    assert ask(shortcut, written(path, headers=GOOD | {"User-Agent": "a" * MOST_HEAD_BYTES})) is None
    request = written(path, headers=GOOD | {"Connection": "close"})
    assert ask(shortcut, request) is None
    wire.sendall(request)
    assert b"Connection: close" in receive(wire)
    assert wire.recv(1) == b""


def test_the_first_request_of_a_connection_may_come_in_pieces(wire: socket.socket, model: str) -> None:
    request = written(f"/v1/models/{model}/predict")
    for piece in (request[:-5], request[-5:]):
        wire.sendall(piece)
        time.sleep(0.1)
    assert receive(wire).startswith(b"HTTP/1.1 200 OK\r\n")


def test_a_request_may_come_in_pieces_and_two_at_once(wire: socket.socket, model: str) -> None:
    request = written(f"/v1/models/{model}/predict")
    head = request.index(b"\r\n\r\n") + 4
    for cuts in ([], [head], [10], [head - 2], [head + 5], [5, head - 1, head, head + 1]):
        for begin, end in zip([0, *cuts], [*cuts, len(request)], strict=True):
            wire.sendall(request[begin:end])
            time.sleep(0.02)
        whole = receive(wire)
        assert whole.startswith(b"HTTP/1.1 200 OK\r\n")
    wire.sendall(request + request)
    received = b""
    while len(received) < 2 * len(whole):
        received += more(wire)
    assert received.count(b'"predictions":') == received.count(b"HTTP/1.1 200 OK\r\n") == 2


@pytest.mark.parametrize("cut", [1, 40, -10, -1])
def test_a_client_that_goes_away_in_between_harms_nobody(service: Service, model: str, cut: int) -> None:
    url, request = service.http.base_url, written(f"/v1/models/{model}/predict")
    for _ in range(10):
        with socket.create_connection((url.host, url.port or 0), timeout=30) as connection:
            connection.sendall(request + request[:cut])
            receive(connection)
    answer = service.http.post(f"/v1/models/{model}/predict", json={"inputs": LISTS})
    assert answer.status_code == 200


def test_a_standard_client_gets_what_it_understands(service: Service, model: str) -> None:
    url = service.http.base_url
    connection = HTTPConnection(url.host, url.port, timeout=30)
    for _ in range(3):
        connection.request("POST", f"/v1/models/{model}/predict", BODY, {"Content-Type": JSON})
        answer: HTTPResponse = connection.getresponse()
        assert answer.status == 200
        assert json.loads(answer.read())["predictions"] == ["setosa", "virginica"]
    connection.close()


LENGTHS = [
    *("Content-Length: 44", "content-length:44", "Content-Length:  44 ", "Content-Length: 044", "Content-Length: +44"),
    *(
        "Content-Length: 4 4",
        "Content-Length: 0x2c",
        "Content-Length: -1",
        "Content-Length: 44, 44",
        "Content-Length: ",
    ),
    *("Content-Length : 44", "Content_Length: 44", " Content-Length: 44", "Content-Length", "Content-Length: ٤٤"),
]
OTHERS = [
    *(*LENGTHS, "Transfer-Encoding: chunked", "Transfer-Encoding: identity", "Expect: 100-continue", "TE: trailers"),
    *("Connection: close", "Connection: Keep-Alive", "Connection: Upgrade", "Upgrade: h2c", "X-Request-ID: a\tb"),
    *("Accept: a\x00b", "Accept: */*", "User-Agent: é", "Host: there", "X-Forwarded-Proto: https", "accept: a\rb"),
    *("Accept: a\nb", "Accept: a\n\rb", "Accept : a", "Accept:", ": a", "Accept-Language: a,\r\n b", "X_Y: z"),
]


@given(
    length=st.sampled_from(LENGTHS),
    others=st.lists(st.sampled_from(OTHERS), max_size=3),
    line=st.sampled_from(["POST /v1/models/m/predict HTTP/1.1"] * 6 + ["POST /v1/models/m/predict HTTP/1.0"]),
    end=st.sampled_from(["\r\n"] * 6 + ["\n", "\r"]),
)
@settings(max_examples=500)
def test_what_it_reads_gunicorn_reads_alike(length: str, others: list[str], line: str, end: str) -> None:
    lines = [line, "Host: here", f"Content-Type: {JSON}", length, *others]
    body, behind = b"x" * 44, b"GET / HTTP/1.1\r\nHost: behind\r\n\r\n"
    request = end.join([*lines, "", ""]).encode() + body
    asked = Shortcut(_Ours()).read(request)  # type: ignore[arg-type]
    event(f"read: {asked is not None}")
    if asked is not None:
        parser = get_parser(Config(), iter([request + behind]), ("127.0.0.1", 1))
        read = next(parser)
        assert (read.method, read.path, read.version) == ("POST", asked.path, (1, 1))
        assert read.body.read() == request[asked.begin : asked.end] == body
        assert not read.should_close()
        assert next(parser).path == "/"


def test_it_reads_what_clients_send() -> None:
    client = ["Accept: */*", "Accept-Encoding: gzip, deflate", "User-Agent: client/1.0", "X-Request-ID: mine"]
    client += ["X-Forwarded-For: 10.0.0.1", "X-Forwarded-Proto: https"]
    head = "\r\n".join(["POST /v1/models/m/predict HTTP/1.1", *client, "host: a:80", "content-type:  application/json"])
    asked = Shortcut(_Ours()).read(f"{head}\r\nContent-Length: 7\r\n\r\n".encode())  # type: ignore[arg-type]
    assert asked is not None
    assert (asked.model, asked.request_id, asked.end - asked.begin) == ("m", "mine", 7)


class _Ours:
    """As much of the services as reading takes."""

    settings = Settings()

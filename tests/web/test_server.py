"""The server on the wire: clients that are silent, slow, deaf or wrong, those that wait, and those that follow."""

import json
import re
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.conftest import wait_for
from tests.service import SMALLEST, Service, free_port
from tests.web.impatient import SECONDS

HEAD = b"POST /v1/jobs HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
LONG = {"data": {"builtin": "digits"}, "layers": [64], "training": {"epochs": 100_000}}


@contextmanager
def connected(port: int, content: bytes = b"") -> Iterator[socket.socket]:
    """A connection on which `content` was sent."""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        connection.sendall(content)
        yield connection


def receive(connection: socket.socket) -> bytes:
    """All that comes until the server hangs up."""
    received = b""
    try:
        while piece := connection.recv(1 << 16):
            received += piece
    except ConnectionResetError:
        pass
    return received


def take(connection: socket.socket) -> bytes:
    """One answer with a length."""
    received = b""
    while (begin := received.find(b"\r\n\r\n") + 4) < 4:
        received += more(connection)
    length = int(re.findall(rb"content-length: (\d+)", received[:begin])[0])
    while len(received) < begin + length:
        received += more(connection)
    return received


def more(connection: socket.socket) -> bytes:
    """What comes next."""
    piece = connection.recv(1 << 16)
    assert piece, "the server has hung up"
    return piece


def problem_of(answer: bytes) -> tuple[int, dict[str, Any]]:
    """The status and the problem of an answer."""
    head, _, body = answer.partition(b"\r\n\r\n")
    assert b"application/problem+json" in head.lower(), answer
    problem: dict[str, Any] = json.loads(body)
    assert problem["status"] == int(head.split()[1])
    return problem["status"], problem


@pytest.fixture
def port(service: Service) -> int:
    """Where the service of the session listens."""
    return service.http.base_url.port or 0


@pytest.fixture(scope="module")
def hasty(migrated_sqlite: Path) -> Iterator[int]:
    """The port of an API that gives up after a second."""
    port = free_port()
    command = [sys.executable, "-m", "tests.web.impatient", str(port), str(migrated_sqlite.parent)]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
        wait_for(lambda: _answers(port), seconds=60)
        yield port
        process.terminate()


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def milliseconds(port: int) -> float:
    """How long a fresh client waits for an answer."""
    started = time.perf_counter()
    assert httpx.get(f"http://127.0.0.1:{port}/healthz", timeout=30, trust_env=False).status_code == 200
    return 1000 * (time.perf_counter() - started)


def test_clients_that_are_silent_slow_or_deaf_keep_nobody_waiting(port: int, service: Service) -> None:
    path = service.post(LONG)["id"]
    half, half_body = HEAD[:40], HEAD + b"Content-Length: 500\r\n\r\n{"
    deaf = b"GET /assets/plotly.min.js HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
    upload = (
        b"POST /v1/datasets HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: text/csv\r\nContent-Length: 500\r\n\r\na,b"
    )
    with ExitStack() as clients:
        for content, count in ((b"", 100), (half, 40), (half_body, 40), (upload, 40), (deaf, 40)):
            for _ in range(count):
                clients.enter_context(connected(port, content))
        waits = sorted(milliseconds(port) for _ in range(20))
    assert waits[-1] < 5000  # with a thread for each, it would be a minute
    service.http.post(f"/v1/jobs/{path}/cancel")


@pytest.mark.parametrize("content", [b"", HEAD[:40], HEAD])
def test_a_head_that_does_not_come_is_given_up(hasty: int, content: bytes) -> None:
    started = time.monotonic()
    with connected(hasty, content) as client:
        assert receive(client) == b""
    assert time.monotonic() - started < 6 * SECONDS


def test_a_head_that_drips_is_given_up(hasty: int) -> None:
    with connected(hasty) as client:
        started, sent = time.monotonic(), 0
        while not select.select([client], [], [], 0.2)[0]:
            client.sendall(HEAD[sent : sent + 1])
            sent += 1
        assert time.monotonic() - started < 6 * SECONDS
        assert receive(client) == b""


def test_a_body_that_drips_is_answered_with_408(hasty: int) -> None:
    with connected(hasty, HEAD + b"Content-Length: 50\r\n\r\n") as client:
        while not select.select([client], [], [], 0.2)[0]:
            client.sendall(b" ")
        status, problem = problem_of(take(client))
    assert (status, problem["type"]) == (408, "/problems/request-timeout")


def test_a_connection_may_rest_between_requests_and_is_closed_after_a_while(hasty: int) -> None:
    with connected(hasty) as client:
        for _ in range(2):
            client.sendall(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
            assert b" 200 OK" in take(client)
            time.sleep(1.2 * SECONDS)
        started = time.monotonic()
        assert receive(client) == b""
        assert time.monotonic() - started < 6 * SECONDS


@pytest.mark.parametrize(
    "content",
    [
        b"nonsense\r\n\r\n",
        b"GET / HTTP/9.9\r\nHost: 127.0.0.1\r\n\r\n",
        b"GET /\xe9 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nno colon\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: -1\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n-5\r\n",
        b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nX: " + b"x" * 100_000,
    ],
)
def test_what_is_no_http_is_answered_with_a_problem(port: int, content: bytes) -> None:
    with connected(port, content) as client:
        status, problem = problem_of(receive(client))
    assert (status, problem["type"]) == (400, "/problems/invalid-request")


def test_requests_sent_one_behind_the_other_are_answered_in_turn(port: int) -> None:
    requests = [
        b"GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n" % path for path in (b"/healthz", b"/v1/jobs/x", b"/healthz")
    ]
    with connected(port, b"".join(requests)) as client:
        received = b""
        while len(re.findall(rb"HTTP/1\.1 \d+", received)) < 3:
            received += client.recv(1 << 16)
    assert re.findall(rb"HTTP/1\.1 (\d+)", received) == [b"200", b"404", b"200"]


def test_a_body_too_large_is_refused_while_the_client_still_sends(port: int) -> None:
    size = (64 << 20) + 1
    with connected(port, HEAD + b"Content-Length: %d\r\n\r\n" % size) as client:
        for _ in range(20):
            client.sendall(b" " * 100_000)
        status, problem = problem_of(take(client))
    assert (status, problem["type"]) == (413, "/problems/payload-too-large")
    assert str(64 << 20) in problem["detail"]


def test_an_upload_whose_sender_goes_away_becomes_no_data_set(service: Service, port: int) -> None:
    before = service.http.get("/v1/datasets").json()["data"]
    head = b"POST /v1/datasets HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: text/csv\r\nContent-Length: 500\r\n\r\n"
    with connected(port, head + b"a,b\n1,2\n3,4\n"):
        time.sleep(0.2)
    with connected(port, head + b"a,b\n1,2\n3,4\n") as client:
        client.shutdown(socket.SHUT_WR)
        receive(client)
    assert service.http.get("/v1/datasets").json()["data"] == before


def test_hundreds_wait_while_others_are_served(service: Service, port: int) -> None:
    job_id = service.post(LONG)["id"]
    request = f"GET /v1/jobs/{job_id}?wait=30&until=ended HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode()
    with ExitStack() as clients:
        waiting = [clients.enter_context(connected(port, request)) for _ in range(300)]
        time.sleep(1.0)
        assert not select.select(waiting, [], [], 0)[0]
        assert sorted(milliseconds(port) for _ in range(10))[5] < 2000
        service.http.post(f"/v1/jobs/{job_id}/cancel")
        for client in waiting:
            assert b'"status":"cancelled"' in take(client)


def test_a_wait_ends_with_a_change_or_with_the_end(service: Service) -> None:
    job_id = service.post({**SMALLEST, "training": {"epochs": 300}})["id"]
    ended = service.http.get(f"/v1/jobs/{job_id}", params={"wait": 60, "until": "ended"}).json()
    assert ended["status"] == "succeeded"
    refused = service.http.get(f"/v1/jobs/{job_id}", params={"wait": 60, "until": "never"})
    assert refused.status_code == 422
    assert service.http.get("/v1/jobs/job_none", params={"wait": 60}).status_code == 404


def follow(service: Service, job_id: str, last: str | None = None) -> list[dict[str, str]]:
    """The events of a job as a browser gets them."""
    headers = {"Accept": "text/event-stream"} | ({} if last is None else {"Last-Event-ID": last})
    events: list[dict[str, str]] = []
    with service.http.stream("GET", f"/v1/jobs/{job_id}/events", headers=headers) as answer:
        if answer.status_code == 204:
            return []
        assert answer.headers["Content-Type"].startswith("text/event-stream")
        lines: list[str] = []
        for line in answer.iter_lines():
            if line:
                lines.append(line)
            elif lines:
                events.append(dict(part.split(": ", 1) for part in lines))
                lines = []
    return events


def test_a_job_is_followed_to_its_end_and_from_any_event_on(service: Service) -> None:
    job_id = service.post({**SMALLEST, "training": {"epochs": 20}})["id"]
    with ThreadPoolExecutor(20) as clients:
        live, *others = clients.map(lambda _: follow(service, job_id), range(20))
    assert all(each == live for each in others)
    history = service.http.get(f"/v1/jobs/{job_id}/history").json()
    trained = [json.loads(each["data"])["data"] for each in live if each["event"] == "epoch"]
    assert [each["epoch"] for each in trained] == history["epochs"]
    assert [each["loss"] for each in trained] == history["series"]["loss"]
    assert json.loads(live[-1]["data"])["data"]["status"] == "succeeded"
    assert follow(service, job_id) == live
    assert follow(service, job_id, live[7]["id"]) == live[8:]
    assert follow(service, job_id, live[-1]["id"]) == []
    told = service.http.get(f"/v1/jobs/{job_id}/events").json()["data"]
    assert [each["message"] for each in told] == [
        json.loads(each["data"])["message"] for each in live if each["event"] in ("status", "log")
    ]


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Accept": "text/event-stream", "Last-Event-ID": "x"}, 400),
        ({"Accept": "image/png"}, 406),
    ],
)
def test_events_that_cannot_be_had_are_refused(service: Service, headers: dict[str, str], status: int) -> None:
    job_id = service.post(SMALLEST)["id"]
    assert service.http.get(f"/v1/jobs/{job_id}/events", headers=headers).status_code == status
    assert service.http.get("/v1/jobs/job_none/events", headers={"Accept": "text/event-stream"}).status_code == 404


def note_the_end(connection: socket.socket, started: float, ended: list[float]) -> None:
    """Note how many seconds after `started` the server hung up."""
    receive(connection)
    ended.append(time.monotonic() - started)


def test_a_stop_ends_streams_and_waits_at_once(tmp_path: Path) -> None:
    with Service.start(tmp_path) as service:
        job_id = service.post(LONG)["id"]
        port = service.http.base_url.port or 0
        stream = (
            f"GET /v1/jobs/{job_id}/events HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: text/event-stream\r\n\r\n".encode()
        )
        wait = f"GET /v1/jobs/{job_id}?wait=60&until=ended HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode()
        with connected(port, stream) as following, connected(port, wait) as waiting:
            assert b" 200 OK" in following.recv(1 << 16)
            time.sleep(0.3)
            ended: list[float] = []
            started = time.monotonic()
            readers = [
                threading.Thread(target=note_the_end, args=(each, started, ended)) for each in (following, waiting)
            ]
            for reader in readers:
                reader.start()
            service.process.send_signal(signal.SIGTERM)
            for reader in readers:
                reader.join(30)
        assert len(ended) == 2
        assert max(ended) < 8

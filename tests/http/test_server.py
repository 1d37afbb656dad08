"""The server's threads: one stays with a client that asks again at once, none keeps another waiting, all predict."""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.client import HTTPConnection

import pytest

from steelyard.http.server import LINGER_MILLISECONDS, SILENCE_SECONDS
from tests.service import free_port

FOREVER = 3_600_000
MOMENT = 5 * LINGER_MILLISECONDS / 1000
PREDICT = (
    b"POST /v1/models/m/predict HTTP/1.1\r\nHost: here\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"
)
REQUEST = b"POST / HTTP/1.1\r\nHost: here\r\nContent-Length: 2\r\n\r\n{}"


@contextmanager
def serving(threads: int, *, linger: int = LINGER_MILLISECONDS, silence: int = SILENCE_SECONDS) -> Iterator[int]:
    port = free_port()
    command = [sys.executable, "-m", "tests.http.counting", *map(str, (port, threads, linger, silence))]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
        try:
            end = time.monotonic() + 60
            while not is_listening(port):
                assert process.poll() is None
                assert time.monotonic() < end
                time.sleep(0.05)
            yield port
        finally:
            process.terminate()


def is_listening(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def ask(connection: HTTPConnection) -> int:
    """How often a connection has been handed to a thread."""
    connection.request("POST", "/", b"{}")
    return int(connection.getresponse().read())


@contextmanager
def connected(port: int) -> Iterator[HTTPConnection]:
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        yield connection
    finally:
        connection.close()


def test_a_thread_stays_with_a_client_that_asks_again_at_once() -> None:
    with serving(threads=4) as port, connected(port) as client:
        counts = [ask(client) for _ in range(50)]
        assert counts[-1] - counts[0] < 10  # on a busy machine, a client may now and then be late
        time.sleep(MOMENT)
        assert ask(client) > counts[-1]


def test_predictions_are_answered_before_the_application_is_asked() -> None:
    with serving(threads=2) as port, connected(port) as client:
        for turn in range(3):  # the first request of a connection, too
            client.request("POST", "/v1/models/m/predict", b"{}", {"Content-Type": "application/json"})
            answer = client.getresponse()
            assert (answer.status, answer.read()) == (200, b'{"model":"m","bytes":2}')
            if turn:
                ask(client)
                time.sleep(MOMENT)
        for piece in (PREDICT[:-2], PREDICT[-2:-1], PREDICT[-1:]):
            client.sock.sendall(piece)
            time.sleep(MOMENT / 10)
        assert client.sock.recv(1 << 16).endswith(b'{"model":"m","bytes":2}')


def test_no_client_waits_for_a_thread_that_stays_with_another() -> None:
    with serving(threads=1, linger=FOREVER) as port, ExitStack() as clients:
        first, second = (clients.enter_context(connected(port)) for _ in range(2))
        first.connect()
        second.connect()
        counts = [ask(client) for _ in range(5) for client in (first, second)]
        assert counts[-1] >= len(counts)  # every time by way of the main thread


def test_requests_sent_one_behind_the_other_are_answered_and_so_is_the_end() -> None:
    with serving(threads=2) as port, socket.create_connection(("127.0.0.1", port), timeout=30) as client:
        client.sendall(3 * REQUEST)
        received = b""
        while received.count(b"HTTP/1.1 200 OK") < 3:
            received += client.recv(1 << 16)
        client.shutdown(socket.SHUT_WR)
        while piece := client.recv(1 << 16):
            received += piece
        assert received.count(b"HTTP/1.1 200 OK") == 3


@pytest.mark.parametrize("content", [REQUEST[:30], b"nonsense\r\n\r\n", b""])
def test_a_client_that_goes_away_takes_no_thread_with_it(content: bytes) -> None:
    with serving(threads=1) as port:
        for _ in range(3):
            with socket.create_connection(("127.0.0.1", port), timeout=30) as client:
                client.sendall(REQUEST)
                client.recv(1 << 16)
                client.sendall(content)
        with connected(port) as client:
            ask(client)


@pytest.mark.parametrize("begun", [REQUEST[:20], REQUEST[:-1], PREDICT[:-2], PREDICT[:-1]])
def test_a_client_that_falls_silent_keeps_no_thread_for_good(begun: bytes) -> None:
    with serving(threads=1, silence=1) as port, ExitStack() as clients:
        silent = [clients.enter_context(socket.create_connection(("127.0.0.1", port), timeout=30)) for _ in range(2)]
        for each in silent:
            each.sendall(begun)
        with connected(port) as client:
            ask(client)
        for each in silent:
            each.recv(1 << 16)
            assert each.recv(1) == b""


def test_a_client_that_does_not_read_its_answer_keeps_no_thread_for_good() -> None:
    with serving(threads=1, silence=1) as port, socket.create_connection(("127.0.0.1", port), timeout=30) as deaf:
        deaf.sendall(b"GET /much HTTP/1.1\r\nHost: here\r\n\r\n")
        deaf.recv(1)
        with connected(port) as client:
            ask(client)


def test_a_client_may_be_silent_between_requests() -> None:
    with serving(threads=1, silence=1) as port, connected(port) as client:
        ask(client)
        time.sleep(2.5)
        ask(client)

"""How a webhook is sent: to a real server, under a real signature, and nowhere that it may not go."""

import asyncio
import socket
import ssl
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
import trustme
from sqlalchemy import Engine
from standardwebhooks import Webhook, WebhookVerificationError

from steelyard.documents.writer import to_values
from steelyard.jobs import queries
from steelyard.jobs.webhooks import outbox
from steelyard.jobs.webhooks.outbox import Delivery
from steelyard.jobs.webhooks.schema import host_of
from steelyard.settings import Network, Settings
from steelyard.training.kind import TRAINING
from steelyard.training.queries import get_job
from steelyard_worker import webhook_sender
from steelyard_worker.webhook_sender import Refused, WebhookSender
from tests.conftest import wait_for
from tests.jobs.webhooks.test_outbox import SECRET, end_in

LOOPBACK = [ip_network("127.0.0.0/8")]


class Receiver(BaseHTTPRequestHandler):
    """Notes what it gets, and answers what it is told to."""

    def do_POST(self) -> None:
        server: Any = self.server
        body = self.rfile.read(int(self.headers["Content-Length"]))
        server.got.append((self.path, {name.lower(): value for name, value in self.headers.items()}, body))
        self.send_response(server.status)
        self.send_header("Location", f"http://127.0.0.1:{server.server_port}/elsewhere")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


class Server(ThreadingHTTPServer):
    request_queue_size = 64  # by default 5, of which a busy machine loses some of 16 connections at once


@pytest.fixture
def receiver() -> Iterator[Any]:
    """A server that takes webhooks."""
    server: Any = Server(("127.0.0.1", 0), Receiver)
    server.got, server.status = [], 204
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def delivery(url: str) -> Delivery:
    return Delivery("job_1", "evt_1", url, host_of(url), SECRET, b'{"type":"job.succeeded"}', 1, 5.0)


def send(sent: Delivery, networks: Sequence[Network]) -> int:
    """Send as a sender does; the status of the answer."""
    return asyncio.run(webhook_sender.send(sent, networks, httpx.create_ssl_context()))


def test_the_standard_library_of_receivers_takes_the_signature(receiver: Any) -> None:
    url = f"http://localhost:{receiver.server_port}/hook?a=b"
    assert send(delivery(url), [*LOOPBACK, ip_network("::1/128")]) == 204
    [(path, headers, body)] = receiver.got
    assert path == "/hook?a=b"
    assert headers["host"] == f"localhost:{receiver.server_port}"
    assert Webhook(SECRET).verify(body, headers) == {"type": "job.succeeded"}
    with pytest.raises(WebhookVerificationError):
        Webhook(SECRET).verify(body + b" ", headers)


def test_without_a_secret_nothing_is_signed(receiver: Any) -> None:
    plain = replace(delivery(f"http://127.0.0.1:{receiver.server_port}/"), secret=None)
    send(plain, LOOPBACK)
    assert "webhook-signature" not in receiver.got[0][1]
    assert receiver.got[0][1]["webhook-id"] == "evt_1"


def test_a_certificate_must_be_the_names_wherever_the_connection_goes(
    receiver: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "authority.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))
    context, asked = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH), []
    context.sni_callback = lambda _, name, __: asked.append(name)
    authority.issue_cert("localhost").configure_cert(context)
    receiver.socket = context.wrap_socket(receiver.socket, server_side=True)
    networks = [*LOOPBACK, ip_network("::1/128")]
    assert send(delivery(f"https://localhost:{receiver.server_port}/"), networks) == 204
    assert asked == ["localhost"]
    with pytest.raises(httpx.ConnectError, match="certificate verify failed"):
        send(delivery(f"https://127.0.0.1:{receiver.server_port}/"), networks)
    assert len(receiver.got) == 1


def test_a_redirect_is_not_followed(receiver: Any) -> None:
    receiver.status = 302
    assert send(delivery(f"http://127.0.0.1:{receiver.server_port}/"), LOOPBACK) == 302
    assert [path for path, _, _ in receiver.got] == ["/"]


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "2130706433", "0x7f.1"])
def test_a_closed_address_is_not_reached_under_any_spelling(receiver: Any, host: str) -> None:
    with pytest.raises(Refused, match="not a public address"):
        send(delivery(f"http://{host}:{receiver.server_port}/"), [])
    assert receiver.got == []


def test_a_name_with_one_closed_address_among_open_ones_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def resolve(*_: Any, **__: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 80)) for address in ("1.1.1.1", "10.0.0.1")]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    with pytest.raises(Refused, match=r"10\.0\.0\.1"):
        send(delivery("http://example.com/"), [])


def test_a_name_is_looked_up_once(receiver: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    real = socket.getaddrinfo

    def resolve(host: Any, *rest: Any, **options: Any) -> Any:
        asked.append(host)
        return real("127.0.0.1" if host == "rebound.example" else host, *rest, **options)

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    send(delivery(f"http://rebound.example:{receiver.server_port}/"), LOOPBACK)
    assert asked.count("rebound.example") == 1
    assert receiver.got[0][1]["host"] == f"rebound.example:{receiver.server_port}"


@contextmanager
def courier_at_work(engine: Engine, networks: str = "127.0.0.0/8,::1/128") -> Iterator[None]:
    at_work = WebhookSender(engine, Settings(webhook_networks=networks))
    at_work.start()
    try:
        yield
    finally:
        at_work.stop()


def notes(engine: Engine, job_id: str) -> list[str]:
    events = queries.list_events(engine, job_id, TRAINING, limit=100, after=0).data
    return [event.message for event in events if event.type == "log"]


def test_an_ended_job_is_told_of(engine: Engine, receiver: Any) -> None:
    told = f"http://127.0.0.1:{receiver.server_port}/hook"
    job_id = end_in(engine, "succeeded", {"url": told, "secret": SECRET})
    with courier_at_work(engine):
        wait_for(lambda: notes(engine, job_id))
    [(_, headers, body)] = receiver.got
    Webhook(SECRET).verify(body, headers)
    assert orjson.loads(body)["data"] == to_values(get_job(engine, job_id))
    assert notes(engine, job_id) == ["webhook, attempt 1: the receiver answered 204"]


@pytest.mark.parametrize(
    ("what", "words"),
    [
        ("500", "answered 500; next attempt in"),
        ("410", "gets no more deliveries"),
        ("nobody", "could not be reached"),
        ("silent", "longer"),
    ],
)
def test_what_becomes_of_an_attempt_is_said(
    engine: Engine, receiver: Any, monkeypatch: pytest.MonkeyPatch, what: str, words: str
) -> None:
    monkeypatch.setattr(webhook_sender, "DELIVERY_SECONDS", 1.0)
    with socket.socket() as silent:  # which takes connections and answers nothing
        silent.bind(("127.0.0.1", 0))
        if what != "nobody":
            silent.listen()
        port = receiver.server_port if what.isdigit() else silent.getsockname()[1]
        receiver.status = int(what) if what.isdigit() else 200
        told = {"url": f"http://127.0.0.1:{port}/"}
        job_id = end_in(engine, "failed", told)
        with courier_at_work(engine):
            wait_for(lambda: notes(engine, job_id))
    assert words in notes(engine, job_id)[0]


@contextmanager
def silent_port() -> Iterator[int]:
    """A port that accepts connections and never answers."""
    with socket.socket() as silent:
        silent.bind(("0.0.0.0", 0))
        silent.listen(64)
        yield silent.getsockname()[1]


@pytest.mark.parametrize("hosts", ["one host", "many hosts"])
def test_silent_receivers_delay_no_other(
    engine: Engine, receiver: Any, monkeypatch: pytest.MonkeyPatch, hosts: str
) -> None:
    monkeypatch.setattr(webhook_sender, "AT_ONCE", 10)
    monkeypatch.setattr(webhook_sender, "DELIVERY_SECONDS", 90.0)
    if hosts == "one host":  # whose deliveries never take all places
        monkeypatch.setattr(webhook_sender, "PATIENCE_SECONDS", 1000.0)
    with silent_port() as port:
        for number in range(30):  # 127.0.0.1, 127.0.0.2 … are hosts of their own
            host = f"127.0.0.{number + 1}" if hosts == "many hosts" else "127.0.0.1"
            end_in(engine, "succeeded", {"url": f"http://{host}:{port}/"})
        good = end_in(engine, "succeeded", {"url": f"http://127.0.0.1:{receiver.server_port}/"})
        with courier_at_work(engine):
            wait_for(lambda: notes(engine, good), seconds=45)  # it takes three on an idle machine
    assert notes(engine, good) == ["webhook, attempt 1: the receiver answered 204"]


def test_a_worker_that_stops_interrupts_its_deliveries_and_another_repeats_them(engine: Engine) -> None:
    with silent_port() as port:
        job_id = end_in(engine, "succeeded", {"url": f"http://127.0.0.1:{port}/"})
        with courier_at_work(engine):
            wait_for(lambda: outbox.find_due(engine, limit=1, host_limit=1) == [])
            started = time.monotonic()
        assert time.monotonic() - started < webhook_sender.STOP_SECONDS
    assert notes(engine, job_id) == ["webhook, attempt 1: interrupted, because the worker stopped"]
    assert outbox.find_due(engine, limit=1, host_limit=1) == [job_id]


def test_two_couriers_send_each_event_once(engine: Engine, receiver: Any) -> None:
    url = f"http://127.0.0.1:{receiver.server_port}/"
    jobs = [end_in(engine, "succeeded", {"url": url}) for _ in range(30)]
    with courier_at_work(engine), courier_at_work(engine):
        wait_for(lambda: all(notes(engine, job_id) for job_id in jobs))
    events = [headers["webhook-id"] for _, headers, _ in receiver.got]
    assert len(events) == len(set(events)) == 30

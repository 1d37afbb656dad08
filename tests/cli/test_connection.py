"""The connection to a service ends the program with one message where something is wrong."""

import http.server
import json
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from steelyard.cli.connection import Client
from steelyard.client.transport import BUSY
from tests.cli.program import invoke
from tests.service import SMALLEST
from tests.trained import train

AWAY = "http://127.0.0.1:1"
Answer = tuple[int, bytes]


@contextmanager
def answering(answers: Sequence[Answer]) -> Iterator[tuple[str, list[str]]]:
    """A server of another program, which gives these answers in turn and then the last again; and what it was asked."""
    asked: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, body = answers[min(len(asked), len(answers) - 1)]
            asked.append(self.path)
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", asked
    server.shutdown()
    server.server_close()


def error_of(client: Client, path: str, capsys: pytest.CaptureFixture[str], **options: Any) -> str:
    """The message with which asking ends the program."""
    with pytest.raises(SystemExit) as ended:
        client.ask("GET", path, **options)
    assert ended.value.code == 1
    client.close()
    return capsys.readouterr().err


def test_a_service_that_is_away_is_named_with_what_to_do() -> None:
    ended = invoke("jobs", "--url", AWAY)
    assert ended.returncode == 1
    assert ended.stderr.startswith(f"{AWAY} does not answer (")
    assert ended.stderr.endswith("); start one with `steelyard up`, or give --url\n")


@pytest.mark.parametrize("status", sorted(BUSY))
def test_a_proxy_without_its_service_is_a_service_that_is_away(status: int, capsys: pytest.CaptureFixture[str]) -> None:
    with answering([(status, b"<html>")]) as (url, _):
        assert f"{url} does not answer (status {status})" in error_of(Client(url), "/v1/jobs", capsys)


@pytest.mark.parametrize(("status", "body"), [(200, b"<html>"), (404, b"nothing"), (404, b"{}"), (500, b"[]")])
def test_a_server_of_another_program_is_named_as_such(
    status: int, body: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    with answering([(status, body)]) as (url, _):
        assert error_of(Client(url), "/v1/jobs", capsys) == (
            f"{url} is not a Steelyard service: it answered {status} without its JSON; give another --url\n"
        )


def test_an_address_that_is_none_is_named() -> None:
    ended = invoke("jobs", "--url", "http://[::1")
    assert (ended.returncode, ended.stderr.startswith("--url http://[::1 is wrong: ")) == (1, True)


def test_a_problem_ends_the_program_with_its_words(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert (
        error_of(Client(url), "/v1/jobs/job_none", capsys)
        == "The resource does not exist: there is no job 'job_none'\n"
    )
    wrong = error_of(Client(url), "/v1/jobs", capsys, params={"limit": 0})
    assert "?limit  is '0'; it must be an integer from 1 to 200" in wrong


def test_a_file_is_written_whole_or_not_at_all(
    url: str, database: Engine, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    job = train(database, {**SMALLEST, "training": {"epochs": 1}}).id
    folder = tmp_path / "folder"
    folder.mkdir()
    client, file = Client(url), folder / "weights.json"
    client.save(f"/v1/jobs/{job}/weights/final", "application/json", file)
    assert json.loads(file.read_text())["tensors"]["output/bias"]
    before = file.read_bytes()
    with pytest.raises(SystemExit):
        client.save("/v1/jobs/job_none/weights/final", "application/json", file)
    client.close()
    assert file.read_bytes() == before
    with answering([(200, b"x" * 100)]) as (other, _):
        broken = Client(other)
        with pytest.raises(SystemExit):
            broken.save("/", "application/json", folder / "missing" / "a.json")
        broken.close()
    away = Client(AWAY)
    with pytest.raises(SystemExit):
        away.save("/", "application/json", folder / "b.json")
    away.close()
    assert [*folder.iterdir()] == [file]
    messages = capsys.readouterr().err.splitlines()
    assert "there is no job 'job_none'" in messages[0]
    assert "cannot be written: No such file or directory" in messages[1]
    assert f"{AWAY} does not answer" in messages[2]


def test_an_answer_that_breaks_off_leaves_no_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    class Short(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", "100")
            self.end_headers()
            self.wfile.write(b"half")

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Short)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    client = Client(f"http://127.0.0.1:{server.server_port}")
    with pytest.raises(SystemExit):
        client.save("/", "application/json", tmp_path / "a.json")
    client.close()
    server.shutdown()
    server.server_close()
    assert [*tmp_path.iterdir()] == []
    assert "does not answer" in capsys.readouterr().err


def as_json(**document: Any) -> Answer:
    return 200, json.dumps(document).encode()


def test_a_job_is_followed_to_its_end_over_a_lost_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("steelyard.cli.connection.RETRY_SECONDS", 0.01)
    answers = [
        as_json(id="job_1", status="running"),
        as_json(epochs=[1, 2], series={"loss": [0.5, 0.4]}),
        (503, b""),
        as_json(id="job_1", status="running"),
        as_json(epochs=[], series={}),
        as_json(id="job_1", status="succeeded"),
        as_json(epochs=[3], series={"loss": [0.3]}),
    ]
    with answering(answers) as (url, asked):
        client = Client(url)
        seen = [*client.follow({"id": "job_1", "status": "queued"})]
        client.close()
    assert [(job["status"], values, lost) for job, values, lost in seen] == [
        ("running", {"loss": 0.4}, ""),
        ("running", {"loss": 0.4}, f"{url} does not answer (status 503)"),
        ("running", {"loss": 0.4}, ""),
        ("succeeded", {"loss": 0.3}, ""),
    ]
    assert asked[0] == "/v1/jobs/job_1?wait=0.0&until=ended"  # the first answer comes at once
    assert asked[2] == "/v1/jobs/job_1?wait=0.15&until=ended"
    assert [path for path in asked if "history" in path] == [
        "/v1/jobs/job_1/history?after=0",
        "/v1/jobs/job_1/history?after=2",
        "/v1/jobs/job_1/history?after=2",
    ]

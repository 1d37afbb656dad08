"""The routes that every kind of job has."""

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine

from steelyard.http import deferral
from steelyard.inference.batches import PREDICTION
from steelyard.jobs import ledger
from steelyard.jobs.doorbell import Doorbell
from steelyard.jobs.feed import Cursor
from steelyard.jobs.following import Stream, Wait
from steelyard.jobs.kinds import Kind
from steelyard.training.kind import TRAINING
from tests.inference import test_batches
from tests.jobs import test_ledger

FOLDERS = {TRAINING.name: "/v1/jobs", PREDICTION.name: "/v1/predictions"}
STREAM = {"Accept": "text/event-stream"}


@pytest.fixture(params=[TRAINING, PREDICTION], ids=lambda kind: kind.name)
def kind(request: pytest.FixtureRequest) -> Kind[Any]:
    found: Kind[Any] = request.param
    return found


@pytest.fixture
def path(database: Engine, kind: Kind[Any]) -> str:
    """The address of a job of each kind, which waits."""
    submit = test_ledger.submit if kind is TRAINING else test_batches.submit
    return f"{FOLDERS[kind.name]}/{submit(database)}"


@pytest.fixture
def left(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """What views leave to the event loop."""
    orders: list[object] = []
    monkeypatch.setattr(deferral, "leave", orders.append)
    return orders


def test_a_job_can_be_cancelled_resumed_and_deleted(client: FlaskClient, path: str) -> None:
    assert client.get(path).json["status"] == "queued"
    assert client.post(f"{path}/resume").status_code == 409
    assert (client.post(f"{path}/cancel").status_code, client.get(path).json["status"]) == (202, "cancelled")
    assert client.post(f"{path}/cancel").status_code == 409
    resumed = client.post(f"{path}/resume")
    assert (resumed.status_code, resumed.json["status"], resumed.json["attempt"]) == (202, "queued", 2)
    assert client.delete(path).status_code == 204
    for method, place in (("GET", ""), ("DELETE", ""), ("POST", "/cancel"), ("POST", "/resume"), ("GET", "/events")):
        assert client.open(f"{path}{place}", method=method).status_code == 404


def test_a_running_job_is_cancelled_before_it_is_deleted(client: FlaskClient, database: Engine, path: str) -> None:
    held = test_ledger.claim(database, path.rsplit("/", 1)[1])
    answer = client.delete(path)
    assert answer.status_code == 409
    assert "cancel it" in answer.json["detail"]
    assert client.post(f"{path}/cancel").json["status"] == "running"
    ledger.release(database, held, "the worker stops")
    assert client.delete(path).status_code == 204


def test_events_are_a_list_in_pages(client: FlaskClient, path: str) -> None:
    client.post(f"{path}/cancel")
    first = client.get(f"{path}/events?limit=1").json
    assert ([event["message"] for event in first["data"]], first["has_more"]) == (
        ["accepted; waiting for a worker"],
        True,
    )
    rest = client.get(f"{path}/events", query_string={"after": first["next"]}).json
    assert [event["type"] for event in rest["data"]] == ["status"]
    assert rest["has_more"] is False


def test_a_stream_begins_behind_the_event_that_the_client_has(client: FlaskClient, path: str) -> None:
    client.post(f"{path}/cancel")
    last = client.get(f"{path}/events").json["data"][-1]["id"]
    assert client.get(f"{path}/events", headers=STREAM | {"Last-Event-ID": f"{last}.0.0"}).status_code == 204
    answer = client.get(f"{path}/events", headers=STREAM | {"Last-Event-ID": "yesterday"})
    assert answer.status_code == 400
    assert "'yesterday'" in answer.json["detail"]


@pytest.mark.parametrize(
    ("query", "order"),
    [
        ("", None),
        ("?until=ended", None),
        ("?wait=0", None),
        ("?wait=9.5", ("queued", False, 9.5)),
        ("?wait=60&until=ended", ("queued", True, 60)),
    ],
)
def test_a_wait_is_left_to_the_event_loop(
    client: FlaskClient, path: str, left: list[object], query: str, order: tuple[str, bool, float] | None
) -> None:
    job_id = path.rsplit("/", 1)[1]
    assert client.get(f"{path}{query}").json["id"] == job_id
    assert left == ([] if order is None else [Wait(job_id, *order)])


def test_nobody_waits_for_a_job_that_has_ended(client: FlaskClient, path: str, left: list[object]) -> None:
    client.post(f"{path}/cancel")
    assert client.get(f"{path}?wait=60").json["status"] == "cancelled"
    assert left == []


def test_a_stream_is_left_to_the_event_loop_from_its_cursor_on(
    client: FlaskClient, path: str, kind: Kind[Any], left: list[object]
) -> None:
    job_id = path.rsplit("/", 1)[1]
    for query in ("", "?after=7"):
        assert client.get(f"{path}/events{query}", headers=STREAM).content_type == "text/event-stream"
    assert left == [Stream(job_id, kind, Cursor(event=event)) for event in (0, 7)]


@pytest.mark.parametrize(("is_heard", "lost"), [(True, 0), (False, 1)])
def test_a_message_that_the_broker_does_not_take_is_counted(
    app: Flask, path: str, monkeypatch: pytest.MonkeyPatch, is_heard: bool, lost: int
) -> None:
    rung: list[str] = []

    def ring(_: Doorbell, job_id: str) -> bool:
        rung.append(job_id)
        return is_heard

    monkeypatch.setattr(Doorbell, "ring", ring)
    client = app.test_client()
    before = client.get("/metrics").text
    assert "steelyard_rings_lost_total 0.0" in before
    client.post(f"{path}/cancel")
    assert client.post(f"{path}/resume").status_code == 202
    assert rung == [path.rsplit("/", 1)[1]]
    assert f"steelyard_rings_lost_total {lost}.0" in client.get("/metrics").text


@pytest.mark.parametrize("query", ["wait=61", "wait=-1", "until=tomorrow"])
def test_a_wait_is_bounded(client: FlaskClient, path: str, query: str) -> None:
    answer = client.get(f"{path}?{query}")
    assert (answer.status_code, len(answer.json["errors"])) == (422, 1)

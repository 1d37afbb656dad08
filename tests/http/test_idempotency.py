"""A POST that is sent again with the same `Idempotency-Key`."""

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine
from werkzeug.test import TestResponse

from steelyard.settings import Settings
from steelyard.store import replies
from steelyard.store.engine import writing
from steelyard.store.replies import Once
from steelyard.store.tables import Reply
from steelyard.training import submission
from steelyard.training.schema.job import Job
from steelyard.web.app import create_app
from steelyard.web.wiring import KEY
from tests.service import SMALLEST


def post(client: FlaskClient, key: str, spec: dict[str, Any] = SMALLEST) -> TestResponse:
    return client.post("/v1/jobs", json=spec, headers={"Idempotency-Key": key})


def count(client: FlaskClient) -> int:
    return len(client.get("/v1/jobs").json["data"])


def test_the_second_gets_the_first_answer_and_makes_nothing(client: FlaskClient) -> None:
    first = post(client, "key-1")
    client.post(f"{first.headers['Location']}/cancel")
    second = post(client, "key-1")
    assert second.data == first.data
    assert (second.status_code, second.headers["Location"]) == (202, first.headers["Location"])
    assert second.headers["Idempotent-Replayed"] == "true"
    assert "Idempotent-Replayed" not in first.headers
    assert count(client) == 1
    assert post(client, "key-2").json["id"] != first.json["id"]


def test_the_same_key_with_another_request_is_refused(client: FlaskClient) -> None:
    post(client, "key")
    answer = post(client, "key", {**SMALLEST, "name": "other"})
    assert (answer.status_code, answer.json["type"]) == (422, "/problems/idempotency-key-reused")
    assert "new key" in answer.json["detail"]
    assert count(client) == 1


def test_a_refused_request_leaves_its_key_free(client: FlaskClient) -> None:
    assert post(client, "key", {"layers": "x"}).status_code == 422
    assert post(client, "key").status_code == 202


@pytest.mark.parametrize("key", ["", "a b", "x" * 256, "schlüssel"])
def test_a_key_that_cannot_be_one_is_refused(client: FlaskClient, key: str) -> None:
    answer = client.post("/v1/jobs", json=SMALLEST, headers={"Idempotency-Key": key.encode().decode("latin-1")})
    assert (answer.status_code, answer.json["type"]) == (400, "/problems/invalid-request")
    dry = client.post("/v1/jobs?dry_run=true", json=SMALLEST, headers={"Idempotency-Key": key})
    assert (dry.status_code, dry.json["type"]) == (400, "/problems/invalid-request")
    assert "Idempotency-Key" in answer.json["detail"]
    assert count(client) == 0


def test_a_dry_run_uses_no_key(client: FlaskClient) -> None:
    client.post("/v1/jobs?dry_run=true", json=SMALLEST, headers={"Idempotency-Key": "key"})
    assert "Idempotent-Replayed" not in post(client, "key").headers


def test_the_first_one_still_in_flight_is_a_conflict(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    begun, go_on = threading.Event(), threading.Event()
    submit = submission.submit

    def slow(*arguments: Any, **options: Any) -> Job:
        begun.set()
        assert go_on.wait(20)
        return submit(*arguments, **options)

    monkeypatch.setattr(submission, "submit", slow)
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(post, app.test_client(), "key")
        assert begun.wait(20)
        assert post(app.test_client(), "key").status_code == 409
        go_on.set()
        assert first.result().status_code == 202
    assert post(app.test_client(), "key").headers["Idempotent-Replayed"] == "true"


def test_two_processes_make_one_job(settings: Settings, engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = settings.model_copy(update={"database_url": engine.url.render_as_string(hide_password=False)})
    apps = [create_app(settings) for _ in range(4)]  # as processes are: nothing in common but the database
    together = threading.Barrier(len(apps))
    submit = submission.submit

    def at_once(*arguments: Any, **options: Any) -> Job:
        together.wait(20)
        return submit(*arguments, **options)

    monkeypatch.setattr(submission, "submit", at_once)
    with ThreadPoolExecutor(len(apps)) as pool:
        answers = list(pool.map(lambda app: post(app.test_client(), "one"), apps))
    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.data for answer in answers}) == 1
    assert sum("Idempotent-Replayed" in answer.headers for answer in answers) == len(apps) - 1
    for app in apps:
        app.extensions[KEY].doorbell.close()
        app.extensions[KEY].engine.dispose()


def test_old_answers_are_forgotten(app: Flask) -> None:
    engine = app.extensions[KEY].engine
    post(app.test_client(), "old")
    with writing(engine) as connection:
        connection.execute(Reply.__table__.update().values(created_at=Reply.created_at - replies.KEPT_SECONDS - 1))
    post(app.test_client(), "new")
    replies.forget_old(engine)
    assert replies.find(engine, Once("old", "")) is None
    assert "Idempotent-Replayed" in post(app.test_client(), "new").headers

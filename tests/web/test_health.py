"""Whether the service is ready, and its metrics."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask import Flask
from flask.testing import FlaskClient

from steelyard import __version__
from steelyard.jobs import heartbeats
from steelyard.jobs.states import STATUSES
from steelyard.settings import Settings
from steelyard.web.app import create_app
from steelyard.web.wiring import KEY
from tests.conftest import wait_for
from tests.service import SMALLEST

NOWHERE = {"broker_url": "redis+socket:///nowhere/at.all"}


@contextmanager
def application(settings: Settings, **changes: Any) -> Iterator[Flask]:
    app = create_app(settings.model_copy(update=changes))
    yield app
    app.extensions[KEY].close()


def parts(client: FlaskClient) -> tuple[int, dict[str, bool]]:
    answer = client.get("/readyz")
    assert answer.json["ready"] == (answer.status_code == 200)
    return answer.status_code, {name: part["ok"] for name, part in answer.json["parts"].items()}


def test_a_process_that_answers_is_healthy_whatever_else_is_away(settings: Settings) -> None:
    with application(settings, database_url="sqlite:////nowhere/at.all", **NOWHERE) as app:
        assert app.test_client().get("/healthz").json == {"status": "ok", "version": __version__}


def test_readiness_names_each_part(client: FlaskClient, app: Flask) -> None:
    wait_for(lambda: parts(client)[1]["broker"])  # a busy machine may answer too late once
    assert parts(client) == (503, {"database": True, "broker": True, "worker": False})
    heartbeats.announce(app.extensions[KEY].engine, "worker@host", concurrency=1)
    assert parts(client) == (200, {"database": True, "broker": True, "worker": True})
    assert client.get("/readyz").json["parts"]["worker"]["detail"] == "worker@host"


def test_a_database_or_a_broker_that_is_away_is_named(settings: Settings) -> None:
    away = "postgresql+psycopg://u:secret@127.0.0.1:1/d"
    with application(settings, database_url=away, **NOWHERE) as app:
        assert parts(app.test_client()) == (503, {"database": False, "broker": False, "worker": False})
        assert "secret" not in app.test_client().get("/readyz").text


def test_a_database_without_its_schema_is_not_ready(settings: Settings, tmp_path: Any) -> None:
    with application(settings, database_url=f"sqlite:///{tmp_path / 'empty.db'}") as app:
        answer = app.test_client().get("/readyz").json["parts"]["database"]
        assert answer == {"ok": False, "detail": "run `steelyard migrate`"}


def test_metrics_count_the_jobs_of_each_status(client: FlaskClient) -> None:
    client.post("/v1/jobs", json=SMALLEST)
    text = client.get("/metrics").text
    counts = {line for line in text.splitlines() if line.startswith("steelyard_jobs{")}
    assert counts == {f'steelyard_jobs{{status="{status}"}} {float(status == "queued")}' for status in STATUSES}


def test_metrics_are_there_while_the_database_is_away(settings: Settings) -> None:
    with application(settings, database_url="postgresql+psycopg://u@127.0.0.1:1/d") as app:
        answer = app.test_client().get("/metrics")
        assert answer.status_code == 200
        assert "steelyard_rings_lost_total 0.0" in answer.text
        assert "steelyard_jobs{" not in answer.text


def test_a_job_is_accepted_while_the_broker_is_away(settings: Settings) -> None:
    with application(settings, **NOWHERE) as app:
        assert app.test_client().post("/v1/jobs", json=SMALLEST).status_code == 202
        assert "steelyard_rings_lost_total 1.0" in app.test_client().get("/metrics").text

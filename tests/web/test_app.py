"""The application: every room's routes, one set of shared objects, and what each answer gets."""

import threading
from concurrent.futures import ThreadPoolExecutor

import structlog
from flask import Flask, g
from flask.testing import FlaskClient

from steelyard.attribution.service import Explainer
from steelyard.datasets.reader_pool import Readers
from steelyard.http import services
from steelyard.http.routing import OPERATION
from steelyard.inference.service import Predictor
from steelyard.settings import Settings
from steelyard.web.app import POLICY, create_app
from steelyard.web.wiring import KEY
from tests.service import SMALLEST


def test_nothing_is_connected_to_before_the_first_request(settings: Settings) -> None:
    away = {"database_url": "postgresql+psycopg://u@127.0.0.1:1/d", "broker_url": "redis://127.0.0.1:1/0"}
    app = create_app(settings.model_copy(update=away))
    assert app.test_client().get("/healthz").status_code == 200
    assert app.test_client().get("/v1/jobs").status_code == 503
    app.extensions[KEY].close()


def test_every_route_of_the_api_is_declared(app: Flask) -> None:
    rules = [rule for rule in app.url_map.iter_rules() if rule.rule.startswith("/v1/")]
    assert len(rules) > 30
    for rule in rules:
        assert hasattr(app.view_functions[rule.endpoint], OPERATION), rule


def test_routes_find_the_shared_objects_by_class(app: Flask) -> None:
    with app.app_context():
        for kind in (Settings, Predictor, Explainer, Readers):
            assert isinstance(services.service(kind), kind)
        assert services.service(Predictor) is app.extensions[KEY].predictor


def test_two_slashes_are_not_one(client: FlaskClient) -> None:
    assert client.get("/v1//jobs").status_code == 404


def test_a_body_over_the_limit_is_rejected(settings: Settings) -> None:
    app = create_app(settings.model_copy(update={"max_body_bytes": 1000}))
    answer = app.test_client().post("/v1/jobs", json={**SMALLEST, "name": "x" * 1000})
    assert (answer.status_code, answer.json["type"]) == (413, "/problems/payload-too-large")
    app.extensions[KEY].close()


def test_pages_have_a_policy_and_answers_of_the_api_have_none(client: FlaskClient) -> None:
    page, answer = client.get("/"), client.get("/v1/jobs")
    assert page.headers["Content-Security-Policy"] == POLICY
    assert page.headers["Referrer-Policy"] == "same-origin"
    assert "Content-Security-Policy" not in answer.headers


def test_each_request_has_an_id_of_its_own_in_the_log(app: Flask) -> None:
    both = threading.Barrier(2)
    seen: dict[str, str] = {}

    @app.get("/id/<name>")
    def note(name: str) -> str:
        both.wait(20)
        seen[name] = structlog.contextvars.get_contextvars()["request_id"]
        assert g.request_id == seen[name]
        return name

    with ThreadPoolExecutor(2) as pool:
        answers = [*pool.map(lambda name: app.test_client().get(f"/id/{name}").status_code, "ab")]
    assert answers == [200, 200]
    assert seen["a"] != seen["b"]
    assert "request_id" not in structlog.contextvars.get_contextvars()

"""Predictions that are answered before Flask is asked: by the client they cannot be told from Flask's."""

import json
import re
import time
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

import pytest
import structlog
from flask import Flask
from werkzeug.test import TestResponse

from steelyard.http.shortcut import MOST_BYTES, Shortcut
from steelyard.http.wiring import KEY
from steelyard.settings import Settings
from tests.application import running_app
from tests.service import Service

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication

LISTS = [[5.1, 3.5, 1.4, 0.2], [6.3, 2.9, 5.6, 1.8]]
NAMES = ("sepal_length", "sepal_width", "petal_length", "petal_width")
RECORD = dict(zip(NAMES, LISTS[0], strict=True))
JSON = "application/json"


class Asked:
    """Flask's application, and whether it was asked."""

    def __init__(self, flask: "WSGIApplication") -> None:
        self._flask = flask
        self.times = 0

    def __call__(self, environ: dict[str, Any], start_response: "StartResponse") -> Iterable[bytes]:
        """Pass a request on."""
        self.times += 1
        return self._flask(environ, start_response)


@pytest.fixture
def apps(service: Service) -> Iterator[tuple[Flask, Flask, Asked]]:
    """On the service's database: the application, the same without the shortcut, and whether the first asked Flask."""
    settings = Settings(data_dir=service.data_dir, max_body_bytes=1_000_000)
    with running_app(settings) as app, running_app(settings) as bare:
        assert isinstance(app.wsgi_app, Shortcut)
        assert isinstance(bare.wsgi_app, Shortcut)
        asked = Asked(app.wsgi_app.flask)
        app.wsgi_app = Shortcut(asked, app.extensions[KEY])  # type: ignore[method-assign]
        bare.wsgi_app = bare.wsgi_app.flask  # type: ignore[method-assign, assignment]
        yield app, bare, asked


def ask(app: Flask, path: str, **options: Any) -> TestResponse:
    """The answer, taken to its end."""
    return app.test_client().open(path, buffered=True, **{"method": "POST", "content_type": JSON} | options)


def without_id(answer: TestResponse) -> tuple[int, bytes, list[tuple[str, str]]]:
    """All of an answer but the request's id, which a problem names, too."""
    headers = sorted((name, value) for name, value in answer.headers if name != "X-Request-ID")
    return answer.status_code, re.sub(rb"req_[0-9a-f]+", b"", answer.data), headers


@pytest.mark.parametrize(
    "rows", [LISTS, LISTS[:1], [RECORD], [RECORD] * 50], ids=["lists", "list", "record", "records"]
)
def test_rows_are_answered_as_flask_would_without_asking_it(
    apps: tuple[Flask, Flask, Asked], model: str, rows: list[Any]
) -> None:
    app, bare, asked = apps
    path, body = f"/v1/models/{model}/predict", json.dumps({"inputs": rows})
    answer = ask(app, path, data=body)
    assert answer.status_code == 200
    assert len(answer.json["predictions"]) == len(rows)
    assert asked.times == 0
    assert without_id(answer) == without_id(ask(bare, path, data=body))


def test_a_request_has_an_id_leaves_a_line_and_is_counted(apps: tuple[Flask, Flask, Asked], model: str) -> None:
    app, _, asked = apps
    path, body = f"/v1/models/{model}/predict", json.dumps({"inputs": LISTS})
    with structlog.testing.capture_logs() as lines:
        answers = [ask(app, path, data=body, headers={"X-Request-ID": name}) for name in ("mine", "not mine", "")]
        assert asked.times == 0
        counted = ask(app, "/metrics", method="GET").text
    ids = [answer.headers["X-Request-ID"] for answer in answers]
    assert ids[0] == "mine"
    assert ids[1] != ids[2]
    assert all(re.fullmatch("req_[0-9a-f]{24}", each) for each in ids[1:])
    route = "/v1/models/<model_id>/predict"
    assert f'steelyard_http_requests_total{{method="POST",route="{route}",status="200"}} 3.0' in counted
    mine = [line for line in lines if line["path"] == path and line["request_id"] in ids]
    assert [line["request_id"] for line in mine] == ids
    assert all((line["event"], line["method"], line["status"]) == ("request", "POST", 200) for line in mine)
    assert [line["timestamp"] for line in mine] == sorted(line["timestamp"] for line in mine)


def test_a_deleted_alias_is_seen_within_a_second(
    apps: tuple[Flask, Flask, Asked], service: Service, model: str
) -> None:
    app, _, _ = apps
    path, body = "/v1/models/passing/predict", json.dumps({"inputs": LISTS})
    service.http.put(f"/v1/models/{model}/aliases/passing").raise_for_status()
    assert ask(app, path, data=body).json["model"] == model
    service.http.delete(f"/v1/models/{model}/aliases/passing").raise_for_status()
    time.sleep(1)
    assert ask(app, path, data=body).status_code == 404


@pytest.mark.parametrize(
    ("status", "options"),
    [
        (400, {"data": b'{"inputs": [[1, 2, 3, 4]'}),
        (400, {"data": b""}),
        (400, {"data": b'{"inputs": [[NaN, 2, 3, 4]]}'}),
        (422, {"data": b'{"inputs": [[1, 2, 3]]}'}),
        (422, {"data": b'{"inputs": [[1, 2, 3, "4"]]}'}),
        (422, {"data": b"[]"}),
        (404, {"data": json.dumps({"inputs": LISTS}), "model": "mdl_none"}),
        (404, {"data": json.dumps({"inputs": LISTS}), "model": "a/b"}),
        (422, {"data": json.dumps({"inputs": LISTS}), "query_string": "a=b"}),
        (415, {"data": json.dumps({"inputs": LISTS}), "content_type": "text/html"}),
        (200, {"data": json.dumps({"inputs": LISTS}), "content_type": f"{JSON}; charset=utf-8"}),
        (200, {"data": ",".join(NAMES) + "\n1,2,3,4\n", "content_type": "text/csv"}),
        (405, {"method": "GET"}),
        (200, {"data": json.dumps({"inputs": LISTS * 3000})}),
        (413, {"data": b" " * 1_000_001}),
    ],
)
def test_all_else_is_answered_by_flask(
    apps: tuple[Flask, Flask, Asked], model: str, status: int, options: dict[str, Any]
) -> None:
    app, bare, asked = apps
    path = f"/v1/models/{options.get('model', model)}/predict"
    given = {name: value for name, value in options.items() if name != "model"}
    answer = ask(app, path, **given)
    assert answer.status_code == status
    assert asked.times == 1
    assert without_id(answer) == without_id(ask(bare, path, **given))


def test_a_body_of_many_rows_is_one_that_flask_is_given() -> None:
    assert len(json.dumps({"inputs": LISTS * 3000})) > MOST_BYTES

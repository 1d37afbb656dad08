"""Whatever goes wrong is a problem+json, and no traceback leaves the process."""

import io
import re
from dataclasses import asdict
from typing import IO, Any

import pytest
import structlog
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from steelyard.http.environment import REQUEST_ID
from steelyard.settings import Settings
from steelyard.web.explanations import EXPLANATIONS
from steelyard.web.problems import MEDIA_TYPE, STATUS, known_errors
from tests.application import running_app
from tests.service import SMALLEST

SETTINGS = {name.upper() for name in Settings.model_fields}


def problem(answer: TestResponse, status: int, slug: str) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.mimetype == MEDIA_TYPE
    document: dict[str, Any] = answer.json or {}
    assert document["type"] == f"/problems/{slug}"
    assert document["status"] == status
    assert document["title"]
    assert document["detail"]
    assert "Traceback" not in answer.text
    return document


def test_every_error_has_a_status_and_a_page(client: FlaskClient) -> None:
    assert known_errors().keys() == STATUS.keys()
    for slug in STATUS:
        page = client.get(f"/problems/{slug}", headers={"Accept": "text/html"})
        assert page.status_code == 200
        assert slug in page.text
        assert all(f"<h2>{heading}</h2>" in page.text for heading in ("Cause", "Example", "Remedy"))
        assert client.get(f"/problems/{slug}", headers={"Accept": "application/json"}).json["status"] == STATUS[slug]


def test_every_error_has_a_cause_an_example_and_a_remedy() -> None:
    assert EXPLANATIONS.keys() == known_errors().keys()
    for explanation in EXPLANATIONS.values():
        assert all(asdict(explanation).values())
        assert set(re.findall(r"STEELYARD_(\w+)", explanation.remedy)) <= SETTINGS


def test_an_address_that_is_not_there(client: FlaskClient) -> None:
    for path in ("/v3/none", "/v1/jobs/job_none", "/v1/models/mdl_none", "/problems/none", "/v1//jobs", "/assets/x.js"):
        problem(client.get(path), 404, "not-found")


def test_a_method_that_the_address_does_not_take(client: FlaskClient) -> None:
    answer = client.put("/v1/jobs")
    problem(answer, 405, "method-not-allowed")
    assert "POST" in answer.headers["Allow"]


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", None])
def test_a_body_of_another_kind(client: FlaskClient, content_type: str | None) -> None:
    problem(client.post("/v1/jobs", data=b"{}", content_type=content_type), 415, "unsupported-media-type")


def test_a_body_that_is_too_large(app: Flask) -> None:
    app.config["MAX_CONTENT_LENGTH"] = 100
    answer = app.test_client().post("/v1/jobs", data=b" " * 101, content_type="application/json")
    assert "at most 100 bytes; it has 101" in problem(answer, 413, "payload-too-large")["detail"]


@pytest.mark.parametrize(("path", "content_type"), [("/v1/jobs", "application/json"), ("/v1/datasets", "text/csv")])
def test_a_chunked_body_that_is_too_large(settings: Settings, path: str, content_type: str) -> None:
    with running_app(settings.model_copy(update={"max_body_bytes": 100, "max_dataset_bytes": 100})) as app:
        chunked: dict[str, Any] = {"wsgi.input": io.BytesIO(b" " * 1000), "wsgi.input_terminated": True}
        chunked["HTTP_TRANSFER_ENCODING"] = "chunked"
        answer = app.test_client().post(path, content_type=content_type, environ_overrides=chunked)
        assert "at most 100 bytes" in problem(answer, 413, "payload-too-large")["detail"]


def test_a_full_disk_for_temporary_files_is_unavailable(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(**_: Any) -> IO[bytes]:
        return open("/dev/full", "r+b", buffering=0)  # noqa: PTH123

    monkeypatch.setattr("steelyard.store.tempfiles.unnamed_file", full)
    answer = app.test_client().post("/v1/datasets", data=b"a,b\n1,2\n", content_type="text/csv")
    assert "no space" in problem(answer, 503, "unavailable")["detail"]


def test_a_body_that_is_not_json(client: FlaskClient) -> None:
    for body in (b"", b"{", b'{"a": 1, "a": 1}', b"[" * 1000, b'{"a": NaN}'):
        problem(client.post("/v1/jobs", data=body, content_type="application/json"), 400, "invalid-request")


class Lost(io.RawIOBase):
    """A body that does not come."""

    def read(self, *_: Any) -> bytes:
        raise ConnectionResetError

    readinto = read


@pytest.mark.parametrize(
    ("path", "content_type"),
    [
        ("/v1/jobs", "application/json"),
        ("/v1/datasets", "text/csv"),
        ("/v1/datasets", "multipart/form-data; boundary=a"),
    ],
)
def test_a_client_that_is_lost_in_the_midst_of_its_body_is_no_fault_of_ours(
    client: FlaskClient, path: str, content_type: str
) -> None:
    environ = {"wsgi.input": Lost(), "wsgi.input_terminated": True}
    with structlog.testing.capture_logs() as lines:
        answer = client.post(path, content_type=content_type, environ_overrides=environ)
    problem(answer, 400, "invalid-request")
    assert not [line for line in lines if line["log_level"] == "error"]
    assert client.get("/v1/datasets").json["data"] == []


def test_every_fault_of_a_job_at_once(client: FlaskClient) -> None:
    document = problem(
        client.post("/v1/jobs", json={**SMALLEST, "layers": [-1, "x"], "lose": 1}), 422, "validation-failed"
    )
    assert {fault["pointer"] for fault in document["errors"]} == {"/layers/0", "/layers/1", "/lose"}
    assert client.get("/v1/jobs").json["data"] == []


def test_a_job_that_cannot_fit_is_not_queued(client: FlaskClient) -> None:
    problem(client.post("/v1/jobs", json={**SMALLEST, "layers": [60_000, 60_000]}), 422, "too-large-to-train")
    assert client.get("/v1/jobs").json["data"] == []


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=201", "limit=x", "status=done", "what=1", "lmit=3", "limit=1&limit=2"]
)
def test_a_wrong_query_parameter_is_named(client: FlaskClient, query: str) -> None:
    document = problem(client.get(f"/v1/jobs?{query}"), 422, "validation-failed")
    assert document["errors"][0]["parameter"] == query.split("=", maxsplit=1)[0]


def test_an_answer_lists_a_hundred_errors_and_says_how_many_more(client: FlaskClient) -> None:
    job = SMALLEST | {f"unknown{number}": 1 for number in range(250)}
    document = problem(client.post("/v1/jobs", json=job), 422, "validation-failed")
    assert (len(document["errors"]), document["more_errors"]) == (100, 150)


@pytest.mark.parametrize("resource", ["jobs", "datasets", "models", "predictions"])
@pytest.mark.parametrize(
    "after", ["x", "", "job_", "%00", "job_" + 26 * "0", "ds_" + 26 * "0", 10**5 * "x"], ids=lambda text: text[:20]
)
def test_an_unknown_cursor_is_an_error(client: FlaskClient, resource: str, after: str) -> None:
    answer = client.get(f"/v1/{resource}?after={after}")
    assert answer.status_code in (400, 422), answer.text  # the latter names a NUL character
    assert "after" in answer.text


@pytest.mark.parametrize(
    "after", [2**53, 2**63 - 1, 2**63, 5000 * "9", "1_0", "٣", "nan", "-1", "1.5"], ids=lambda text: str(text)[:20]
)
@pytest.mark.parametrize("part", ["history", "events", "predictions"])
def test_an_offset_beyond_any_row_is_an_error(client: FlaskClient, part: str, after: Any) -> None:
    job_id = client.post("/v1/jobs", json=SMALLEST).json["id"]
    document = problem(client.get(f"/v1/jobs/{job_id}/{part}?after={after}"), 422, "validation-failed")
    assert document["errors"][0]["parameter"] == "after"


@pytest.mark.parametrize(
    "path",
    ["/v1/jobs/%00", "/v1/datasets/%00/rows", "/v1/models/%ed%a0%80", "/v1/jobs/" + 10**5 * "x"],
    ids=lambda text: text[:20],
)
def test_a_name_that_no_database_takes_is_not_there(client: FlaskClient, path: str) -> None:
    problem(client.get(path), 404, "not-found")


def test_a_form_that_there_is_not(client: FlaskClient) -> None:
    job_id = client.post("/v1/jobs", json=SMALLEST).json["id"]
    answer = client.get(f"/v1/jobs/{job_id}/history", headers={"Accept": "image/png"})
    problem(answer, 406, "not-acceptable")


def test_a_fault_of_ours_says_nothing_of_itself(app: Flask) -> None:
    @app.get("/broken")
    def broken() -> str:
        raise RuntimeError("secret")

    answer = app.test_client().get("/broken", environ_overrides={REQUEST_ID: "abc"})
    document = problem(answer, 500, "internal")
    assert "abc" in document["detail"]
    assert "secret" not in answer.text


def test_a_database_that_is_away_is_unavailable(settings: Settings) -> None:
    from steelyard.web.app import create_app

    app = create_app(settings.model_copy(update={"database_url": "sqlite:////nowhere/at/all.db"}))
    answer = app.test_client().get("/v1/jobs")
    problem(answer, 503, "unavailable")
    assert answer.headers["Retry-After"]

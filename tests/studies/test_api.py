"""Mends over HTTP: asked for once, shown, listed, cancelled and deleted."""

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine

from steelyard.training.queries import get_job
from tests import trained
from tests.studies.conftest import OVERFITTED


@pytest.fixture
def sick(database: Engine) -> str:
    """A job with a finding that has a patch."""
    return trained.train(database, OVERFITTED).id


def test_a_mend_is_queued_shown_and_answers_once_its_jobs_have_ended(
    client: FlaskClient, database: Engine, sick: str
) -> None:
    asked = client.post(f"/v1/jobs/{sick}/mend", json={"seeds": 2})
    assert asked.status_code == 202
    path = asked.headers["Location"]
    assert path == f"/v1/mends/{asked.json['id']}"
    assert asked.headers["Retry-After"] == "1"
    assert client.get(path).json == asked.json
    trials = [pair[variant] for pair in asked.json["pairs"] for variant in ("original", "mended")]
    trained.run_all(database, [trial["job"] for trial in trials])
    found = client.get(path).json
    assert (found["status"], found["object"], found["job"]) == ("succeeded", "mend", sick)
    assert found["verdict"] in ("helped", "no_difference")
    assert {operation["op"] for operation in found["patch"]} <= {"add", "replace", "remove"}
    assert client.get("/v1/mends", query_string={"job": sick}).json["data"][0] == found
    assert client.get("/v1/mends?job=job_none").json["data"] == []
    job = client.get(f"/v1/jobs/{found['pairs'][0]['mended']['job']}").json
    assert job["study"] == {"id": found["id"], "origin": sick, "variant": "mended", "seed": 5}
    assert client.post(f"{path}/cancel").status_code == 409
    assert client.delete(path).status_code == 204
    assert client.get(path).status_code == 404
    assert client.get(f"/v1/jobs/{job['id']}").status_code == 404


def test_the_same_request_is_one_mend(client: FlaskClient, sick: str) -> None:
    headers = {"Idempotency-Key": "mend-once"}
    first, again = (client.post(f"/v1/jobs/{sick}/mend", json={"seeds": 2}, headers=headers) for _ in range(2))
    assert (first.json["id"], again.headers["Idempotent-Replayed"]) == (again.json["id"], "true")
    cancelled = client.post(f"/v1/mends/{first.json['id']}/cancel")
    assert (cancelled.status_code, cancelled.json["status"]) == (202, "cancelled")


def test_the_mended_job_is_named_after_the_one_that_it_is_about(
    client: FlaskClient, database: Engine, sick: str
) -> None:
    asked = client.post(f"/v1/jobs/{sick}/mend", json={"seeds": 2}).json
    names = [get_job(database, asked["pairs"][1][variant]["job"]).name for variant in ("original", "mended")]
    assert names == [f"{sick} (original, seed 6)", f"{sick} (mended, seed 6)"]
    client.post(f"/v1/mends/{asked['id']}/cancel")


def test_what_makes_no_sense_is_a_problem_that_names_the_field(client: FlaskClient, sick: str) -> None:
    wrong = client.post(f"/v1/jobs/{sick}/mend", json={"seeds": 99, "finding": ["overfitting"]})
    assert wrong.status_code == 422
    assert {error["pointer"] for error in wrong.json["errors"]} == {"/seeds", "/finding"}
    assert client.post("/v1/jobs/job_none/mend", json={}).status_code == 404
    assert client.post(f"/v1/jobs/{sick}/mend", data="{}").status_code == 415
    for path in ("/v1/mends/mend_none", "/v1/mends/mend_none/cancel"):
        assert (client.post(path) if "cancel" in path else client.get(path)).status_code == 404
    assert client.delete("/v1/mends/mend_none").status_code == 404


def test_a_lab_is_opened_shown_listed_cancelled_and_deleted(client: FlaskClient) -> None:
    asked = {"job": {"data": {"builtin": "iris"}, "layers": [8]}, "initializers": ["zeros", "he_normal"], "seeds": 2}
    headers = {"Idempotency-Key": "lab-once"}
    first, again = (client.post("/v1/initialization-labs", json=asked, headers=headers) for _ in range(2))
    assert first.status_code == 202, first.json
    assert first.json == again.json
    path = first.headers["Location"]
    assert path == f"/v1/initialization-labs/{first.json['id']}"
    assert [each["initializer"]["name"] for each in client.get(path).json["combinations"]] == ["zeros", "he_normal"]
    assert client.get("/v1/initialization-labs?limit=1").json["data"] == [client.get(path).json]
    cancelled = client.post(f"{path}/cancel")
    assert (cancelled.status_code, cancelled.json["status"]) == (202, "cancelled")
    assert client.delete(path).status_code == 204
    assert client.get(path).status_code == 404
    wrong = client.post("/v1/initialization-labs", json=asked | {"initializers": ["he_norml"]})
    assert (wrong.status_code, wrong.json["errors"][0]["pointer"]) == (422, "/initializers/0")

"""The route of traces."""

from flask.testing import FlaskClient
from sqlalchemy import Engine

from tests import trained
from tests.traces.jobs import plain


def test_the_smallest_job_is_traced_and_nothing_is_stored(client: FlaskClient) -> None:
    job = {"data": {"builtin": "iris"}, "layers": [16, 8], "initializer": "he_normal", "training": {"batch_size": 32}}
    answer = client.post("/v1/traces", json=job)
    assert answer.status_code == 200, answer.text
    assert (answer.json["object"], len(answer.json["rows"])) == ("trace", 32)
    assert [layer["name"] for layer in answer.json["layers"]] == ["dense_1", "dense_2", "output"]
    assert answer.json["check"]["verdict"] == "agrees"
    assert client.get("/v1/jobs").json["data"] == []


def test_a_stored_job_is_traced(client: FlaskClient, database: Engine) -> None:
    job = trained.train(database, plain())
    answer = client.post("/v1/traces", json={"job": job.id, "epoch": 1, "rows": [0, 5]})
    assert answer.status_code == 200, answer.text
    assert (answer.json["epoch"], answer.json["rows"]) == (1, [0, 5])


def test_errors_are_problems(client: FlaskClient) -> None:
    rejected = client.post("/v1/traces", json=plain(name="mine"))
    assert rejected.status_code == 422
    assert rejected.json["errors"][0]["pointer"] == "/name"
    missing = client.post("/v1/traces", json={"job": "job_00000000000000000000000000"})
    assert missing.status_code == 404
    assert client.post("/v1/traces", json=[1]).status_code == 422

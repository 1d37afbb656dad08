"""Answers that are larger than the memory that they may take, and rules that run again."""

import io
import json

import numpy as np
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine

from steelyard.exports import npz, safetensors
from steelyard.training.large_inline import LARGE_BYTES
from steelyard.training.results import SplitPredictions, WeightSnapshot, save_result
from steelyard.web.wiring import KEY
from tests.application import download
from tests.jobs.test_ledger import claim, end, submit
from tests.service import SMALLEST
from tests.trained import train

KERNEL = np.random.default_rng(0).normal(size=(2_000, 3_000)).astype(np.float32)
TENSORS = {"dense_1/kernel": KERNEL, "dense_1/bias": np.zeros(3_000, np.float32)}
CLASSES = 3
ROWS = 200_000


@pytest.fixture
def job_id(app: Flask) -> str:
    """A job with weights of 24 MB and 200,000 predictions."""
    engine = app.extensions[KEY].engine
    job_id = submit(engine)
    chances = np.random.default_rng(1).random((ROWS, CLASSES)).astype(np.float32)
    split = SplitPredictions("test", np.arange(ROWS), np.arange(ROWS) % 3, np.arange(ROWS) % 3, chances)
    snapshots = [WeightSnapshot("final", 1, TENSORS)]
    save_result(engine, claim(engine, job_id), end(), snapshots=snapshots, predictions=[split], model=None)
    return job_id


def test_weights_of_any_size_are_sent_in_bounded_memory(client: FlaskClient, job_id: str) -> None:
    path = f"/v1/jobs/{job_id}/weights/final"
    length, _, _ = download(client, path)
    assert length > 2 * KERNEL.nbytes
    for form in (safetensors.MEDIA_TYPE, npz.NPZ_MEDIA_TYPE):
        assert download(client, path, form)[0] > KERNEL.nbytes
    assert download(client, f"{path}/dense_1/kernel")[0] > 2 * KERNEL.nbytes
    assert download(client, f"{path}/dense_1/kernel", npz.NPY_MEDIA_TYPE)[0] > KERNEL.nbytes


def test_weights_that_are_sent_in_pieces_are_read_by_their_libraries(client: FlaskClient, job_id: str) -> None:
    path = f"/v1/jobs/{job_id}/weights/final"
    sent = client.get(path, headers={"Accept": safetensors.MEDIA_TYPE})
    assert safetensors.load(sent.data)["dense_1/kernel"].tobytes() == KERNEL.tobytes()
    assert sent.content_length == len(sent.data)
    archive = np.load(io.BytesIO(client.get(path, headers={"Accept": npz.NPZ_MEDIA_TYPE}).data), allow_pickle=False)
    assert archive["dense_1/kernel"].tobytes() == KERNEL.tobytes()
    values = np.array(client.get(path).json["tensors"]["dense_1/kernel"], np.float32)
    assert values.tobytes() == KERNEL.tobytes()


def test_what_the_client_has_of_the_weights_is_not_sent_again(client: FlaskClient, job_id: str) -> None:
    path = f"/v1/jobs/{job_id}/weights/final/dense_1/bias"
    first = client.get(path)
    assert client.get(path, headers={"If-None-Match": first.headers["ETag"]}).status_code == 304
    other = client.get(path, headers={"If-None-Match": first.headers["ETag"], "Accept": npz.NPY_MEDIA_TYPE})
    assert other.status_code == 200
    assert client.head(path).headers["ETag"] == first.headers["ETag"]


@pytest.mark.parametrize("accept", ["application/json", "text/csv"])
def test_pages_of_predictions_are_sent_in_bounded_memory(client: FlaskClient, job_id: str, accept: str) -> None:
    path = f"/v1/jobs/{job_id}/predictions?split=test&limit=10000"
    assert download(client, path, accept)[0] > 500_000
    page = client.get(f"{path}&after=9999").json
    assert [row["row"] for row in page["data"]] == list(range(9999, 19_999))
    assert (page["has_more"], page["next"], page["rows"]) == (True, "19999", ROWS)


def test_a_job_is_accepted_with_its_address(client: FlaskClient) -> None:
    answer = client.post("/v1/jobs", json={**SMALLEST, "name": "first", "metadata": {"team": "a"}})
    assert answer.status_code == 202
    job = answer.json
    assert answer.headers["Location"] == f"/v1/jobs/{job['id']}"
    assert answer.headers["Retry-After"]
    assert (job["object"], job["status"], job["parameters"]) == ("job", "queued", 243)
    assert client.get(answer.headers["Location"]).json["name"] == "first"
    assert [each["id"] for each in client.get("/v1/jobs?metadata[team]=a&name=first").json["data"]] == [job["id"]]
    answer = client.get("/v1/jobs?metadata[team][of]=a")
    assert (answer.status_code, answer.json["errors"][0]["detail"]) == (
        422,
        "is not a filter; write `metadata[key]=value`, with a key without brackets",
    )


def test_units_alone_are_a_dense_layer(client: FlaskClient) -> None:
    answer = client.post("/v1/jobs", json={**SMALLEST, "layers": [{"units": 16}, {"units": 8}]})
    assert (answer.status_code, answer.json["parameters"]) == (202, 243)


def test_a_dry_run_stores_nothing(client: FlaskClient) -> None:
    answer = client.post("/v1/jobs?dry_run=true", json=SMALLEST)
    assert answer.status_code == 200
    assert answer.json["estimate"]["memory_bytes"] > 0
    assert answer.json["spec"]["loss"]["name"] == "categorical_crossentropy"
    assert client.get("/v1/jobs").json["data"] == []


def test_what_the_client_has_is_not_sent_again(client: FlaskClient) -> None:
    path = client.post("/v1/jobs", json=SMALLEST).headers["Location"]
    first = client.get(path)
    assert client.get(path, headers={"If-None-Match": first.headers["ETag"]}).status_code == 304
    client.post(f"{path}/cancel")
    again = client.get(path, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.json["status"]) == (200, "cancelled")


def test_pages_follow_each_other(client: FlaskClient) -> None:
    ids = sorted((client.post("/v1/jobs", json=SMALLEST).json["id"] for _ in range(3)), reverse=True)
    first = client.get("/v1/jobs?limit=2").json
    assert first["object"] == "list"
    assert [job["id"] for job in first["data"]] == ids[:2]
    second = client.get(f"/v1/jobs?limit=2&after={first['next']}").json
    assert ([job["id"] for job in second["data"]], second["has_more"], second["next"]) == (ids[2:], False, None)


def test_a_job_of_megabytes_is_taken(client: FlaskClient) -> None:
    rows = [[row / 7, row % 5, 0.1] for row in range(120_000)]
    inline = {"x": rows, "y": [row % 3 for row in range(120_000)]}
    keyed = {"Idempotency-Key": "large-1"}
    job = SMALLEST | {"data": {"inline": inline}}
    assert len(json.dumps(job)) > LARGE_BYTES
    first, again = (client.post("/v1/jobs", json=job, headers=keyed) for _ in range(2))
    assert (first.status_code, first.json["data"]["rows"]) == (202, 120_000)
    assert again.data == first.data
    wrong = client.post("/v1/jobs", json=job | {"data": {"inline": inline | {"y": [1]}}})
    assert wrong.json["errors"][0]["pointer"] == "/data/inline/y"


def test_history_and_predictions_come_as_csv_too(client: FlaskClient, database: Engine) -> None:
    path = f"/v1/jobs/{train(database, {**SMALLEST, 'training': {'epochs': 3}}).id}"
    csv = {"Accept": "text/csv"}
    history = client.get(f"{path}/history?after=1")
    lines = client.get(f"{path}/history?after=1", headers=csv).text.splitlines()
    assert history.json["epochs"] == [2, 3]
    assert lines[0].split(",") == ["epoch", *history.json["series"]]
    assert [line.split(",")[0] for line in lines[1:]] == ["2", "3"]
    predictions = client.get(f"{path}/predictions?split=train&limit=2", headers=csv).text.splitlines()
    names = [f"probability of {name}" for name in ("setosa", "versicolor", "virginica")]
    assert predictions[0].split(",") == ["row", "target", "prediction", *names]
    assert len(predictions) == 3
    assert client.get(f"{path}/history", headers={"Accept": "image/png"}).status_code == 406


def test_a_trained_job_has_a_report_and_lists_its_weights(client: FlaskClient, database: Engine) -> None:
    path = f"/v1/jobs/{train(database, {**SMALLEST, 'training': {'epochs': 3}}).id}"
    assert client.get(f"{path}/report").json["rows"] == 30
    assert client.get(f"{path}/report?split=test").status_code == 404
    listed = client.get(f"{path}/weights").json["snapshots"]
    assert {"initial", "best", "final"} < listed.keys()
    one = client.get(f"{path}/weights/final/output/bias").json
    assert (one["name"], one["shape"], len(one["values"])) == ("output/bias", [3], 3)
    assert client.get(f"{path}/weights/final/output/none").status_code == 404


def test_jobs_are_listed_by_status_and_a_status_that_does_not_exist_is_rejected(client: FlaskClient) -> None:
    job_id = client.post("/v1/jobs", json=SMALLEST).json["id"]
    assert [job["id"] for job in client.get("/v1/jobs?status=queued").json["data"]] == [job_id]
    assert client.get("/v1/jobs?status=failed").json["data"] == []
    rejected = client.get("/v1/jobs?status=lost")
    assert (rejected.status_code, rejected.json["errors"][0]["parameter"]) == (422, "status")


def test_a_webhook_to_a_private_address_is_rejected_before_anything_is_stored(client: FlaskClient) -> None:
    rejected = client.post("/v1/jobs", json={**SMALLEST, "webhook": {"url": "http://127.0.0.1:1/"}})
    assert (rejected.status_code, rejected.json["errors"][0]["pointer"]) == (422, "/webhook/url")
    assert client.get("/v1/jobs").json["data"] == []


def test_the_rules_run_again_with_other_parameters(client: FlaskClient, database: Engine) -> None:
    document = SMALLEST | {"optimizer": {"name": "adam", "learning_rate": 1e-6}, "training": {"epochs": 20}}
    job = train(database, document)
    path = f"/v1/jobs/{job.id}/diagnostics"
    again = client.post(path, json={}).json
    assert {finding["code"] for finding in again["findings"]} == {finding.code for finding in job.findings}
    off = client.post(path, json={"rules": {"learning_rate_too_low": False}}).json
    assert "learning_rate_too_low" in [finding.code for finding in job.findings]
    assert "learning_rate_too_low" not in [finding["code"] for finding in off["findings"]]
    wrong = client.post(path, json={"rules": {"learning_rate_to_low": False}})
    assert (wrong.status_code, wrong.json["errors"][0]["pointer"]) == (422, "/rules/learning_rate_to_low")
    assert client.post(path).status_code == 415

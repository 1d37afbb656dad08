"""Imports over HTTP: round trips of every model through the service's own formats, and what works afterwards."""

import io
import json
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine

from tests.inference.test_exporting import JOB, NUMBERS
from tests.trained import train_model

OWN = ("safetensors", "npz", "json", "onnx", "keras")
ROWS = [
    {"size": 3.25, "color": "red", "on": "2026-01-05"},
    {"size": None, "color": "green", "on": None},
    {"size": 1e6, "color": None, "on": "2026-01-28"},
]
JOBS: dict[str, dict[str, Any]] = {
    "mixed columns": JOB,
    "all parts": JOB
    | {
        "layers": [
            {"type": "batch_normalization"},
            {"type": "residual", "layers": [6, {"type": "layer_normalization"}]},
            {"units": 4, "activation": {"name": "leaky_relu", "negative_slope": 0.1}},
            {"type": "dropout", "rate": 0.2},
        ],
        "preprocessing": {"categorical": "embedding", "missing_indicator": True, "numeric": "piecewise_linear"},
        "ensemble": 2,
    },
    "regression": {
        "data": {"inline": {"rows": NUMBERS}, "target": ["y", "z"]},
        "layers": [5],
        "training": {"epochs": 2, "dtype": "float64"},
        "validation": {"fraction": 0.25},
    },
    "several labels": {
        "data": {"inline": {"rows": NUMBERS}, "target": ["a", "b"]},
        "task": "multilabel",
        "layers": [5],
        "training": {"epochs": 2},
    },
}


def send(client: FlaskClient, content: bytes, name: str, model: Any = None, **headers: str) -> Any:
    """The answer to an import."""
    data: dict[str, Any] = {"file": (io.BytesIO(content), name)}
    if model is not None:
        data["model"] = model if isinstance(model, str) else json.dumps(model)
    return client.post("/v1/models", data=data, content_type="multipart/form-data", headers=headers)


def predict(client: FlaskClient, model: str, rows: list[Any]) -> Any:
    answer = client.post(f"/v1/models/{model}/predict", json={"inputs": rows})
    assert answer.status_code == 200, answer.text
    return {key: value for key, value in answer.json.items() if key != "model"}


@pytest.mark.parametrize("kind", JOBS)
def test_a_round_trip_gives_the_same_bits(client: FlaskClient, database: Engine, kind: str) -> None:
    model = train_model(database, JOBS[kind])
    rows = ROWS if JOBS[kind]["data"]["target"] == "y" else [dict.fromkeys("uvabz", 1.5), {"u": 2, "v": 0.25}]
    rows = [{key: value for key, value in row.items() if key not in JOBS[kind]["data"]["target"]} for row in rows]
    for form in OWN:
        file = client.get(f"/v1/models/{model}/export?format={form}").data
        answer = send(client, file, f"my model.{form}", {"name": form})
        assert answer.status_code == 201, answer.text
        new = answer.json
        assert answer.headers["Location"] == f"/v1/models/{new['id']}"
        assert client.get(f"/v1/models/{new['id']}").json == new
        old = client.get(f"/v1/models/{model}").json
        assert (new["name"], new["metrics"], new["weights_sha256"]) == (form, old["metrics"], old["weights_sha256"])
        assert new["provenance"]["source"] == "imported"
        assert (new["provenance"]["format"], new["provenance"]["original"]) == (form, old["provenance"])
        assert predict(client, new["id"], rows) == predict(client, model, rows)
        assert client.get(f"/v1/models/{model}/diff/{new['id']}").json["equal"]


def test_an_imported_model_is_a_model(client: FlaskClient, database: Engine) -> None:
    model = train_model(database, JOB)
    new = send(client, client.get(f"/v1/models/{model}/export?format=npz").data, "m.npz").json
    job = client.get(f"/v1/jobs/{new['job']}").json
    assert (job["status"], job["model"], job["data"]["rows"]) == ("succeeded", new["id"], 0)
    assert {*client.get(f"/v1/jobs/{new['job']}/weights").json["snapshots"]} == {"initial", "final"}
    [event] = client.get(f"/v1/jobs/{new['job']}/events").json["data"]
    assert event["message"] == "imported from a file (npz)"
    edited = client.post(f"/v1/models/{new['id']}/edits", json={"edits": [{"op": "prune", "fraction": 0.5}]})
    assert edited.status_code == 201, edited.text
    compared = client.get(f"/v1/models/{new['id']}/diff/{edited.json['model']['id']}").json
    assert compared["held_out"] is None
    assert not compared["equal"]
    again = send(client, client.get(f"/v1/models/{new['id']}/export?format=json").data, "m.json").json
    assert again["provenance"]["original"] == new["provenance"]["original"]
    assert again["weights_sha256"] == new["weights_sha256"]
    begun = train_model(database, JOB | {"initial_weights": {"model": new["id"], "strict": True}})
    assert client.get(f"/v1/models/{begun}").status_code == 200
    for path in ("report", "history", "diagnostics", "predictions?split=train"):
        assert client.get(f"/v1/jobs/{new['job']}/{path}").status_code in (200, 404), path
    explained = client.post(f"/v1/models/{new['id']}/explain", json={"method": "permutation"})
    assert explained.status_code == 422
    assert client.post("/v1/jobs", json=job["spec"]).status_code == 422


def test_a_repeated_import_makes_one_model(client: FlaskClient, database: Engine) -> None:
    model = train_model(database, JOB)
    file = client.get(f"/v1/models/{model}/export?format=safetensors").data
    first, second = (send(client, file, "m.safetensors", **{"Idempotency-Key": "once"}) for _ in range(2))
    assert first.json == second.json
    assert second.headers["Idempotent-Replayed"] == "true"
    assert len(client.get("/v1/models").json["data"]) == 2


def test_wrong_requests_are_problems(client: FlaskClient) -> None:
    assert client.post("/v1/models", json={}).status_code == 415
    assert send(client, b"", "m.pkl").status_code == 415
    rejected = client.post("/v1/models", data={"weights": "1"}, content_type="multipart/form-data")
    assert [fault["pointer"] for fault in rejected.json["errors"]] == ["/weights", "/file"]
    for model, place in (
        ("{", "/model"),
        ("[]", "/model"),
        ({"layer": [8]}, "/model/layer"),
        ({"name": ""}, "/model/name"),
    ):
        rejected = send(client, b"", "m.npz", model)
        assert rejected.status_code == 422, rejected.text
        assert rejected.json["errors"][0]["pointer"] == place

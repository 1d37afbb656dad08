"""The routes of revisions."""

from flask.testing import FlaskClient
from sqlalchemy import Engine

from tests import trained
from tests.revisions.models import iris


def test_models_are_compared_by_id_or_alias(client: FlaskClient, database: Engine) -> None:
    first, second = (trained.train_model(database, iris(training={"epochs": 1, "seed": seed})) for seed in (0, 1))
    assert client.put(f"/v1/models/{second}/aliases/latest").status_code == 200
    answer = client.get(f"/v1/models/{first}/diff/latest?align=true")
    assert answer.status_code == 200, answer.text
    assert (answer.json["first"], answer.json["second"], answer.json["aligned"]) == (first, second, True)
    assert answer.json["held_out"]["rows"] == 30
    plain = client.get(f"/v1/models/{first}/diff/{first}")
    assert plain.json["equal"]
    assert not plain.json["aligned"]
    assert client.get(f"/v1/models/{first}/diff/nobody").status_code == 404
    assert client.get(f"/v1/models/{first}/diff/{first}?align=perhaps").status_code == 422


def test_an_edited_model_is_made_once(client: FlaskClient, database: Engine) -> None:
    model = trained.train_model(database, iris(training={"epochs": 1}))
    body = {"edits": [{"op": "prune", "fraction": 0.5}], "name": "pruned"}
    first, again = (
        client.post(f"/v1/models/{model}/edits", json=body, headers={"Idempotency-Key": "one"}) for _ in range(2)
    )
    assert first.status_code == again.status_code == 201, first.text
    assert first.json == again.json
    assert again.headers["Idempotent-Replayed"] == "true"
    new = first.json["model"]
    assert first.headers["Location"] == f"/v1/models/{new['id']}"
    assert client.get(f"/v1/models/{new['id']}").json == new
    assert new["lineage"]["model"] == model
    assert len(client.get("/v1/models").json["data"]) == 2
    predicted = client.post(f"/v1/models/{new['id']}/predict", json={"inputs": [[5.1, 3.5, 1.4, 0.2]]})
    assert predicted.status_code == 200
    job = client.get(f"/v1/jobs/{new['job']}").json
    assert (job["status"], job["name"], job["model"]) == ("succeeded", "pruned", new["id"])
    assert {*client.get(f"/v1/jobs/{new['job']}/weights").json["snapshots"]} == {"initial", "final"}
    assert client.get(f"/v1/jobs/{new['job']}/report").status_code == 200
    [event] = client.get(f"/v1/jobs/{new['job']}/events").json["data"]
    assert event["message"] == f"made by editing the model {model}"


def test_wrong_edits_are_problems(client: FlaskClient, database: Engine) -> None:
    model = trained.train_model(database, iris(training={"epochs": 1}))
    rejected = client.post(f"/v1/models/{model}/edits", json={"edits": [{"op": "zero", "tensor": "x/y"}]})
    assert rejected.status_code == 422
    assert rejected.json["errors"][0]["pointer"] == "/edits/0/tensor"
    missing = client.post("/v1/models/nobody/edits", json={"edits": [{"op": "prune", "fraction": 0.5}]})
    assert missing.status_code == 404

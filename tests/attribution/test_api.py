"""The route of explanations."""

from flask.testing import FlaskClient
from sqlalchemy import Engine

from tests.trained import train_model

JOB = {
    "data": {"inline": {"x": [[n % 7, n % 3] for n in range(60)], "y": [n % 7 * 0.5 for n in range(60)]}},
    "layers": [],
    "training": {"epochs": 5},
}


def test_a_model_is_explained_by_its_id(client: FlaskClient, database: Engine) -> None:
    model = train_model(database, JOB)
    rows = [[1, 2], [3, 0]]
    answer = client.post(f"/v1/models/{model}/explain", json={"method": "integrated_gradients", "inputs": rows})
    assert answer.status_code == 200, answer.text
    assert (answer.json["model"], answer.json["rows"], answer.json["source"]) == (model, 2, "inputs")
    assert [feature["name"] for feature in answer.json["features"]] == ["x0", "x1"]


def test_errors_are_problems(client: FlaskClient, database: Engine) -> None:
    model = train_model(database, JOB)
    rejected = client.post(f"/v1/models/{model}/explain", json={"inputs": [[1]]})
    assert rejected.status_code == 422
    assert {error["pointer"] for error in rejected.json["errors"]} == {"/method", "/inputs/0"}
    assert client.post("/v1/models/mdl_none/explain", json={"method": "permutation"}).status_code == 404
    assert client.post(f"/v1/models/{model}/explain", data=b"method").status_code == 415

"""Models over HTTP: listed, given aliases, and deleted."""

from flask.testing import FlaskClient
from sqlalchemy import Engine

from tests.service import SMALLEST
from tests.trained import train_model

JOB = {**SMALLEST, "training": {"epochs": 1}}
ROWS = {"inputs": [[5.1, 3.5, 1.4, 0.2]]}


def test_models_are_listed_newest_first_and_shown(client: FlaskClient, database: Engine) -> None:
    ids = sorted((train_model(database, JOB) for _ in range(2)), reverse=True)
    first = client.get("/v1/models?limit=1").json
    assert ([model["id"] for model in first["data"]], first["has_more"]) == (ids[:1], True)
    assert [model["id"] for model in client.get(f"/v1/models?after={first['next']}").json["data"]] == ids[1:]
    assert client.get(f"/v1/models/{ids[0]}").json == first["data"][0]
    assert client.get("/v1/models?started_from=mdl_none").json["data"] == []
    assert client.get("/v1/models/mdl_none").status_code == 404


def test_an_alias_stands_for_a_model_until_it_is_given_to_another_or_removed(
    client: FlaskClient, database: Engine
) -> None:
    first, second = train_model(database, JOB), train_model(database, JOB)
    for model in (first, second):
        named = client.put(f"/v1/models/{model}/aliases/flowers")
        assert (named.json["id"], named.json["aliases"]) == (model, ["flowers"])
        assert client.post("/v1/models/flowers/predict", json=ROWS).json["model"] == model  # at once, in this process
    assert client.delete(f"/v1/models/{first}/aliases/flowers").status_code == 404
    assert client.delete(f"/v1/models/{second}/aliases/flowers").status_code == 204
    assert client.post("/v1/models/flowers/predict", json=ROWS).status_code == 404
    assert client.get(f"/v1/models/{second}").json["aliases"] == []
    assert client.put(f"/v1/models/{first}/aliases/mdl_x").status_code == 422


def test_a_model_with_an_alias_is_deleted_only_by_force(client: FlaskClient, database: Engine) -> None:
    model = train_model(database, JOB)
    client.put(f"/v1/models/{model}/aliases/flowers")
    kept = client.delete(f"/v1/models/{model}")
    assert kept.status_code == 409
    assert "flowers" in kept.json["detail"]
    assert client.delete(f"/v1/models/{model}?force=true").status_code == 204
    for reference in (model, "flowers"):
        assert client.post(f"/v1/models/{reference}/predict", json=ROWS).status_code == 404
    assert client.delete(f"/v1/models/{model}").status_code == 404

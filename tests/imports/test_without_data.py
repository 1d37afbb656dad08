"""Imported models have no data: everything that needs rows says so, and everything else works."""

from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine

from steelyard.exports.formats import FORMATS
from tests.imports.test_api import send
from tests.imports.test_keras import MADE
from tests.inference.test_exporting import JOB
from tests.trained import train_model

IMPORTED = "the model was imported without data"


@pytest.fixture
def trained(database: Engine) -> str:
    return train_model(database, JOB)


@pytest.fixture
def copy(client: FlaskClient, trained: str) -> Any:
    """The same model, imported."""
    found = send(client, client.get(f"/v1/models/{trained}/export?format=npz").data, "m.npz")
    assert found.status_code == 201
    return found.json


@pytest.fixture
def made(client: FlaskClient) -> Any:
    """A model of Keras; its embedding is of a number."""
    return send(client, MADE.read_bytes(), "m.keras").json


def reason(answer: Any) -> str:
    """What is wrong with the first field that is refused."""
    assert answer.status_code == 422, answer.text
    return str(answer.json["errors"][0]["detail"])


def test_it_is_explained_by_rows_that_are_sent(client: FlaskClient, made: Any) -> None:
    path, rows = f"/v1/models/{made['id']}/explain", [[number, 2, 3, number % 5] for number in range(30)]
    for method in ("permutation", "integrated_gradients"):
        found = client.post(path, json={"method": method, "inputs": rows})
        assert found.status_code == 200, found.text
        assert found.json["rows"] == 30
        assert reason(client.post(path, json={"method": method})) == f"are missing; {IMPORTED}, so send rows"
    assert found.json["baseline"] == "zeros"


def test_answers_are_compared_on_the_rows_of_either_model(client: FlaskClient, trained: str, copy: Any) -> None:
    edited = client.post(f"/v1/models/{copy['id']}/edits", json={"edits": [{"op": "prune", "fraction": 0.9}]}).json
    assert edited["notes"] == [f"{IMPORTED}, so no metrics were computed"]
    other = edited["model"]["id"]
    forth, back = (client.get(f"/v1/models/{a}/diff/{b}").json for a, b in ((other, trained), (trained, other)))
    assert forth["held_out"] == back["held_out"]
    assert forth["held_out"]["rows"] > 0
    assert back["notes"] == []
    without = "the first model was imported without data, so that"
    assert forth["notes"] == [f"{without} the answers are compared on rows of the second model's job"]
    assert client.get(f"/v1/models/{copy['id']}/diff/{other}").json["notes"] == [f"{without} no answers are compared"]
    dead = {"edits": [{"op": "reinitialize", "layer": "dense_1"}]}
    detail = f"'units' is missing; {IMPORTED}, so that dead units cannot be found"
    assert reason(client.post(f"/v1/models/{copy['id']}/edits", json=dead)) == detail


def test_nothing_is_replayed(client: FlaskClient, copy: Any) -> None:
    for path in ("decision-boundary?x=u&y=v", "units/dense_1", "gradients/output/kernel", "histograms/dense_1"):
        found = client.get(f"/v1/jobs/{copy['job']}/{path}")
        assert found.status_code == 404
        assert found.json["detail"] == f"job {copy['job']} has no training data: its model was imported"


@pytest.mark.parametrize("kind", ["copy", "made"])
def test_everything_else_works(client: FlaskClient, request: pytest.FixtureRequest, kind: str) -> None:
    model = request.getfixturevalue(kind)
    names = [each["name"] for each in model["inputs"]]
    job, path = f"/v1/jobs/{model['job']}", f"/v1/models/{model['id']}"
    for each in ("history", "events", "diagnostics", "weights", "weights/final", "weights/initial"):
        assert client.get(f"{job}/{each}", headers={"Accept": "application/json"}).status_code == 200, each
    for each in ("report", "predictions"):
        assert "has no stored predictions" in client.get(f"{job}/{each}").json["detail"]
    for form in FORMATS:
        for bundle in ("false", "true"):
            found = client.get(f"{path}/export?format={form}&bundle={bundle}")
            assert found.status_code == 200, form
    assert client.get(f"{path}/inputs").status_code == 200
    assert client.get(f"/v2/models/{model['id']}").json["inputs"]
    row = dict.fromkeys(names)
    one, other = (
        client.post(f"{path}/{place}", json=body).json["predictions"]
        for place, body in (("predict", {"inputs": [row]}), ("invocations", {"dataframe_records": [row]}))
    )
    assert one == other
    assert client.put(f"{path}/aliases/imported").status_code == 200
    assert client.post(f"{job}/diagnostics", json={}).json["findings"] == []
    assert client.post(f"{job}/resume").status_code == 409
    assert client.delete(f"{path}?force=true").status_code == 204

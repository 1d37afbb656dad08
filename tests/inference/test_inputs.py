"""A model's inputs, for a form."""

from flask.testing import FlaskClient
from sqlalchemy import Engine

from tests import trained
from tests.replays.jobs import mixed


def test_every_input_has_its_categories_and_a_typical_value(client: FlaskClient, database: Engine) -> None:
    model = trained.train_model(database, mixed())
    found = client.get(f"/v1/models/{model}/inputs").json
    inputs = {each["name"]: each for each in found["inputs"]}
    assert [*inputs] == ["age", "income", "country", "member", "since"]
    assert inputs["country"]["categories"] == ["DE", "FR", "IT"]
    assert inputs["country"]["typical"] in ("DE", "FR", "IT")
    assert 18 < inputs["age"]["typical"] < 80
    assert inputs["member"]["typical"] is True
    assert (inputs["since"]["kind"], inputs["since"]["typical"]) == ("datetime", None)
    row = {name: each["typical"] for name, each in inputs.items()}
    assert client.post(f"/v1/models/{model}/predict", json={"inputs": [row]}).status_code == 200


def test_without_filled_values_the_center_is_typical(client: FlaskClient, database: Engine) -> None:
    job = {"data": {"builtin": "iris"}, "preprocessing": {"missing": "error"}, "training": {"epochs": 1}}
    found = client.get(f"/v1/models/{trained.train_model(database, job)}/inputs").json
    assert 5 < found["inputs"][0]["typical"] < 7
    assert client.get("/v1/models/mdl_x/inputs").status_code == 404

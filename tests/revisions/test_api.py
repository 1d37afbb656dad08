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

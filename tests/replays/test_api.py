"""The routes of replays."""

import io

import numpy as np
from flask.testing import FlaskClient
from sqlalchemy import Engine

from tests import trained
from tests.traces.jobs import plain


def test_every_route_answers_and_names_what_is_wrong(client: FlaskClient, database: Engine) -> None:
    base = f"/v1/jobs/{trained.train(database, plain()).id}"
    assert client.get(f"{base}/decision-boundary?x=x0&y=x1").json["object"] == "decision_boundary"
    assert client.get(f"{base}/units/dense_1?epoch=0&unit=1").json["object"] == "units"
    assert client.get(f"{base}/histograms/dense_1?bins=20").json["of"] == "outputs"
    assert client.get(f"{base}/histograms/dense_1/kernel?of=gradients").json["of"] == "gradients"
    for path in ("decision-boundary?x=x9", "units/dense_1?epoch=9", "gradients/dense_1/kernel?index=9,9"):
        assert client.get(f"{base}/{path}").status_code == 422, path
    for path in ("units/dense_9", "gradients/dense_9/kernel", "histograms/dense_9"):
        assert client.get(f"{base}/{path}").status_code == 404, path


def test_gradients_are_json_or_npy(client: FlaskClient, database: Engine) -> None:
    path = f"/v1/jobs/{trained.train(database, plain()).id}/gradients/dense_1/kernel"
    answer = client.get(path).json
    assert (answer["epochs"], answer["shape"]) == ([0, 1], [2, 3, 4])
    assert answer["changes"][0][0][0] is None
    binary = client.get(path, headers={"Accept": "application/x-npy"})
    np.testing.assert_allclose(np.load(io.BytesIO(binary.data)), answer["values"], rtol=1e-6)
    edge = client.get(f"{path}?index=0,1&epoch=1").json
    assert (edge["index"], edge["values"]) == ([0, 1], [answer["values"][1][0][1]])

"""Weights of a file in a model that is like one here: trained on elsewhere, and back with all that belongs to it."""

import io
import zipfile
from typing import Any

import numpy as np
import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine

from steelyard.exports import safetensors
from steelyard.nn.activations import ACTIVATIONS
from steelyard.nn.layers import LAYERS
from tests.imports.files import JOB
from tests.imports.test_api import predict, send
from tests.imports.test_round_trips import OTHERS
from tests.trained import train_model

ASKED = [{"size": 3.25, "color": "red", "on": "2026-01-05"}, {"size": None, "color": "blue", "on": None}]
LEARNED = [{"units": 4, "activation": each.name} for each in ACTIVATIONS if each().weights()]
EVERY: list[Any] = [{"type": each.name, **OTHERS.get(each.name, {})} for each in LAYERS if each.name != "embedding"]
JOBS: dict[str, dict[str, Any]] = {
    "every layer": {"layers": [*EVERY, *LEARNED]},
    "ensemble": {"layers": [3], "ensemble": 2},
    "embedding": {"layers": [3], "preprocessing": {"categorical": "embedding"}},
}


def torch_weights(client: FlaskClient, model: str) -> dict[str, Any]:
    """The weights of the export for PyTorch, as `model.state_dict()` has them."""
    content = client.get(f"/v1/models/{model}/export?format=torch").data
    with zipfile.ZipFile(io.BytesIO(content)) as file:
        return dict(safetensors.load(file.read("model.safetensors")))


def send_back(client: FlaskClient, tensors: dict[str, Any], **asked: Any) -> Any:
    return send(client, safetensors.dump(tensors), "tuned.safetensors", asked)


@pytest.mark.parametrize("kind", JOBS)
def test_weights_of_pytorch_come_back_to_the_same_model(client: FlaskClient, database: Engine, kind: str) -> None:
    model = train_model(database, JOB | {"training": {"epochs": 1, "batch_size": 60}} | JOBS[kind])
    answer = send_back(client, torch_weights(client, model), like=model)
    assert answer.status_code == 201, answer.text
    old = client.get(f"/v1/models/{model}").json
    assert (answer.json["weights_sha256"], answer.json["metrics"]) == (old["weights_sha256"], old["metrics"])
    assert answer.json["provenance"]["notes"] == [f"all but the weights is that of {model}"]
    assert predict(client, answer.json["id"], ASKED) == predict(client, model, ASKED)


def test_changed_weights_answer_otherwise_and_have_no_metrics(client: FlaskClient, database: Engine) -> None:
    model = train_model(database, JOB)
    tensors = torch_weights(client, model)
    tensors["network.output.bias"] = tensors["network.output.bias"] + np.array([5, 0, 0], np.float32)
    answer = send_back(client, tensors, like=model, name="tuned").json
    assert (answer["name"], answer["metrics"]) == ("tuned", {})
    assert "the metrics are left out" in answer["provenance"]["notes"][-1]
    assert predict(client, answer["id"], ASKED)["predictions"] == ["a", "a"]
    difference = client.get(f"/v1/models/{model}/diff/{answer['id']}").json
    assert [each["name"] for each in difference["tensors"] if each["changed"]] == ["output/bias"]


def test_weights_with_other_names_are_matched_in_order(client: FlaskClient, database: Engine) -> None:
    model = train_model(database, JOB | {"layers": [4, 3]})
    own = torch_weights(client, model)
    layers = {"fc1": "dense_1", "fc2": "dense_2", "head": "output"}
    given = {
        f"{new}.{part}": own[f"network.{old}.{part}"] for new, old in layers.items() for part in ("weight", "bias")
    }
    answer = send_back(client, given, like=model, modules=[*layers])
    assert answer.status_code == 201, answer.text
    assert predict(client, answer.json["id"], ASKED) == predict(client, model, ASKED)


def test_what_does_not_fit_is_named(client: FlaskClient, database: Engine) -> None:
    model = train_model(database, JOB)
    tensors = torch_weights(client, model)

    def refused(changes: dict[str, Any], **asked: Any) -> list[tuple[str, str]]:
        answer = send_back(client, tensors | changes, **{"like": model, **asked})
        assert answer.status_code == 422
        return [(each["pointer"], each["detail"]) for each in answer.json["errors"]]

    bias = {"network.output.bias": np.zeros(2, np.float32)}
    detail = "the tensor 'network.output.bias' must have the shape [3]; it has [2]"
    assert refused(bias) == [("/file", detail)]
    assert refused({"network.more": np.zeros(1)}) == [("/file", "the tensor 'network.more' belongs to no layer")]
    assert refused({}, classes=["a", "b"]) == [("/model/classes", f"comes from the model {model}; leave it out")]
    assert refused({}, like="nobody") == [("/model/like", "is 'nobody'; there is no model 'nobody'")]


def test_the_preprocessing_is_that_of_the_model(client: FlaskClient, database: Engine) -> None:
    model = train_model(database, JOB)
    job = client.get(f"/v1/models/{model}").json["job"]
    final = client.get(f"/v1/jobs/{job}/weights/final", headers={"Accept": "application/x-npz"}).data
    answer = send(client, final, "weights.npz", {"like": model})
    assert answer.status_code == 201, answer.text
    expected = client.get(f"/v1/models/{model}/inputs").json["inputs"]
    assert client.get(f"/v1/models/{answer.json['id']}/inputs").json["inputs"] == expected

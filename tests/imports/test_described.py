"""Bare weights with layers from the request answer as the framework that made them would."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from steelyard.errors import ValidationFailed
from steelyard.exports import safetensors
from steelyard.imports.contents import CannotImport, Contents
from steelyard.imports.described import draft_of
from steelyard.imports.request import read_request
from tests.imports.files import DIGEST, damaged, refusal, weights
from tests.imports.test_api import predict, send

X = np.array([[0.5, -1.0], [2.0, 0.25], [-3.0, 1.5]])
MODEL: dict[str, Any] = {"layers": [4], "activation": "tanh", "output": {"activation": "softmax"}}
OFTEN = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])


def expected(tensors: dict[str, Any], x: np.ndarray = X) -> np.ndarray:
    """The probabilities by plain NumPy, in float64."""
    hidden = np.tanh(x @ tensors["dense_1/kernel"] + tensors["dense_1/bias"])
    logits = np.exp(hidden @ tensors["output/kernel"] + tensors["output/bias"])
    shares: np.ndarray = logits / logits.sum(axis=1, keepdims=True)
    return shares


def torch_names(tensors: dict[str, Any], *modules: str) -> dict[str, Any]:
    """The same weights as PyTorch saves them."""
    layers = zip(("dense_1", "output"), modules, strict=True)
    found = {}
    for layer, module in layers:
        found[f"{module}.weight"] = np.ascontiguousarray(tensors[f"{layer}/kernel"].T)
        found[f"{module}.bias"] = tensors[f"{layer}/bias"]
    return found


def keras_names(tensors: dict[str, Any]) -> dict[str, Any]:
    """The same weights by Keras's names."""
    names = {"dense_1": "sequential/dense", "output": "sequential/dense_1"}
    return {f"{names[name.split('/')[0]]}/{name.split('/')[1]}:0": tensor for name, tensor in tensors.items()}


@pytest.mark.parametrize("form", ["safetensors", "npz"])
@pytest.mark.parametrize("names", ["own", "sequential", "modules", "keras"])
def test_weights_by_any_names_give_their_answers(client: FlaskClient, tmp_path: Path, names: str, form: str) -> None:
    own = weights(2, 4, 3)
    tensors = {
        "own": own,
        "sequential": torch_names(own, "0", "10"),
        "modules": torch_names(own, "fc2", "fc10"),
        "keras": keras_names(own),
    }[names]
    path = tmp_path / "m.npz"
    np.savez(path, **tensors)
    content = safetensors.dump(tensors) if form == "safetensors" else path.read_bytes()
    answer = send(client, content, f"m.{form}", MODEL | {"inputs": ["a", "b"], "classes": ["low", "mid", "high"]})
    assert answer.status_code == 201, answer.text
    found = predict(client, answer.json["id"], [dict(zip("ab", row, strict=True)) for row in X.tolist()])
    np.testing.assert_allclose(found["probabilities"], expected(own), atol=1e-6)
    assert found["predictions"] == [["low", "mid", "high"][place] for place in expected(own).argmax(axis=1)]
    for export in ("onnx", "json"):
        exported = client.get(f"/v1/models/{answer.json['id']}/export?format={export}")
        assert exported.status_code == 200
    again = send(client, exported.data, "m.json").json
    assert again["weights_sha256"] == answer.json["weights_sha256"]


def test_numbers_are_scaled_as_the_request_says(client: FlaskClient) -> None:
    own = weights(2, 4, 1)
    scaling = {"center": [1.0, -2.0], "scale": [2.0, 0.5]}
    model = {"layers": [4], "activation": "tanh", "scaling": scaling, "target_scaling": {"center": [7], "scale": [3]}}
    new = send(client, safetensors.dump(own), "m.safetensors", model).json
    assert (new["task"], [each["name"] for each in new["inputs"]]) == ("regression", ["x0", "x1"])
    x = (X - [1.0, -2.0]) / [2.0, 0.5]
    values = np.tanh(x @ own["dense_1/kernel"] + own["dense_1/bias"]) @ own["output/kernel"] + own["output/bias"]
    np.testing.assert_allclose(predict(client, new["id"], X.tolist())["predictions"], values[:, 0] * 3 + 7, rtol=1e-5)


def draft(tensors: dict[str, Any], **model: Any) -> Any:
    return draft_of(Contents(tensors), read_request(json.dumps(model)), DIGEST)


def test_normalization_layers_of_pytorch_are_taken() -> None:
    own = weights(2, 4, 1)
    tensors = torch_names(own, "0", "2") | {
        "1.weight": np.full(4, 2, np.float32),
        "1.bias": np.full(4, 3, np.float32),
        "1.running_mean": np.full(4, 4, np.float32),
        "1.running_var": np.full(4, 5, np.float32),
        "1.num_batches_tracked": np.array(7),
    }
    layers = [{"units": 4, "activation": "linear"}, {"type": "batch_normalization"}]
    found = draft(tensors, layers=layers, task="binary").build().network.tensors()
    normalized = {name.split("/")[1]: tensor[0] for name, tensor in found.items() if name.startswith("batch")}
    assert normalized == {"gamma": 2, "beta": 3, "moving_mean": 4, "moving_variance": 5}


@pytest.mark.parametrize(
    ("model", "reason"),
    [
        ({}, "/model/layers: is missing"),
        ({"layers": [5]}, r"'fc1.weight' \(dense_1/kernel\) must have the shape \[5, 2\]; it has \[4, 2\]"),
        ({"layers": [4, 4]}, "it has 2 modules with weights .*, and the network 3 layers with weights"),
        ({"layers": [4], "modules": ["head", "fc1"]}, r"'head.weight' .* must have the shape"),
        ({"layers": [4], "modules": ["fc1", "tail"]}, "no tensors of the module 'tail'; there are fc1, head"),
        ({"layers": [4], "inputs": ["a"]}, "/model/inputs: has 1 names; the weights have 2"),
        ({"layers": [4], "inputs": ["a", "a"]}, "/model/inputs: has a name twice"),
        ({"layers": [{"units": -1}]}, "/model/layers/0/units: is -1"),
        ({"layers": [4], "classes": ["a", "b"]}, "/model/classes: has 2 labels; the output layer is for 3 classes"),
        ({"layers": [4], "task": "binary"}, "/model/task: is 'binary', which has one output; the weights have 3"),
        ({"layers": [4], "task": "multiclass", "output": {"activation": "tanh"}}, "must be 'softmax'"),
        ({"layers": [4], "output": {"use_bias": False}}, "the tensor 'head.bias' belongs to no layer"),
        ({"layers": [4], "scaling": {"center": [0], "scale": [1]}}, "/model/scaling/center: has 1 numbers"),
    ],
)
def test_what_does_not_fit_is_named(model: dict[str, Any], reason: str) -> None:
    with pytest.raises((CannotImport, ValidationFailed), match=reason):
        draft(torch_names(weights(2, 4, 3), "fc1", "head"), **model).build()


@given(data=st.data())
@OFTEN
def test_damaged_weights_give_an_error_or_a_model(data: Any, tmp_path: Path) -> None:
    content = safetensors.dump(torch_names(weights(2, 4, 3), "fc1", "head"))
    found = refusal(tmp_path / "file", data.draw(damaged(content)), "safetensors", json.dumps(MODEL))
    assert found is None or 0 < len(found) < 2000

"""Weights with the manifest: the libraries of each format load them, and they are the model's bits."""

import io
import json
from dataclasses import replace

import numpy as np
import orjson
import pytest
import safetensors
import safetensors.numpy

from steelyard.exports import plain
from steelyard.exports.bundle import Format
from steelyard.exports.plain import JSON, NPZ, SAFETENSORS, document, require_few_weights
from steelyard.exports.refusal import CannotExport
from steelyard.nn.layers import Dense
from steelyard.nn.network import Network
from steelyard.tabular.encoder import Encoder
from tests.exports.zoo import Case

BUNDLE = Case("two", members=2).build()


def test_safetensors_has_the_weights_and_the_manifest(tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("model") / "model.safetensors"
    path.write_bytes(SAFETENSORS.write(BUNDLE))
    with safetensors.safe_open(path, "np") as file:
        assert {name: file.get_tensor(name).tobytes() for name in file.keys()} == digest()  # noqa: SIM118
        manifest = json.loads(file.metadata()["manifest"])
    assert Encoder.from_json(manifest["preprocessing"]["inputs"]).to_json() == BUNDLE.inputs.to_json()


def test_npz_has_the_weights_and_the_manifest_without_pickle() -> None:
    loaded = np.load(io.BytesIO(NPZ.write(BUNDLE)), allow_pickle=False)
    assert {name: loaded[name].tobytes() for name in loaded if name != "manifest"} == digest()
    assert json.loads(bytes(loaded["manifest"])) == plain.manifest_of(BUNDLE)


def test_json_has_the_weights_and_the_manifest() -> None:
    read = json.loads(JSON.write(BUNDLE))
    assert (read["object"], read["model"]) == ("export", "mdl_1")
    found = {name: np.array(each["values"], each["dtype"]).tobytes() for name, each in read["tensors"].items()}
    assert found == digest()
    assert orjson.loads(orjson.dumps(document(BUNDLE)["preprocessing"])) == read["preprocessing"]


def digest() -> dict[str, bytes]:
    return {name: tensor.tobytes() for name, tensor in BUNDLE.tensors().items()}


@pytest.mark.parametrize("form", [SAFETENSORS, NPZ, JSON], ids=lambda form: form.name)
def test_the_same_model_gives_the_same_bytes(form: Format) -> None:
    assert form.write(BUNDLE) == form.write(Case("two", members=2).make())


def test_text_is_for_models_of_bounded_size(monkeypatch: pytest.MonkeyPatch) -> None:
    require_few_weights(BUNDLE)
    monkeypatch.setattr(plain, "MOST_WEIGHTS_AS_TEXT", 100)
    large = replace(BUNDLE, network=Network([Dense(101, use_bias=False)], inputs=1))
    with pytest.raises(CannotExport, match="has 101 weights; as text it can have at most 100"):
        document(large)

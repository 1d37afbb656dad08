"""Keras models answer as Keras does: exports of this service, and a file that Keras 3 wrote."""

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from steelyard.exports.keras import KERAS
from steelyard.imports.contents import CannotImport
from steelyard.imports.drafting import draft_of
from steelyard.imports.request import read_request
from steelyard.inference.service import Loaded
from steelyard.nn.layers import Embedding
from tests.exports.zoo import Case, answer, cases, chains
from tests.imports.files import DIGEST, damaged, read, refusal
from tests.imports.keras_files import archive, functional, hdf5, layer, sequential, small
from tests.imports.keras_rows import answers_of
from tests.imports.test_api import predict, send

OFTEN = settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
MADE = Path(__file__).with_name("keras3.keras")
DENSE = {"dense": [np.ones((2, 2), np.float32)], "dense_1": [np.ones((2, 2), np.float32)]}


def load(folder: Path, content: bytes, model: str | None = None) -> Loaded:
    return draft_of(read(folder / "file", content, "keras"), read_request(model), DIGEST).build()


def resaved(content: bytes) -> bytes:
    """The file as Keras saves it again: without what the service adds to the metadata."""
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        return archive(json.loads(packed.read("config.json")), packed.read("model.weights.h5"))


def embeds_numbers(case: Case) -> bool:
    return isinstance(next(iter(case.layers), None), Embedding)


@pytest.mark.parametrize("case", [each for each in cases() if embeds_numbers(each)][:1], ids=lambda case: case.name)
def test_an_export_that_embeds_numbers_is_refused_once_keras_saved_it_again(case: Case, tmp_path: Path) -> None:
    with pytest.raises(CannotImport, match=r"'inputs' \(Concatenate\) has 2 inputs"):
        load(tmp_path, resaved(KERAS.write(case.build())))


RESAVED = [case for case in (*cases(), *chains()) if not embeds_numbers(case)]


@pytest.mark.parametrize("case", RESAVED, ids=lambda case: case.name)
def test_an_export_answers_the_same_after_its_import(case: Case, tmp_path: Path) -> None:
    bundle, rows = case.build(), case.rows(30)
    found = answers_of(load(tmp_path, resaved(KERAS.write(bundle))), bundle, rows)
    _, expected = answer(bundle, rows)
    assert (np.abs(found - expected) <= 1e-6 * bundle.size_of(expected)).all()


def test_a_file_of_keras_answers_as_keras_did(client: FlaskClient) -> None:
    made = json.loads(MADE.with_suffix(".json").read_text())
    answered = send(client, MADE.read_bytes(), "made by.keras", {"classes": ["low", "mid", "high"]})
    assert answered.status_code == 201, answered.text
    new = answered.json
    assert [each["name"] for each in new["inputs"]] == ["x0", "x1", "x2", "color"]
    assert new["provenance"]["format"] == "keras"
    assert "notes" not in new["provenance"]
    found = predict(client, new["id"], made["rows"])
    np.testing.assert_allclose(found["probabilities"], made["answers"], atol=1e-6)
    export = client.get(f"/v1/models/{new['id']}/export?format=keras").data
    again = send(client, export, "again.keras").json
    assert predict(client, again["id"], made["rows"])["probabilities"] == found["probabilities"]


def test_weights_in_half_precision_are_converted(client: FlaskClient) -> None:
    weights = {place: [tensor.astype(np.float16) for tensor in each] for place, each in DENSE.items()}
    config = sequential(layer("Dense", "a", units=2, use_bias=False), layer("Dense", "b", units=2, use_bias=False))
    new = send(client, archive(config, hdf5(weights)), "m.keras").json
    assert new["provenance"]["notes"] == ["2 tensors were converted from float16 to float32"]
    assert predict(client, new["id"], [[1, 0.5]])["predictions"] == [[3, 3]]


def dense(name: str, inputs: list[str] | None = None, **config: Any) -> dict[str, Any]:
    return layer("Dense", name, inputs, units=2, use_bias=False, **config)


def model(*layers: Any, output: str) -> bytes:
    return archive(functional(*layers, inputs={"x": 2}, output=output), hdf5(DENSE))


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (
            archive(sequential(layer("Lambda", "f", function="x")), hdf5({})),
            "'f' (Lambda) cannot be imported: it is code",
        ),
        (
            archive(sequential(dense("a") | {"registered_name": "Mine>Dense"}), hdf5(DENSE)),
            "the layer 'a' is of the custom class 'Mine>Dense'; only layers of Keras are imported",
        ),
        (
            archive(sequential(dense("a") | {"module": "os", "class_name": "system"}), hdf5(DENSE)),
            "the layer 'a' is of the custom class 'os.system'; only layers of Keras are imported",
        ),
        (
            archive(sequential(layer("Conv1D", "c"), dense("a")), hdf5(DENSE)),
            "the layer 'c' (Conv1D) cannot be imported",
        ),
        (
            archive(sequential(sequential(dense("b")) | {"config": {"name": "m", "layers": []}}), hdf5({})),
            "a model within",
        ),
        (archive(sequential(dense("a"), layer("Rescaling", "r", scale=0.0)), hdf5(DENSE)), "and not by 0"),
        (model(dense("a", ["x"]), layer("Multiply", "m", ["a", "x"]), output="m"), "it multiplies outputs of layers"),
        (
            model(dense("a", ["x"]), dense("b", ["x"]), layer("Add", "s", ["a", "b", "x"]), output="s"),
            "the layer 's' (Add) must add the output of some layers to their input",
        ),
        (model(dense("a", ["b"]), dense("b", ["a"]), output="a"), "takes its own output"),
        (
            model(
                dense("a", ["x"]), dense("b", ["x"], activation="tanh"), layer("Average", "m", ["a", "b"]), output="m"
            ),
            "'m' (Average) averages must have the same layers",
        ),
        (
            model(
                dense("a", ["x"]),
                layer("Add", "s", ["a", "x"]),
                dense("b", ["s"]),
                layer("Add", "t", ["b", "x"]),
                output="t",
            ),
            "blocks cannot be nested",
        ),
        (
            model(
                dense("a", ["x"], activation="relu"),
                dense("b", ["x"]),
                layer("Add", "s", ["a", "b"]),
                layer("Softmax", "y", ["s"]),
                output="y",
            ),
            "go through a dense layer of the same width",
        ),
        (archive(sequential(dense("a"), layer("Dropout", "d", rate=0.1)), hdf5(DENSE)), "its last layer is not dense"),
        (archive(sequential(layer("Dropout", "d", rate=2.0), dense("a")), hdf5(DENSE)), "must be less than 1"),
    ],
)
def test_other_models_are_refused(tmp_path: Path, content: bytes, reason: str) -> None:
    found = refusal(tmp_path / "file", content, "keras")
    assert found is not None
    assert reason in found


@pytest.mark.parametrize(
    ("found", "reason"),
    [
        (None, "its metadata must have 'manifest' and 'tensors' of an export"),
        ({"manifest": {}, "tensors": {}}, "its manifest is not valid"),
        (
            {"manifest": {}, "tensors": {"a": "layers/dense/vars/1"}},
            "no weights in 'layers/dense/vars/1', where",
        ),
        ({"manifest": {}, "tensors": {"a": "layers/dense/vars/0x"}}, "it has no weights in"),
        ({"manifest": {}, "tensors": {"a": ["../x"]}}, "it has no weights in"),
    ],
)
def test_metadata_of_an_export_is_checked(tmp_path: Path, found: Any, reason: str) -> None:
    metadata = json.dumps({"keras_version": "3.10.0", "steelyard": found}).encode()
    content = archive(sequential(dense("a")), hdf5(DENSE), metadata_json=metadata)
    assert reason in str(refusal(tmp_path / "file", content, "keras"))


def test_the_request_cannot_change_what_the_file_says(tmp_path: Path) -> None:
    scaled = archive(sequential(layer("Rescaling", "r", scale=0.5), dense("a")), hdf5(DENSE))
    for change in ({"layers": [4]}, {"scaling": {"center": [0, 0], "scale": [1, 1]}}):
        assert refusal(tmp_path / "file", scaled, "keras", json.dumps(change)) == "comes from the file; leave it out"


@given(data=st.data())
@OFTEN
def test_a_damaged_file_gives_an_error_or_a_model(data: Any, tmp_path: Path) -> None:
    found = refusal(tmp_path / "file", data.draw(damaged(small())), "keras")
    assert found is None or 0 < len(found) < 1000


@given(data=st.data())
@OFTEN
def test_damaged_weights_give_an_error_or_a_model(data: Any, tmp_path: Path) -> None:
    content = data.draw(damaged(hdf5(DENSE)))
    found = refusal(tmp_path / "file", archive(sequential(dense("a"), dense("b")), content), "keras")
    assert found is None or 0 < len(found) < 1000


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 3) | st.floats(allow_nan=False) | st.sampled_from(["x", "a", "linear"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["name", "config"]), inner, max_size=2),
    max_leaves=4,
)


@given(data=st.data())
@OFTEN
def test_any_configuration_gives_an_error_or_a_model(data: Any, tmp_path: Path) -> None:
    made = functional(
        layer("Rescaling", "r", ["x"], scale=[2.0, 1.0], offset=0.0),
        dense("a", ["r"], activation="relu"),
        layer("Add", "s", ["a", "r"]),
        dense("b", ["s"]),
        inputs={"x": 2},
        output="b",
    )
    changed = json.loads(json.dumps(made))
    place = changed
    for _ in range(data.draw(st.integers(1, 6))):
        keys = [*place] if isinstance(place, dict) else [*range(len(place))]
        if not keys:
            break
        key = data.draw(st.sampled_from(keys))
        if not isinstance(place[key], (dict, list)) or data.draw(st.integers(0, 5)) == 0:
            place[key] = data.draw(JSON)
            break
        place = place[key]
    found = refusal(tmp_path / "file", archive(changed, hdf5(DENSE)), "keras")
    assert found is None or 0 < len(found) < 1000

"""Chains of layers in ONNX answer as ONNX Runtime does."""

import json
from pathlib import Path
from typing import Any

import ml_dtypes
import numpy as np
import onnx
import onnxruntime
import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from onnx import TensorProto, helper, numpy_helper

from steelyard.imports.contents import CannotImport
from steelyard.imports.drafting import draft_of
from steelyard.imports.onnx import ACTIVATIONS, read_onnx
from steelyard.imports.request import read_request
from tests.imports.files import DIGEST, damaged, export, read, refusal, weights
from tests.imports.test_api import predict, send

OFTEN = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
X = np.array([[0.5, -1.0], [2.0, 0.25], [-3.0, 1.5]], np.float32)


Node = tuple[str, list[str], str, dict[str, Any]]


def graph(*nodes: Node, output: int = 3, opset: int = 18, **tensors: Any) -> bytes:
    """An ONNX file from `x` `(N, 2)` to `y`."""
    made = [helper.make_node(kind, inputs, [name], name=name, **given) for kind, inputs, name, given in nodes]
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, ["N", 2])
    y = helper.make_tensor_value_info("y", TensorProto.FLOAT, ["N", output])
    constants = [numpy_helper.from_array(tensor, name) for name, tensor in tensors.items()]
    body = helper.make_graph(made, "test", [x], [y], constants)
    model = helper.make_model(body, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)
    return bytes(model.SerializeToString())


def network(activation: str = "Tanh", last: str = "Softmax") -> bytes:
    """Two dense layers: as PyTorch writes them, and as Keras does."""
    own = weights(2, 4, 3)
    return graph(
        ("Flatten", ["x"], "f", {}),
        ("Gemm", ["f", "w1", "b1"], "h", {"transB": 1, "alpha": 0.5}),
        (activation, ["h"], "a", {}),
        ("MatMul", ["a", "w2"], "z", {}),
        ("Add", ["b2", "z"], "l", {}),
        (last, ["l"], "y", {"axis": -1} if last == "Softmax" else {}),
        w1=np.ascontiguousarray(own["dense_1/kernel"].T),
        b1=own["dense_1/bias"],
        w2=own["output/kernel"],
        b2=own["output/bias"].reshape(1, 3),
    )


def by_runtime(content: bytes) -> np.ndarray:
    found: np.ndarray = onnxruntime.InferenceSession(content).run(None, {"x": X})[0]
    return found


def test_answers_are_those_of_the_runtime(client: FlaskClient) -> None:
    answer = send(client, network(), "m.onnx", {"inputs": ["a", "b"], "classes": ["low", "mid", "high"]})
    assert answer.status_code == 201, answer.text
    new = answer.json
    assert [(each["type"], each["activation"]) for each in new["layers"]] == [("dense", "tanh"), ("dense", "softmax")]
    found = predict(client, new["id"], [dict(zip("ab", row, strict=True)) for row in X.tolist()])
    np.testing.assert_allclose(found["probabilities"], by_runtime(network()), atol=1e-6)


@pytest.mark.parametrize("activation", [name for name in ACTIVATIONS if "oftmax" not in name])
def test_every_activation_is_that_of_the_runtime(client: FlaskClient, activation: str) -> None:
    content = network(activation, "Identity")
    new = send(client, content, "m.onnx")
    assert new.status_code == 201, new.text
    assert new.json["task"] == "regression"
    found = predict(client, new.json["id"], X.tolist())
    np.testing.assert_allclose(found["predictions"], by_runtime(content), rtol=1e-5, atol=1e-6)


NONE: dict[str, Any] = {}
VECTORS: dict[str, Any] = {name: np.array([0.5, 2.0, 1.5, 0.25], np.float32) for name in "gbmv"}
OTHERS: list[tuple[str, list[str], dict[str, Any]]] = [
    ("BatchNormalization", [*"gbmv"], {"epsilon": 0.01}),
    ("LayerNormalization", ["g", "b"], {}),
    ("LayerNormalization", ["g"], {"axis": -1, "epsilon": 0.1}),
    ("Gelu", [], {}),
    ("Gelu", [], {"approximate": "tanh"}),
    ("PRelu", ["g"], {}),
    ("PRelu", ["half"], {}),
    ("Clip", ["zero", "six"], {}),
    ("Clip", ["minus", "one"], {}),
    ("HardSigmoid", [], {"alpha": 1 / 6}),
    ("Selu", [], {}),
]
LIMITS: dict[str, Any] = {
    name: np.array(value, np.float32)
    for name, value in {"half": [0.5], "zero": 0, "six": 6, "minus": -1, "one": 1}.items()
}


def between(*nodes: Node) -> bytes:
    """These nodes from `h` to `a`, between two dense layers."""
    own = weights(2, 4, 3)
    tensors = {"w": own["dense_1/kernel"], "c": own["dense_1/bias"], "u": own["output/kernel"], **VECTORS, **LIMITS}
    first, last = ("Gemm", ["x", "w", "c"], "h", NONE), ("MatMul", ["a", "u"], "y", NONE)
    return graph(first, *nodes, last, opset=20, **tensors)


@pytest.mark.parametrize(("kind", "inputs", "given"), OTHERS, ids=str)
def test_other_operators_are_those_of_the_runtime(
    tmp_path: Path, kind: str, inputs: list[str], given: dict[str, Any]
) -> None:
    compare(tmp_path, between((kind, ["h", *inputs], "a", given)))


def test_a_constant_may_have_another_name(tmp_path: Path) -> None:
    compare(tmp_path, between(("Identity", ["g"], "same", {}), ("LayerNormalization", ["h", "same", "g"], "a", {})))


def test_a_product_with_the_sigmoid_is_silu(tmp_path: Path) -> None:
    for factors in (["h", "s"], ["s", "h"]):
        compare(tmp_path, between(("Sigmoid", ["h"], "s", {}), ("Mul", factors, "a", {})))


def compare(folder: Path, content: bytes) -> None:
    """The answers with those of the runtime."""
    made = draft_of(read(folder / "file", content, "onnx"), read_request(None), DIGEST).build()
    found = made.answer(X).outputs
    np.testing.assert_allclose(found, by_runtime(content), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"no model", "it is not a valid ONNX file"),
        (graph(("Cos", ["x"], "y", {})), r"the node 'y' \(Cos\) cannot be imported; known operators are Gemm"),
        (graph(("Relu", ["x"], "y", {})), "its last layer is not dense"),
        (graph(("MatMul", ["x", "x"], "y", {})), "is not next in a chain"),
        (graph(("MatMul", ["x", "w"], "y", {})), "'w' is computed, and not a constant"),
        (graph(("Add", ["x", "w"], "y", {}), w=np.ones(2, np.float32)), "'y' adds to something else"),
        (
            graph(("Gemm", ["x", "w", "b"], "y", {}), w=np.ones((2, 3), np.float32), b=np.ones(2, np.float32)),
            r"the bias of 'y' must have the shape \[3\]; it has \[2\]",
        ),
        (graph(("MatMul", ["x", "w"], "y", {}), w=np.ones((2, 3), np.int64)), "it must be float32 or float64"),
        (
            graph(("MatMul", ["x", "w"], "y", {}), w=np.ones((2, 3), ml_dtypes.bfloat16)),
            "'w' is of the type bfloat16; it must be float32 or float64",
        ),
        (between(("BatchNormalization", ["h", *"gbmv"], "a", {"training_mode": 1})), "is in training mode"),
        (between(("LayerNormalization", ["h", "g"], "a", {"axis": 0})), "is not over the outputs of each row"),
        (between(("Clip", ["h", "zero", "one"], "a", {})), "must clip from 0 to 6, or from -1 to 1"),
        (between(("HardSigmoid", ["h"], "a", {})), "must have alpha 0.166667; it has 0.2"),
        (between(("Sigmoid", ["h"], "s", {}), ("Mul", ["s", "s"], "a", {})), "is not next in a chain"),
        (graph(("Softmax", ["x"], "y", {"axis": 0})), "is not over the outputs of each row"),
    ],
)
def test_other_graphs_are_refused(tmp_path: Path, content: bytes, reason: str) -> None:
    (tmp_path / "file").write_bytes(content)
    with pytest.raises(CannotImport, match=reason):
        read_onnx(str(tmp_path / "file"), 0)


def test_layers_that_do_not_follow_are_refused(tmp_path: Path) -> None:
    own: dict[str, Any] = {"v": np.ones((2, 4), np.float32), "w": np.ones((3, 1), np.float32)}
    content = graph(("MatMul", ["x", "v"], "h", {}), ("MatMul", ["h", "w"], "y", {}), **own)
    detail = refusal(tmp_path / "file", content, "onnx")
    assert detail == "the tensor 'output/kernel' must have the shape [4, 1]; it has [3, 1]"


def test_the_request_cannot_change_the_layers(tmp_path: Path) -> None:
    detail = refusal(tmp_path / "file", network(), "onnx", json.dumps({"layers": [4]}))
    assert detail == "comes from the file; leave it out"


def test_an_export_of_the_service_is_read_by_its_metadata(tmp_path: Path) -> None:
    model = onnx.load_from_string(export("onnx"))
    [bias] = [each for each in model.graph.initializer if each.name == "/output/bias"]
    changed = numpy_helper.to_array(bias) + np.float32(1)
    bias.CopyFrom(numpy_helper.from_array(changed, bias.name))
    found = read(tmp_path / "file", model.SerializeToString(), "onnx")
    assert found.manifest is not None
    assert found.tensors["output/bias"].tolist() == changed.tolist()
    bias.name = "/bias"  # as a tool that rewrites graphs might call it
    detail = refusal(tmp_path / "file", model.SerializeToString(), "onnx")
    assert detail == "the tensor 'output/bias' of the shape [3] is missing"


@given(data=st.data())
@OFTEN
def test_a_damaged_file_gives_an_error_or_a_model(data: Any, tmp_path: Path) -> None:
    content = network() if data.draw(st.booleans()) else export("onnx")
    found = refusal(tmp_path / "file", data.draw(damaged(content)), "onnx")
    assert found is None or 0 < len(found) < 1000

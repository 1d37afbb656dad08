"""The order and the names of layers are Keras's."""

import io

import h5py
import numpy as np

from steelyard.exports.keras_graph import KerasGraph


def test_weights_are_numbered_by_class_from_the_inputs_on() -> None:
    graph = KerasGraph()
    x = graph.add("InputLayer", "x", [], width=2, dtype="float32")
    late = graph.add("Dense", "past", [x], width=3, dtype="float32", weights=[np.full((2, 3), 4.0)])
    first = graph.add("Dense", "first", [x], width=3, dtype="float32", weights=[np.full((2, 3), 1.0)])
    second = graph.add("Dense", "second", [first], width=3, dtype="float32", weights=[np.full((3, 3), 2.0)])
    output = graph.add("Add", "sum", [second, late], dtype="float32")
    assert [node.name for node in graph.ordered(output)] == ["x", "first", "second", "past", "sum"]
    with h5py.File(io.BytesIO(graph.weights(output))) as file:
        assert [file[f"layers/{name}/vars/0"][0, 0] for name in ("dense", "dense_1", "dense_2")] == [1, 2, 4]
        assert file["layers/input_layer/vars"].attrs["name"] == "x"


def test_names_are_unique() -> None:
    graph = KerasGraph()
    assert [graph.free(name) for name in ("a b", "a_b", "a/b", "")] == ["a_b", "a_b_2", "a_b_3", "_"]


def test_classes_are_written_as_keras_writes_them() -> None:
    graph = KerasGraph()
    x = graph.add("InputLayer", "x", [], width=2, dtype="float32")
    for kind in ("LeakyReLU", "PReLU", "ELU", "BatchNormalization"):
        x = graph.add(kind, kind, [x], dtype="float32")
    with h5py.File(io.BytesIO(graph.weights(x))) as file:
        assert {*file["layers"]} == {"input_layer", "leaky_re_lu", "p_re_lu", "elu", "batch_normalization"}

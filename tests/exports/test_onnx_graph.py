"""A graph names its nodes and keeps equal constants once."""

import numpy as np
import onnx

from steelyard.exports.formula import call, named
from steelyard.exports.onnx_graph import Graph


def test_equal_constants_are_kept_once() -> None:
    graph = Graph([])
    assert graph.constant(1.5, "float32") == graph.constant(np.float32(1.5), "float32")
    assert graph.constant(1.5, "float32") != graph.constant(1.5, "float64")
    assert graph.constant(["a"], "string") != graph.constant(["b"], "string")


def test_no_name_is_taken_by_an_input() -> None:
    graph = Graph(["/", "//Add_0", "x"])
    assert graph.add("Neg", "x").startswith("///")


def test_a_file_is_a_valid_model() -> None:
    graph = Graph(["x", "y"])
    formula = call("expm1", named("z")) + call("log1p", named("z"))
    graph.add("Identity", graph.apply(formula, {"z": "x"}, "float64"), output="y")
    outside = [("x", "float64", ("N", 1))], [("y", "float64", ("N", 1))]
    model = onnx.load_from_string(graph.finish("g", *outside, {"key": "text"}))
    onnx.checker.check_model(model, full_check=True)
    assert model.producer_name == "steelyard"
    assert [(each.key, each.value) for each in model.metadata_props] == [("key", "text")]


def test_equal_constants_are_one_unless_they_have_a_name() -> None:
    graph = Graph(["x"])
    assert graph.constant(1.5, "float32") == graph.constant(1.5, "float32") == "/constant_0"
    assert graph.constant(1.5, "float32", "dense_1/bias") == "/dense_1/bias"
    assert graph.constant(1.5, "float32", "dense_2/bias") == "/dense_2/bias"

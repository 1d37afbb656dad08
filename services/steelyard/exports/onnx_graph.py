"""An ONNX graph while it is written: its nodes and constants, each with a unique name.

`onnx` is imported when the first graph is made: it takes 0.2 s, and most processes export nothing.
"""

from collections.abc import Collection, Mapping
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from steelyard import __version__
from steelyard.exports.formula import Expression, without_erf

OPSET, ML_OPSET, IR_VERSION = 17, 3, 8  # of ONNX 1.12, so that older runtimes read the files
OPERATORS = {
    "add": "Add",
    "subtract": "Sub",
    "multiply": "Mul",
    "divide": "Div",
    "negative": "Neg",
    "greater": "Greater",
    "greater_equal": "GreaterOrEqual",
    "less": "Less",
    "less_equal": "LessOrEqual",
    "bitwise_and": "And",
    "bitwise_or": "Or",
    "exp": "Exp",
    "log": "Log",
    "tanh": "Tanh",
    "erf": "Erf",
    "sqrt": "Sqrt",
    "power": "Pow",
    "absolute": "Abs",
    "sign": "Sign",
    "maximum": "Max",
    "minimum": "Min",
    "sin": "Sin",
    "cos": "Cos",
    "floor": "Floor",
    "where": "Where",
}
ELEMENTS = {"float32": 1, "int64": 7, "string": 8, "boolean": 9, "float64": 11}  # onnx.TensorProto's numbers


class Graph:
    """A graph in which no name is one of `taken`."""

    def __init__(self, taken: Collection[str]) -> None:
        self._prefix = "/"
        while any(name.startswith(self._prefix) for name in taken):
            self._prefix += "/"
        self._nodes: list[Any] = []
        self._constants: dict[tuple[Any, ...], str] = {}
        self._tensors: list[Any] = []

    @cached_property
    def _onnx(self) -> Any:
        from onnx import helper, numpy_helper  # noqa: PLC0415 -- see above

        return helper, numpy_helper

    def add(self, operator: str, *inputs: str, output: str = "", domain: str = "", **attributes: Any) -> str:
        """A node with one output; its name."""
        output = output or f"{self._prefix}{operator}_{len(self._nodes)}"
        helper, _ = self._onnx
        self._nodes.append(helper.make_node(operator, inputs, [output], output, domain=domain, **attributes))
        return output

    def constant(self, value: Any, dtype: str, name: str = "") -> str:
        """A tensor, or a number, in the graph; its name, which ends with `name`. Equal ones without a name are one."""
        is_string = dtype == "string"
        array: NDArray[Any] = np.asarray(value, object if is_string else np.dtype(dtype.replace("boolean", "bool")))
        key = (name,) if name else (dtype, array.shape, repr(value) if is_string else array.tobytes())
        if key not in self._constants:
            full_name = f"{self._prefix}{name or f'constant_{len(self._constants)}'}"
            self._constants[key] = full_name
            self._tensors.append(self._onnx[1].from_array(np.asarray(array, order="C"), full_name))
        return self._constants[key]

    def cast(self, tensor: str, dtype: str) -> str:
        """The tensor in another type."""
        return self.add("Cast", tensor, to=ELEMENTS[dtype])

    def apply(self, formula: Expression, values: Mapping[str, str], dtype: str) -> str:
        """A formula of tensors of one type, by name."""
        if dtype == "float64":  # ONNX Runtime has no error function for doubles
            formula = without_erf(formula)
        known: dict[int, str] = {}

        def place(node: Expression) -> str:
            if node.op == "name":
                return values[node.name]
            if node.is_constant:
                return self.constant(node.constant, dtype)
            if id(node) not in known:
                operands = [place(operand) for operand in node.operands]
                known[id(node)] = self._operate(node.op, operands, dtype)
            return known[id(node)]

        return place(formula)

    def _operate(self, op: str, operands: list[str], dtype: str) -> str:
        if op == "expm1":
            return self.add("Sub", self.add("Exp", *operands), self.constant(1.0, dtype))
        if op == "log1p":
            return self.add("Log", self.add("Add", *operands, self.constant(1.0, dtype)))
        return self.add(OPERATORS[op], *operands)

    def finish(self, name: str, inputs: list[Any], outputs: list[Any], metadata: Mapping[str, str]) -> bytes:
        """The file. `inputs` and `outputs` are names, types and shapes."""
        helper, _ = self._onnx
        described = [
            [helper.make_tensor_value_info(each, ELEMENTS[dtype], [*shape]) for each, dtype, shape in several]
            for several in (inputs, outputs)
        ]
        graph = helper.make_graph(self._nodes, name, *described, self._tensors)
        opsets = [helper.make_opsetid("", OPSET), helper.make_opsetid("ai.onnx.ml", ML_OPSET)]
        model = helper.make_model(graph, opset_imports=opsets, ir_version=IR_VERSION)
        model.producer_name, model.producer_version = "steelyard", __version__
        helper.set_model_props(model, metadata)
        content: bytes = model.SerializeToString(deterministic=True)
        return content

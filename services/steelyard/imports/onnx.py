"""ONNX files: exports of this service, and chains of layers: Gemm, or MatMul and Add, normalizations and activations.

Nothing in them is executed.

Source: https://onnx.ai/onnx/operators, whose defaults of attributes are used.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from steelyard.errors import shown
from steelyard.exports.onnx import METADATA
from steelyard.imports.chain import Chain
from steelyard.imports.contents import MOST_TENSORS, Array, CannotImport, Contents
from steelyard.nn.activations.smooth import SELU_ALPHA, SELU_SCALE

# By operator: our activation, and the attributes that are its parameters, with ONNX's defaults.
ACTIVATIONS: dict[str, tuple[str, dict[str, tuple[str, float]]]] = {
    "Relu": ("relu", {}),
    "LeakyRelu": ("leaky_relu", {"alpha": ("negative_slope", 0.01)}),
    "Elu": ("elu", {"alpha": ("alpha", 1.0)}),
    "Celu": ("celu", {"alpha": ("alpha", 1.0)}),
    "Mish": ("mish", {}),
    "Sigmoid": ("sigmoid", {}),
    "Tanh": ("tanh", {}),
    "Softplus": ("softplus", {}),
    "Softsign": ("softsign", {}),
    "Exp": ("exponential", {}),
    "Softmax": ("softmax", {}),
    "LogSoftmax": ("log_softmax", {}),
}
PASSING = ("Identity", "Dropout", "Flatten")  # which change nothing of rows at inference
# Likewise, with attributes that must have one value: ONNX's default, and ours.
FIXED: dict[str, tuple[str, dict[str, tuple[float, float]]]] = {
    "HardSigmoid": ("hard_sigmoid", {"alpha": (0.2, 1 / 6), "beta": (0.5, 0.5)}),
    "Selu": ("selu", {"alpha": (SELU_ALPHA, SELU_ALPHA), "gamma": (SELU_SCALE, SELU_SCALE)}),
    "Swish": ("silu", {"alpha": (1.0, 1.0)}),
}
CLIPS = {(0.0, 6.0): "relu6", (-1.0, 1.0): "hard_tanh"}
BROKEN = (AttributeError, IndexError, KeyError, OverflowError, TypeError, ValueError)


def read_onnx(path: str, _: int) -> Contents:
    """An ONNX file, which is as large as its tensors. Raises `CannotImport`."""
    import onnx  # noqa: PLC0415 -- it takes 0.2 s, and most files are of other formats
    from google.protobuf.message import DecodeError  # type: ignore[import-untyped]  # noqa: PLC0415

    try:
        model = onnx.ModelProto.FromString(Path(path).read_bytes())
        walk = _Walk(model.graph)
        if not (manifests := [each.value for each in model.metadata_props if each.key == METADATA]):
            return walk.read()
        if not isinstance(manifests[0], str):  # protobuf leaves what is not UTF-8 as bytes
            raise CannotImport("its manifest is not UTF-8")
        return Contents(walk.named(), manifests[0])
    except DecodeError:
        raise CannotImport("it is not a valid ONNX file") from None
    except BROKEN as error:
        raise CannotImport(f"it is not a valid ONNX file: {str(error)[:200]}") from None


class _Walk:
    """Goes through a graph from its input to its output."""

    def __init__(self, graph: Any) -> None:
        if len(graph.initializer) + len(graph.node) > MOST_TENSORS:
            raise CannotImport(f"it has more than {MOST_TENSORS} nodes and constants, which is the limit")
        self._graph = graph
        self._constants = {each.name: each for each in graph.initializer}
        for node in graph.node:
            if node.op_type == "Constant":
                self._constants[node.output[0]] = next(each.t for each in node.attribute if each.name == "value")
            elif node.op_type == "Identity" and node.input[0] in self._constants:  # of tensors that are equal
                self._constants[node.output[0]] = self._constants[node.input[0]]
        self._chain = Chain()

    def named(self) -> dict[str, Array]:
        """The tensors of an export, by the names of the service. Raises `CannotImport`."""
        own = [name for name in self._constants if "/" in name.strip("/")]  # others are constants of formulas
        return {name.strip("/"): self._constant(name) for name in own}

    def read(self) -> Contents:
        """The network. Raises `CannotImport`."""
        inputs = [each.name for each in self._graph.input if each.name not in self._constants]
        if len(inputs) != 1 or len(self._graph.output) != 1:
            detail = f"it has {len(inputs)} inputs and {len(self._graph.output)} outputs"
            raise CannotImport(f"{detail}; it must have one of each: all numbers of a row together, and the answer")
        nodes = [node for node in self._graph.node if node.output[0] not in self._constants]
        current = inputs[0]
        while nodes:  # in topological order, as ONNX demands
            node = nodes.pop(0)
            if nodes and _is_silu(node, nodes[0], current):
                self._chain.add_activation("silu")
                current = nodes.pop(0).output[0]
                continue
            if [*node.input].count(current) != 1:
                raise CannotImport(f"the node {_called(node)} is not next in a chain; only chains of layers are read")
            self._take(node, current)
            current = node.output[0]
        if current != self._graph.output[0].name:
            raise CannotImport("its output is not the end of its chain of layers")
        return self._chain.finish()

    def _take(self, node: Any, current: str) -> None:
        attributes = {each.name: each for each in node.attribute}
        kind, name = node.op_type, node.name or node.op_type
        if kind in ACTIVATIONS:
            if kind.endswith("oftmax") and "axis" in attributes and attributes["axis"].i not in (-1, 1):
                raise CannotImport(f"the node {_called(node)} is not over the outputs of each row")
            activation, parameters = ACTIVATIONS[kind]
            given: dict[str, Any] = {
                ours: attributes[key].f if key in attributes else usual for key, (ours, usual) in parameters.items()
            }
            self._chain.add_activation(activation, **given)
        elif kind in ("Gemm", "MatMul") and node.input[0] == current:
            self._take_product(node, attributes, name)
        elif kind == "Add":
            [other] = [each for each in node.input if each != current]
            self._chain.add_bias(self._constant(other), name)
        elif kind in TAKEN and node.input[0] == current:
            TAKEN[kind](self, node, attributes)
        elif kind not in PASSING:
            known = ", ".join(("Gemm", "MatMul", "Add", *TAKEN, *ACTIVATIONS, *PASSING))
            raise CannotImport(f"the node {_called(node)} cannot be imported; known operators are {known}")

    def _take_product(self, node: Any, attributes: dict[str, Any], name: str) -> None:
        kernel = self._constant(node.input[1])
        alpha = attributes["alpha"].f if "alpha" in attributes else 1.0
        beta = attributes["beta"].f if "beta" in attributes else 1.0
        if "transA" in attributes and attributes["transA"].i:
            raise CannotImport(f"the node {_called(node)} transposes its input")
        if "transB" in attributes and attributes["transB"].i:
            kernel = kernel.T
        bias = self._constant(node.input[2]) if len(node.input) > 2 and node.input[2] else None
        with np.errstate(over="ignore", invalid="ignore"):  # a draft refuses what is not finite
            scaled = None if bias is None else bias * bias.dtype.type(beta)
            kernel = kernel * kernel.dtype.type(alpha)
        self._chain.add_dense(kernel, scaled, name)

    def take_batch_normalization(self, node: Any, attributes: dict[str, Any]) -> None:
        """Of each output over the rows of training, whose averages are in the file."""
        if "training_mode" in attributes and attributes["training_mode"].i:
            raise CannotImport(f"the node {_called(node)} is in training mode; export the model for inference")
        names = ("gamma", "beta", "moving_mean", "moving_variance")
        tensors = {name: self._constant(each) for name, each in zip(names, node.input[1:], strict=True)}
        epsilon = attributes["epsilon"].f if "epsilon" in attributes else 1e-5
        self._chain.add("batch_normalization", node.name, tensors, epsilon=epsilon)

    def take_layer_normalization(self, node: Any, attributes: dict[str, Any]) -> None:
        """Of each row over its outputs."""
        if "axis" in attributes and attributes["axis"].i not in (-1, 1):
            raise CannotImport(f"the node {_called(node)} is not over the outputs of each row")
        gamma, *beta = [self._constant(each) for each in node.input[1:] if each]
        tensors = {"gamma": gamma, "beta": beta[0] if beta else np.zeros_like(gamma)}
        epsilon = attributes["epsilon"].f if "epsilon" in attributes else 1e-5
        self._chain.add("layer_normalization", node.name, tensors, epsilon=epsilon)

    def take_gelu(self, node: Any, attributes: dict[str, Any]) -> None:  # noqa: ARG002 -- as all have it
        """Exact, or by its approximation with tanh."""
        is_approximate = "approximate" in attributes and attributes["approximate"].s == b"tanh"
        self._chain.add_activation("gelu", approximate=is_approximate)

    def take_prelu(self, node: Any, attributes: dict[str, Any]) -> None:  # noqa: ARG002 -- as above
        """With a slope for each output, or one for all."""
        slope = self._constant(node.input[1])
        if slope.size == 1:
            self._chain.add_activation("leaky_relu", negative_slope=float(slope.reshape(-1)[0]))
        else:
            self._chain.add_activation("prelu", {"alpha": slope.reshape(-1)})

    def take_clip(self, node: Any, attributes: dict[str, Any]) -> None:
        """Of the limits that an activation has; old files have them as attributes."""
        limits = [attributes[each].f for each in ("min", "max") if each in attributes]
        limits += [float(self._constant(each).reshape(-1)[0]) for each in node.input[1:] if each]
        if tuple(limits) not in CLIPS:
            raise CannotImport(f"the node {_called(node)} must clip from 0 to 6, or from -1 to 1")
        self._chain.add_activation(CLIPS[tuple(limits)])

    def take_fixed(self, node: Any, attributes: dict[str, Any]) -> None:
        """With the parameters that ours has."""
        name, parameters = FIXED[node.op_type]
        for key, (usual, ours) in parameters.items():
            value = attributes[key].f if key in attributes else usual
            if not np.isclose(value, ours, rtol=1e-5, atol=0):
                raise CannotImport(f"the node {_called(node)} must have {key} {ours:.6g}; it has {value:.6g}")
        self._chain.add_activation(name)

    def _constant(self, name: str) -> Array:
        from onnx import TensorProto, numpy_helper  # noqa: PLC0415 -- as above

        if name not in self._constants:
            raise CannotImport(f"{shown(name)} is computed, and not a constant of the file")
        tensor = self._constants[name]
        if tensor.data_location == TensorProto.EXTERNAL:
            raise CannotImport(f"the values of {shown(name)} are in another file; save the model as one file")
        values: Array = numpy_helper.to_array(tensor)
        if values.dtype.kind != "f":
            raise CannotImport(f"the tensor {shown(name)} is of the type {values.dtype}; it must be float32 or float64")
        return values


TAKEN: dict[str, Callable[[_Walk, Any, dict[str, Any]], None]] = {
    "BatchNormalization": _Walk.take_batch_normalization,
    "LayerNormalization": _Walk.take_layer_normalization,
    "Gelu": _Walk.take_gelu,
    "PRelu": _Walk.take_prelu,
    "Clip": _Walk.take_clip,
    **dict.fromkeys(FIXED, _Walk.take_fixed),
}


def _is_silu(node: Any, following: Any, current: str) -> bool:
    """Whether two nodes compute `x · sigmoid(x)`."""
    kinds = (node.op_type, following.op_type)
    return kinds == ("Sigmoid", "Mul") and sorted(following.input) == sorted([current, node.output[0]])


def _called(node: Any) -> str:
    return f"{shown(node.name)} ({node.op_type})" if node.name else node.op_type

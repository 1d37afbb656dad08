"""The layers of a functional Keras model, as its `config.json` and `model.weights.h5` have them.

Keras names the weights by the class of a layer and its number among those, in the order in which it goes through the
graph. That order is computed here as Keras 3 does it (`keras.src.ops.function.map_graph`).
"""

import io
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
LAYERS = "keras.layers"
WITHOUT_TRAINABLE = ("Discretization", "InputLayer")


@dataclass(eq=False)
class Node:
    """A layer in a graph; `width` is that of its output."""

    kind: str
    name: str
    config: dict[str, Any]
    inputs: list["Node"]
    width: tuple[int, ...]
    dtype: str
    weights: list[Array] = field(default_factory=list)


class KerasGraph:
    """Layers with unique names."""

    def __init__(self) -> None:
        self._nodes: list[Node] = []
        self._names: set[str] = set()

    def add(
        self,
        kind: str,
        name: str,
        inputs: Sequence[Node],
        *,
        width: int | tuple[int, ...] | None = None,
        dtype: str,
        weights: Sequence[Array] = (),
        **config: Any,
    ) -> Node:
        """A layer; its output is as wide as its first input unless it has another `width`."""
        shape = inputs[0].width if width is None else width if isinstance(width, tuple) else (width,)
        node = Node(kind, self.free(name), config, [*inputs], shape, dtype, [*weights])
        self._nodes.append(node)
        return node

    def free(self, name: str) -> str:
        """A name that Keras accepts and that no layer has."""
        plain = re.sub(r"[^A-Za-z0-9_]", "_", name) or "_"
        number, chosen = 1, plain
        while chosen in self._names:
            number += 1
            chosen = f"{plain}_{number}"
        self._names.add(chosen)
        return chosen

    def config(self, output: Node) -> dict[str, Any]:
        """What `config.json` holds."""
        inputs = [node for node in self._nodes if node.kind == "InputLayer"]
        return {
            "module": "keras.src.models.functional",
            "class_name": "Functional",
            "config": {
                "name": "steelyard",
                "trainable": True,
                "layers": [_layer(node) for node in self.ordered(output)],
                "input_layers": [[node.name, 0, 0] for node in inputs],
                "output_layers": [[output.name, 0, 0]],
            },
            "registered_name": "Functional",
            "build_config": {"input_shape": None},
        }

    def ordered(self, output: Node) -> list[Node]:
        """The layers in Keras's order: the farthest from the output first, then as they are found from there."""
        found: dict[int, int] = {}
        finished: list[Node] = []

        def visit(node: Node) -> None:
            if id(node) in found:
                return
            found[id(node)] = len(found)
            for each in node.inputs:
                visit(each)
            finished.append(node)

        visit(output)
        depths: dict[int, int] = {}
        for node in reversed(finished):
            depth = depths.setdefault(id(node), 0)
            for each in node.inputs:
                depths[id(each)] = max(depth + 1, depths.get(id(each), 0))
        return sorted(finished, key=lambda node: (-depths[id(node)], found[id(node)]))

    def places(self, output: Node) -> list[tuple[str, Node]]:
        """Where the weights of each layer are in `model.weights.h5`."""
        counts, found = Counter[str](), []
        for node in self.ordered(output):
            kind = snake(node.kind)
            found.append((f"layers/{kind}_{counts[kind]}/vars" if counts[kind] else f"layers/{kind}/vars", node))
            counts[kind] += 1
        return found

    def places_of(self, tensors: Mapping[str, Array], output: Node) -> dict[str, str]:
        """Where each of these tensors is in `model.weights.h5`, which are the weights of layers themselves."""
        places = {
            weight.ctypes.data: f"{place}/{number}"
            for place, node in self.places(output)
            for number, weight in enumerate(node.weights)
        }
        return {name: places[tensor.ctypes.data] for name, tensor in tensors.items()}

    def weights(self, output: Node) -> bytes:
        """What `model.weights.h5` holds; without times, so that equal weights give equal bytes."""
        import h5py  # noqa: PLC0415 -- it takes 0.1 s, and most processes export nothing

        buffer = io.BytesIO()
        with h5py.File(buffer, "w") as file:
            file.create_group("vars").attrs["name"] = "steelyard"
            for place, node in self.places(output):
                group = file.create_group(place)
                group.attrs["name"] = node.name
                for number, weight in enumerate(node.weights):
                    group.create_dataset(str(number), data=np.asarray(weight, order="C"), track_times=False)
        return buffer.getvalue()


def _layer(node: Node) -> dict[str, Any]:
    arguments: list[Any] = [_tensor(each) for each in node.inputs]
    several = node.kind in ("Concatenate", "Add", "Multiply", "Average")
    nodes: list[Any] = [{"args": [arguments] if several else arguments, "kwargs": {}}] if arguments else []
    config = {"name": node.name, "dtype": node.dtype} | node.config
    return {
        "module": LAYERS,
        "class_name": node.kind,
        "config": config if node.kind in WITHOUT_TRAINABLE else {"trainable": True} | config,
        "registered_name": None,
        "name": node.name,
        "inbound_nodes": nodes,
    }


def _tensor(node: Node) -> dict[str, Any]:
    config = {"shape": [None, *node.width], "dtype": node.dtype, "keras_history": [node.name, 0, 0]}
    return {"class_name": "__keras_tensor__", "config": config}


def snake(name: str) -> str:
    """As `keras.src.utils.naming.tosnake_case`."""
    name = re.sub(r"\W+", "", name)
    name = re.sub("(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub("([a-z])([A-Z])", r"\1_\2", name).lower()

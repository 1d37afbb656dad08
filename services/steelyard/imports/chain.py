"""A network while it is read from a file that describes it: one layer after the other."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from steelyard.errors import shown
from steelyard.imports.contents import Array, CannotImport, Contents
from steelyard.nn.layers.residual import PROJECTION
from steelyard.nn.network import OUTPUT

KERNEL_AXES = 2
PADDING = -1  # in an order of inputs: an input that is always zero


class Chain:
    """Layers, and the tensors of each.

    `order` says which input of the file each input of this network is, for a file that joins its inputs in another
    order. It is applied to the weights up to the first dense layer.
    """

    def __init__(self, order: NDArray[np.int64] | None = None) -> None:
        self._layers: list[dict[str, Any]] = []
        self._tensors: list[dict[str, Array]] = []
        self._order = order

    def add(self, kind: str, name: str, tensors: dict[str, Array] | None = None, **settings: Any) -> None:
        """A layer of any other kind, called `name` in the file. Raises `CannotImport`."""
        if self._order is not None and tensors:
            if PADDING in self._order or kind == "residual":
                raise CannotImport(
                    f"the layer {shown(name)} must follow a dense layer to be imported with these inputs"
                )
            tensors = {each: _in_order(tensor, self._order, name) for each, tensor in tensors.items()}
        self._layers.append({"type": kind, **settings})
        self._tensors.append(tensors or {})

    def add_embedding(self, tables: Sequence[Array], columns: Sequence[int]) -> None:
        """The embedding of some of the inputs, by number."""
        self._layers.append(
            {
                "type": "embedding",
                "columns": [*columns],
                "categories": [len(table) for table in tables],
                "units": tables[0].shape[1],
            }
        )
        self._tensors.append({f"table_{column}": table for column, table in zip(columns, tables, strict=True)})

    def add_dense(self, kernel: Array, bias: Array | None, name: str) -> None:
        """A dense layer, called `name` in the file. Raises `CannotImport`."""
        if kernel.ndim != KERNEL_AXES:
            raise CannotImport(
                f"the weights of {shown(name)} have the shape {[*kernel.shape]}; they must have two axes"
            )
        if self._order is not None:
            kernel = _in_order(kernel, self._order, name)
            self._order = None
        self._layers.append({"type": "dense", "units": kernel.shape[1], "use_bias": False})
        self._tensors.append({"kernel": kernel})
        if bias is not None:
            self.add_bias(bias, name)

    def add_bias(self, bias: Array, name: str) -> None:
        """The bias of the layer before. Raises `CannotImport`."""
        last = self._layers[-1] if self._layers else {}
        if last.get("type") != "dense" or last["use_bias"] or "activation" in last:
            raise CannotImport(f"{shown(name)} adds to something else than the product of a layer")
        if bias.size != last["units"] or bias.shape[-1:] != (last["units"],):
            raise CannotImport(
                f"the bias of {shown(name)} must have the shape [{last['units']}]; it has {[*bias.shape]}"
            )
        last["use_bias"] = True
        self._tensors[-1]["bias"] = bias.reshape(-1)

    def add_activation(self, name: str, tensors: dict[str, Array] | None = None, **parameters: Any) -> None:
        """An activation of what the layer before gives; `tensors` are what it has learned. Raises `CannotImport`."""
        activation = {"name": name, **parameters}
        last = self._layers[-1] if self._layers else {}
        if last.get("type") == "dense" and "activation" not in last:
            last["activation"] = activation
            self._tensors[-1] |= tensors or {}
        elif self._order is not None and PADDING in self._order:
            raise CannotImport(f"the activation {name} must follow a dense layer to be imported with these inputs")
        else:
            self.add("activation", name, tensors, activation=activation)

    def add_residual(self, inner: "Chain", projection: Array | None, name: str) -> None:
        """A block whose input is added to its output, by way of a kernel or as it is. Raises `CannotImport`."""
        tensors = _named(inner._layers, inner._tensors, ".")
        if projection is not None:
            if projection.ndim == KERNEL_AXES and projection.shape[0] == projection.shape[1]:
                raise CannotImport(f"the inputs that {shown(name)} adds go through a dense layer of the same width")
            tensors[f"{PROJECTION}.kernel"] = projection
        self.add("residual", name, tensors, layers=_completed(inner._layers))

    def describe(self) -> tuple[dict[str, Any], dict[str, Array]]:
        """`layers` and `output` as in a job, and the tensors by this service's names. Raises `CannotImport`."""
        if not self._layers or self._layers[-1]["type"] != "dense":
            raise CannotImport("its last layer is not dense, with at most one activation behind it")
        *hidden, last = self._layers
        output = {name: last[name] for name in ("activation", "use_bias") if name in last}
        *before, own = self._tensors
        tensors = _named(hidden, before, "/") | {f"{OUTPUT}/{name}": tensor for name, tensor in own.items()}
        return {"layers": _completed(hidden), "output": output}, tensors

    def finish(self) -> Contents:
        """The network with its tensors. Raises `CannotImport`."""
        network, tensors = self.describe()
        return Contents(tensors, None, network)


def _in_order(tensor: Array, order: NDArray[np.int64], name: str) -> Array:
    """The tensor with its first axis in this order."""
    inputs = int(order.max()) + 1
    if tensor.shape[:1] != (inputs,):
        raise CannotImport(f"a tensor of {shown(name)} has the shape {[*tensor.shape]}; there are {inputs} inputs")
    found: Array = tensor[order]
    found[order == PADDING] = 0
    return found


def _named(layers: Sequence[dict[str, Any]], tensors: Sequence[dict[str, Array]], separator: str) -> dict[str, Array]:
    """The tensors by the names of their layers: by type and count."""
    counts, found = Counter[str](), dict[str, Array]()
    for layer, own in zip(layers, tensors, strict=True):
        counts[layer["type"]] += 1
        place = f"{layer['type']}_{counts[layer['type']]}"
        found |= {f"{place}{separator}{name}": tensor for name, tensor in own.items()}
    return found


def _completed(layers: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The layers as in a job, where a dense layer without an activation would have the usual one."""
    linear = {"activation": {"name": "linear"}}
    return [linear | layer if layer["type"] == "dense" else layer for layer in layers]

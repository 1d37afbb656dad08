"""A network while it is read from a file that describes it: one layer after the other."""

from typing import Any

from steelyard.errors import shown
from steelyard.imports.contents import Array, CannotImport, Contents

OUTPUT = "output"
KERNEL_AXES = 2


class Chain:
    """Dense layers with activations between them, and the tensors of each."""

    def __init__(self) -> None:
        self._layers: list[dict[str, Any]] = []
        self._tensors: list[dict[str, Array]] = []

    def add_dense(self, kernel: Array, bias: Array | None, name: str) -> None:
        """A dense layer, called `name` in the file. Raises `CannotImport`."""
        if kernel.ndim != KERNEL_AXES:
            raise CannotImport(
                f"the weights of {shown(name)} have the shape {[*kernel.shape]}; they must have two axes"
            )
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

    def add_activation(self, name: str, **parameters: Any) -> None:
        """An activation of what the layer before gives."""
        activation = {"name": name, **parameters}
        last = self._layers[-1] if self._layers else {}
        if last.get("type") == "dense" and "activation" not in last:
            last["activation"] = activation
        else:
            self._layers.append({"type": "activation", "activation": activation})
            self._tensors.append({})

    def finish(self) -> Contents:
        """The network with its tensors by this service's names. Raises `CannotImport`."""
        if not self._layers or self._layers[-1]["type"] != "dense":
            raise CannotImport("its last layer is not dense, with at most one activation behind it")
        *hidden, last = self._layers
        tensors: dict[str, Array] = {}
        count = 0
        for layer, own in zip(self._layers, self._tensors, strict=True):
            count += layer["type"] == "dense"
            place = OUTPUT if layer is last else f"dense_{count}"
            tensors |= {f"{place}/{name}": tensor for name, tensor in own.items()}
        for layer in hidden:
            layer.setdefault("activation", {"name": "linear"})
        output = {name: last[name] for name in ("activation", "use_bias") if name in last}
        return Contents(tensors, None, {"layers": hidden, "output": output})

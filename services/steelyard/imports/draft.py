"""A model that is about to be made from a file, checked before anything of its size is allocated."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from steelyard.errors import nearest, shown
from steelyard.imports.contents import CannotImport
from steelyard.inference.service import Loaded
from steelyard.models.schema import Provenance
from steelyard.nn.ensemble import by_member
from steelyard.nn.layers.base import TensorSpec
from steelyard.nn.losses import LOSSES
from steelyard.nn.network import network_places
from steelyard.tabular.encoder import Encoder
from steelyard.tabular.scaling import Scaler
from steelyard.training.assemble import build_layers, build_network
from steelyard.training.schema import JobSpec

Array = NDArray[Any]
# What is raised over a description that contradicts itself.
MALFORMED = (
    AssertionError,
    AttributeError,
    IndexError,
    KeyError,
    OverflowError,
    RecursionError,
    TypeError,
    ValueError,
)


@dataclass(frozen=True)
class Draft:
    """Everything of a model but its network. `spec` is filled in; `tensors` have the names of the network.

    `metrics` are of weights with the digest `measured`, if the file says that.
    """

    spec: JobSpec
    inputs: Encoder
    target: Scaler | None
    targets: list[str]
    classes: list[Any] | None
    tensors: Mapping[str, Array]
    metrics: dict[str, dict[str, float | None]] = field(default_factory=dict)
    original: Provenance | None = None
    dialect: dict[str, Any] | None = None
    notes: tuple[str, ...] = ()
    measured: str | None = None

    @property
    def units(self) -> int:
        """How many outputs the network has."""
        if self.spec.task == "binary":
            return 1
        return len(self.targets) if self.classes is None else len(self.classes)

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """The shape of every tensor of the network, by name and in order."""
        return {name: spec.shape for name, spec in specs_of(self.spec, self.inputs, self.units).items()}

    def build(self) -> Loaded:
        """The model. Raises `CannotImport`."""
        self._require_outputs()
        self._require_tensors()
        try:
            network = build_network(self.spec, self.inputs.layout, self.units)
            for name, tensor in network.tensors().items():
                tensor[...] = self.tensors[name]
            labels = self.targets if self.spec.task == "multilabel" else self.classes
            loaded = Loaded(network, labels, self.spec.make_loss(), self.inputs, self.target, self.dialect)
            self._answer(loaded)
        except MALFORMED as error:
            raise CannotImport(f"its description contradicts itself: {str(error)[:200]}") from None
        return loaded

    def _answer(self, loaded: Loaded) -> None:
        """Predict one row, so that a model that cannot is not stored."""
        columns = len(self.inputs.numbers) + len(self.inputs.datetimes) + len(self.inputs.categories)
        with np.errstate(all="ignore"):
            x = self.inputs.encode_cells(np.zeros((1, columns)), loaded.network.dtype)
            loaded.in_own_words(loaded.answer(x).predictions)
        _ = self.inputs.titles, self.inputs.places

    def _require_outputs(self) -> None:
        task, classes = self.spec.task, self.classes
        has_classes = task in ("binary", "multiclass")
        if has_classes != (classes is not None):
            raise CannotImport(f"the task is {task}, which has {'' if has_classes else 'no '}classes")
        if classes is not None and len({*map(repr, classes)}) != len(classes):
            raise CannotImport("two classes have the same label")
        if classes is not None and (len(classes) < 2 or (task == "binary" and len(classes) != 2)):
            raise CannotImport(f"the task is {task}, and there are {len(classes)} classes")
        assert self.spec.loss is not None
        if task not in LOSSES[self.spec.loss.name].tasks:
            raise CannotImport(f"the loss {self.spec.loss.name} is not for the task {task}")
        if (self.target is not None) != (task == "regression"):
            raise CannotImport(
                f"the task is {task}, which has {'a' if task == 'regression' else 'no'} scaling of targets"
            )
        if self.target is not None and self.target.center.shape != (self.units,):
            raise CannotImport(f"the scaling of targets is for {self.target.center.size}; there are {self.units}")

    def _require_tensors(self) -> None:
        shapes = self.shapes()
        for name, shape in shapes.items():
            tensor = self.tensors.get(name)
            if tensor is None:
                raise CannotImport(f"the tensor {shown(name)} of the shape {[*shape]} is missing")
            if tensor.shape != shape:
                raise CannotImport(f"the tensor {shown(name)} must have the shape {[*shape]}; it has {[*tensor.shape]}")
            if tensor.dtype.name != self.spec.training.dtype:
                raise CannotImport(
                    f"the tensor {shown(name)} is of the type {tensor.dtype.name}; the model computes in "
                    f"{self.spec.training.dtype}"
                )
            if not np.isfinite(tensor).all():
                raise CannotImport(f"the tensor {shown(name)} has values that are not finite")
        if further := [name for name in self.tensors if name not in shapes]:
            raise CannotImport(f"the tensor {shown(further[0])} belongs to no layer; {nearest(further[0], shapes)}")


def specs_of(spec: JobSpec, inputs: Encoder, units: int) -> dict[str, TensorSpec]:
    """What every tensor of the network is, by its full name and in order. Allocates nothing. Raises `CannotImport`."""
    try:
        places = network_places(build_layers(spec, units, inputs.layout), inputs.layout.width)
        member = {f"{place.name}/{tensor.name}": tensor for place in places for tensor in place.tensors}
    except MALFORMED as error:
        raise CannotImport(f"its layers do not make a network: {str(error)[:200]}") from None
    return member if spec.ensemble == 1 else by_member([member] * spec.ensemble)

"""What every layer is: a part of a specification, and the stages that compute it.

A layer is what was asked for: frozen, without arrays. A stage is a layer at work in one network for batches of one
size: it holds views of the weights and its own buffers, made once.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray

from steelyard.nn.activations import Activation
from steelyard.nn.component import Part, Registry
from steelyard.nn.constraints import Constraint
from steelyard.nn.initializers import Constant, Initializer
from steelyard.nn.regularizers import Regularizer
from steelyard.nn.rng import Streams

Array = NDArray[Any]
Axis = tuple[str, ...] | int  # of a tensor: the names of what it counts, or how many units without a name there are


def count_of(axis: Axis) -> int:
    """How long an axis is."""
    return axis if isinstance(axis, int) else len(axis)


class Stage(ABC):
    """A layer, or a part of one, at work on batches of `rows` rows."""

    @abstractmethod
    def forward(self, x: Array) -> Array:
        """The outputs `(rows, units)` for inputs `(rows, inputs)`; valid until the next call."""

    @abstractmethod
    def backward(self, grad: Array) -> Array:
        """The gradient by the inputs, from that by the outputs, which may be overwritten; fills weight gradients."""

    def row_norms(self, grad: Array) -> dict[str, Array]:
        """The squared norm of each row's part of the weights' gradients, `(rows,)`, by tensor; before `backward`.

        `grad` is the gradient by the outputs and stays as it is.
        """
        return {}

    def calibrate(self, x: Array) -> Array:
        """As `forward`, after initializers that look at the data have seen it."""
        return self.forward(x)

    def intermediates(self, x: Array) -> dict[str, Array]:
        """What the last `forward`, of `x`, drew or computed beside its outputs, by name."""
        return {}

    @property
    def inner(self) -> "Watched | None":
        """The stages inside it."""
        return None


Look = Callable[[tuple[str, ...], Stage, str, Array, Array], None]
"""Takes the names of a stage's place and of the blocks around it, the stage, `forward` or `backward`, and copies of
what went in and what came out."""


class Watched(Protocol):
    """Stages that can be looked at while they work."""

    def watch(self, look: Look, within: tuple[str, ...] = ()) -> None:
        """Call `look` after every stage from now on, those inside blocks too, in both directions."""


def squared_norms(rows: Array) -> Array:
    """`‖x‖²` of each row, `(rows,)`."""
    norms: Array = np.vecdot(rows, rows)
    return norms


@dataclass(frozen=True)
class TensorSpec:
    """A tensor that a layer needs: its name in the layer, its shape, and how it begins."""

    name: str
    shape: tuple[int, ...]
    initializer: Initializer
    regularizer: Regularizer | None = None
    constraint: Constraint | None = None
    trainable: bool = True


@dataclass(frozen=True)
class Place:
    """Where a layer stands: its name, its inputs, and its tensors, which know their names in the layer."""

    name: str
    layer: "Layer"
    inputs: int
    tensors: tuple[TensorSpec, ...]

    @property
    def outputs(self) -> int:
        """How many values it gives to the next layer."""
        return self.layer.outputs(self.inputs)

    @property
    def learns(self) -> bool:
        """Whether training changes any of its tensors."""
        return any(tensor.trainable for tensor in self.tensors)


@dataclass(frozen=True)
class Surroundings:
    """What a layer's stages are made for.

    `weights` and `gradients` are the layer's tensors by name. `streams` is `None` for inference. A `tap` wraps each
    stage to observe what goes through it; `path` is the name of the layer, with that of the block around it.
    """

    inputs: int
    rows: int
    dtype: np.dtype[Any]
    weights: Mapping[str, Array]
    gradients: Mapping[str, Array]
    needs_input_gradient: bool
    streams: Streams | None
    tap: "Tap | None" = None
    path: str = ""

    def buffer(self, width: int) -> Array:
        """A buffer for one value a row and unit."""
        return np.empty((self.rows, width), self.dtype)


Tap = Callable[["Layer", Stage, Surroundings], Stage]


@dataclass(frozen=True)
class Layer(Part):
    """A layer as it is asked for."""

    latex: ClassVar[str]  # the formula
    gradient: ClassVar[str]
    gradient_latex: ClassVar[str]

    repeats: ClassVar[bool] = True  # gives the same values again for the same inputs, in training too

    def outputs(self, inputs: int) -> int:
        """How many units it has, given how many inputs."""
        return inputs

    def tensors(self, inputs: int) -> list[TensorSpec]:
        """The tensors that it needs."""
        return []

    @abstractmethod
    def stages(self, around: Surroundings) -> list[Stage]:
        """Itself, at work."""

    def buffer_widths(self, inputs: int) -> int:
        """How many values its stages keep for every row of a training batch: for estimates of memory."""
        return inputs + self.outputs(inputs)

    def without_noise(self) -> "Layer":
        """The same layer with the same tensors, without what it adds or drops at random during training."""
        return self

    def inner(self, inputs: int) -> list[Place]:
        """The layers inside it, with their places."""
        return []

    def drawn(self, inputs: int) -> int:
        """How many random numbers it draws for every row of a training batch."""
        return 0

    def axes(self, inputs: Axis, outputs: Axis | None = None) -> tuple[dict[str, tuple[Axis, ...]], Axis]:
        """What the axes of its tensors count, by the tensors' names in the layer, and what its outputs are.

        `outputs` are the names of its units, where it is the last. By default a first axis as long as the inputs
        counts these, and a layer that has as many outputs as inputs and no matrix passes its inputs on.
        """
        count = count_of(inputs)
        specs = self.tensors(count)
        named = {spec.name: _axes_of(spec.shape, inputs) for spec in specs}
        passes = self.outputs(count) == count and all(len(spec.shape) == 1 for spec in specs)
        return named, inputs if passes else self.outputs(count)

    def keys(self, inputs: Axis) -> dict[str, str]:
        """For the tensors that are named by an input's position: a key made of the input's name."""
        return {}

    def first_that_varies(self) -> str | None:
        """The type of the first layer, of itself and those inside it, that does not repeat its values."""
        return None if self.repeats else self.name


def _axes_of(shape: tuple[int, ...], inputs: Axis) -> tuple[Axis, ...]:
    return (inputs, *shape[1:]) if shape[0] == count_of(inputs) else shape


LAYERS = Registry[Layer]("layer", tag="type")


def activation_tensors(activation: Activation, units: int, *, trainable: bool) -> list[TensorSpec]:
    """The tensors of an activation that learns."""
    starts = activation.weights().items()
    return [TensorSpec(name, (units,), Constant(start), trainable=trainable) for name, start in starts]

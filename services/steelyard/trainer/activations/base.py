"""What every activation is: a function of a layer's weighted sums `z`, and its derivative.

Kernels write to buffers that they are handed and allocate nothing. All arrays are `(batch, units)` and of the
network's dtype.
"""

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from numpy.typing import NDArray

from steelyard.trainer.parts import Part, Registry

Array = NDArray[Any]


class Kernels(Protocol):
    """The two ways through an activation."""

    def forward(self, z: Array, out: Array, scratch: Array) -> None:
        """Write `a = f(z)` to `out`; `z` stays as it is, `scratch` may be overwritten."""

    def backward(self, z: Array, a: Array, grad: Array, scratch: Array) -> None:
        """Turn `grad`, the loss's gradient by `a`, into that by `z`; `a` and `scratch` may be overwritten."""


@dataclass(frozen=True)
class Activation(Part):
    """A function of a layer's weighted sums. One that learns names the weights of its own."""

    @abstractmethod
    def forward(self, z: Array, out: Array, scratch: Array) -> None:
        """Write `a = f(z)` to `out`; `z` stays as it is, `scratch` may be overwritten."""

    @abstractmethod
    def backward(self, z: Array, a: Array, grad: Array, scratch: Array) -> None:
        """Turn `grad`, the loss's gradient by `a`, into that by `z`; `a` and `scratch` may be overwritten."""

    def weights(self) -> dict[str, float]:
        """The weights that it learns, one a unit: their names, and the value that each begins with."""
        return {}

    def learning(self, weights: Mapping[str, Array], gradients: Mapping[str, Array]) -> Kernels:
        """The kernels that compute with these weights `(units,)` and fill their gradients."""
        return self


ACTIVATIONS = Registry[Activation]("activation")

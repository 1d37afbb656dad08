"""Constraints: what a kernel must be after every step, whatever the step made of it."""

from abc import abstractmethod
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np
from annotated_types import Gt
from numpy.typing import NDArray

from steelyard.nn.component import Part, Registry

Array = NDArray[Any]
TINY = 1e-7  # Keras's epsilon: a unit without weights is left without


@dataclass(frozen=True)
class Constraint(Part):
    """A rule for a kernel `(inputs, units)`."""

    @abstractmethod
    def apply(self, kernel: Array, scratch: Array) -> None:
        """Change the kernel, in place, to the nearest one that keeps the rule; `scratch` has its shape."""


CONSTRAINTS = Registry[Constraint]("constraint")


def _norms(kernel: Array, scratch: Array) -> Array:
    """The Euclidean length of each unit's weights, `(1, units)`."""
    np.multiply(kernel, kernel, out=scratch)
    lengths: Array = np.sqrt(scratch.sum(axis=0, keepdims=True))
    return lengths


@CONSTRAINTS.add
@dataclass(frozen=True)
class MaxNorm(Constraint):
    """Limits the norm of each unit's weights to `max_value`."""

    name: ClassVar = "max_norm"
    formula: ClassVar = "w ← w · min(‖w‖, max_value) / (‖w‖ + 1e-7) for each unit"
    source: ClassVar = "Srivastava et al. 2014; Keras 3, keras.constraints.MaxNorm"

    max_value: Annotated[float, Gt(0)] = 2.0

    def apply(self, kernel: Array, scratch: Array) -> None:
        lengths = _norms(kernel, scratch)
        kernel *= np.minimum(lengths, self.max_value) / (lengths + TINY)


@CONSTRAINTS.add
@dataclass(frozen=True)
class UnitNorm(Constraint):
    """Scales each unit's weights to a norm of one."""

    name: ClassVar = "unit_norm"
    formula: ClassVar = "w ← w / (‖w‖ + 1e-7) for each unit"
    source: ClassVar = "Keras 3, keras.constraints.UnitNorm"

    def apply(self, kernel: Array, scratch: Array) -> None:
        kernel /= _norms(kernel, scratch) + TINY


@CONSTRAINTS.add
@dataclass(frozen=True)
class NonNeg(Constraint):
    """Sets negative weights to zero."""

    name: ClassVar = "non_neg"
    formula: ClassVar = "w ← max(0, w)"
    source: ClassVar = "Keras 3, keras.constraints.NonNeg"

    def apply(self, kernel: Array, scratch: Array) -> None:
        np.maximum(kernel, 0, out=kernel)

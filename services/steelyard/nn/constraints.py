"""Constraints: what a kernel must be after every step, whatever the step made of it."""

from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np
from annotated_types import Gt
from numpy.typing import NDArray

from steelyard.nn.component import Part, Registry, is_inherited
from steelyard.nn.elementwise import maximum, minimum, parameters_of, why_not_formula

Array = NDArray[Any]
TINY = 1e-7  # Keras's epsilon: a unit without weights is left without


@dataclass(frozen=True)
class Constraint(Part):
    """A rule for a kernel `(inputs, units)`."""

    latex: ClassVar[str]  # the formula

    @abstractmethod
    def apply(self, kernel: Array, scratch: Array) -> None:
        """Change the kernel, in place, to the nearest one that keeps the rule; `scratch` has its shape."""


CONSTRAINTS = Registry[Constraint]("constraint")


@dataclass(frozen=True)
class PerUnit(Constraint):
    """A rule for each weight by its unit's: `value(w, length)`, with the Euclidean length of the unit's weights.

    A formula in `steelyard.nn.elementwise`'s functions; its last arguments are the part's parameters.
    """

    value: ClassVar[Callable[..., Any]]

    def apply(self, kernel: Array, scratch: Array) -> None:
        np.multiply(kernel, kernel, out=scratch)
        lengths = np.sqrt(scratch.sum(axis=0, keepdims=True))
        kernel[...] = self.value(kernel, lengths, *parameters_of(self))

    def why_not_compiled(self) -> str | None:
        if not is_inherited(type(self), PerUnit, "apply"):
            return "has no formula to compile"
        return why_not_formula(self.value)


@CONSTRAINTS.add
@dataclass(frozen=True)
class MaxNorm(PerUnit):
    """Limits the norm of each unit's weights to `max_value`."""

    name: ClassVar = "max_norm"
    formula: ClassVar = "w ← w · min(‖w‖, max_value) / (‖w‖ + 1e-7) for each unit"
    latex: ClassVar = r"w \leftarrow w \frac{\min(\lVert w \rVert, \text{max\_value})}{\lVert w \rVert + 10^{-7}}"
    source: ClassVar = "Srivastava et al. 2014; Keras 3, keras.constraints.MaxNorm"

    max_value: Annotated[float, Gt(0)] = 2.0

    @staticmethod
    def value(w: Any, length: Any, max_value: Any) -> Any:
        return w * (minimum(length, max_value) / (length + TINY))


@CONSTRAINTS.add
@dataclass(frozen=True)
class UnitNorm(PerUnit):
    """Scales each unit's weights to a norm of one."""

    name: ClassVar = "unit_norm"
    formula: ClassVar = "w ← w / (‖w‖ + 1e-7) for each unit"
    latex: ClassVar = r"w \leftarrow \frac{w}{\lVert w \rVert + 10^{-7}}"
    source: ClassVar = "Keras 3, keras.constraints.UnitNorm"

    @staticmethod
    def value(w: Any, length: Any) -> Any:
        return w / (length + TINY)


@CONSTRAINTS.add
@dataclass(frozen=True)
class NonNeg(PerUnit):
    """Sets negative weights to zero."""

    name: ClassVar = "non_neg"
    formula: ClassVar = "w ← max(0, w)"
    latex: ClassVar = r"w \leftarrow \max(0, w)"
    source: ClassVar = "Keras 3, keras.constraints.NonNeg"

    @staticmethod
    def value(w: Any, length: Any) -> Any:
        return maximum(w, 0.0)

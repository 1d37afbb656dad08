"""What every activation is: a function of a layer's weighted sums `z`, and its derivative.

Most are written as two formulas, `value` and `slope`, in `steelyard.nn.elementwise`'s functions: one text, which
NumPy computes for arrays, and from which the compiled kernels are made. One that looks at whole rows, or learns, is
written as two functions of arrays instead. All arrays are `(batch, units)` and of the network's dtype.
"""

from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray

from steelyard.nn.component import Part, Registry, is_inherited
from steelyard.nn.elementwise import Curve, parameters_of, why_not_formula

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

    latex: ClassVar[str]  # the formula
    gradient: ClassVar[str]
    gradient_latex: ClassVar[str]

    @property
    def curve(self) -> Curve | None:
        """The formulas of each value alone; `None` where a value depends on others, or on what is learned."""
        return None

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


@dataclass(frozen=True)
class Pointwise(Activation):
    """An activation of each sum alone: `value` and `slope`, whose last arguments are the part's own parameters."""

    value: ClassVar[Callable[..., Any]]
    slope: ClassVar[Callable[..., Any]]

    @cached_property  # computing it each time takes as long as the activation of a single row
    def curve(self) -> Curve:
        return Curve(self.value, self.slope, parameters_of(self))

    def forward(self, z: Array, out: Array, scratch: Array) -> None:
        curve = self.curve
        np.copyto(out, curve.value(z, *curve.parameters))

    def backward(self, z: Array, a: Array, grad: Array, scratch: Array) -> None:
        curve = self.curve
        np.multiply(grad, curve.slope(z, a, *curve.parameters), out=grad)

    def why_not_compiled(self) -> str | None:
        if not is_inherited(type(self), Pointwise, "forward", "backward", "weights", "learning"):
            return "has no formula to compile"
        return self.curve.why_not_compiled()


@dataclass(frozen=True)
class Learned(Activation):
    """An activation of each sum alone that learns weights for each unit, which its formulas take last.

    `value(z, weights)` is `a`, `slope(z, a, weights)` is `∂a/∂z`, and `weight_slopes` has, by the weights' names, the
    derivatives by them, formulas of the same arguments.
    """

    value: ClassVar[Callable[..., Any]]
    slope: ClassVar[Callable[..., Any]]

    @property
    @abstractmethod
    def weight_slopes(self) -> Mapping[str, Callable[..., Any]]:
        """The derivative by each weight, in the order in which the formulas take the weights."""

    def forward(self, z: Array, out: Array, scratch: Array) -> None:
        LearnedKernels(self, [*self.weights().values()], []).forward(z, out, scratch)

    def backward(self, z: Array, a: Array, grad: Array, scratch: Array) -> None:
        LearnedKernels(self, [*self.weights().values()], []).backward(z, a, grad, scratch)

    def learning(self, weights: Mapping[str, Array], gradients: Mapping[str, Array]) -> Kernels:
        names = self.weight_slopes
        return LearnedKernels(self, [weights[name] for name in names], [gradients[name] for name in names if gradients])

    def why_not_compiled(self) -> str | None:
        if not is_inherited(type(self), Learned, "forward", "backward", "learning"):
            return "has no formula to compile"
        formulas = (type(self).value, type(self).slope, *self.weight_slopes.values())
        return next(filter(None, map(why_not_formula, formulas)), None)


class LearnedKernels:
    """A learned activation at work: with its weights `(units,)`, and their gradients, if they learn."""

    def __init__(self, activation: Learned, weights: Sequence[Any], gradients: Sequence[Array]) -> None:
        self._activation, self._weights, self._gradients = activation, weights, gradients

    def forward(self, z: Array, out: Array, scratch: Array) -> None:
        """Write `a = f(z)` to `out`."""
        np.copyto(out, self._activation.value(z, *self._weights))

    def slopes(self, z: Array, a: Array) -> dict[str, Array]:
        """`∂a/∂w` for each weight, by name."""
        return {name: slope(z, a, *self._weights) for name, slope in self._activation.weight_slopes.items()}

    def backward(self, z: Array, a: Array, grad: Array, scratch: Array) -> None:
        """`∂L/∂w = Σ rows of g · ∂a/∂w`; `g` is multiplied with the slope."""
        slopes = self._activation.weight_slopes.values()
        for slope, gradient in zip(slopes, self._gradients, strict=False):
            np.multiply(grad, slope(z, a, *self._weights), out=scratch)
            np.add.reduce(scratch, axis=0, out=gradient)
        np.multiply(grad, self._activation.slope(z, a, *self._weights), out=grad)


ACTIVATIONS = Registry[Activation]("activation")

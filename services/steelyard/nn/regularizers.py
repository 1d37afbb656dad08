"""Regularizers: penalties on a kernel's size that are added to the loss."""

from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np
from annotated_types import Ge
from numpy.typing import NDArray

from steelyard.nn.component import Part, Registry, is_inherited
from steelyard.nn.elementwise import Curve, absolute, parameters_of, sign

Array = NDArray[Any]


@dataclass(frozen=True)
class Regularizer(Part):
    """A penalty on a kernel `(inputs, units)`."""

    latex: ClassVar[str]  # the formula
    gradient: ClassVar[str]
    gradient_latex: ClassVar[str]

    @abstractmethod
    def penalty(self, kernel: Array) -> float:
        """What is added to the loss."""

    @abstractmethod
    def add_gradient(self, kernel: Array, gradient: Array) -> None:
        """Add the penalty's gradient to `gradient`."""


@dataclass(frozen=True)
class Pointwise(Regularizer):
    """The sum of `value(w)` over the weights; `slope(w)` is the derivative.

    Both are formulas in `steelyard.nn.elementwise`'s functions; their last arguments are the part's parameters.
    """

    value: ClassVar[Callable[..., Any]]
    slope: ClassVar[Callable[..., Any]]

    @property
    def curve(self) -> Curve:
        """Its formulas, and their parameters."""
        return Curve(self.value, self.slope, parameters_of(self))

    def penalty(self, kernel: Array) -> float:
        curve = self.curve
        return float(np.sum(curve.value(kernel, *curve.parameters)))

    def add_gradient(self, kernel: Array, gradient: Array) -> None:
        curve = self.curve
        gradient += curve.slope(kernel, *curve.parameters)

    def why_not_compiled(self) -> str | None:
        if not is_inherited(type(self), Pointwise, "penalty", "add_gradient"):
            return "has no formula to compile"
        return self.curve.why_not_compiled()


REGULARIZERS = Registry[Regularizer]("regularizer")


@REGULARIZERS.add
@dataclass(frozen=True)
class L1(Pointwise):
    """Adds a penalty on absolute weights, which makes some of them exactly zero."""

    name: ClassVar = "l1"
    formula: ClassVar = "l1 · Σ |w|"
    latex: ClassVar = r"R = \lambda_1 \sum |w|"
    gradient: ClassVar = "∂R/∂w = l1 · sign(w)"
    gradient_latex: ClassVar = r"\frac{\partial R}{\partial w} = \lambda_1 \operatorname{sign}(w)"
    source: ClassVar = "Keras 3, keras.regularizers.L1"

    l1: Annotated[float, Ge(0)] = 0.01

    @staticmethod
    def value(w: Any, l1: Any) -> Any:
        return l1 * absolute(w)

    @staticmethod
    def slope(w: Any, l1: Any) -> Any:
        return l1 * sign(w)


@REGULARIZERS.add
@dataclass(frozen=True)
class L2(Pointwise):
    """Adds a penalty on squared weights (weight decay). scikit-learn's `alpha` is `2 · l2 · rows`."""

    name: ClassVar = "l2"
    formula: ClassVar = "l2 · Σ w²"
    latex: ClassVar = r"R = \lambda_2 \sum w^2"
    gradient: ClassVar = "∂R/∂w = 2 · l2 · w"
    gradient_latex: ClassVar = r"\frac{\partial R}{\partial w} = 2 \lambda_2 w"
    source: ClassVar = "Keras 3, keras.regularizers.L2"

    l2: Annotated[float, Ge(0)] = 0.01

    @staticmethod
    def value(w: Any, l2: Any) -> Any:
        return l2 * w * w

    @staticmethod
    def slope(w: Any, l2: Any) -> Any:
        return 2.0 * l2 * w


@REGULARIZERS.add
@dataclass(frozen=True)
class L1L2(Pointwise):
    """Adds both penalties, as in the elastic net."""

    name: ClassVar = "l1_l2"
    formula: ClassVar = "l1 · Σ |w| + l2 · Σ w²"
    latex: ClassVar = r"R = \lambda_1 \sum |w| + \lambda_2 \sum w^2"
    gradient: ClassVar = "∂R/∂w = l1 · sign(w) + 2 · l2 · w"
    gradient_latex: ClassVar = r"\frac{\partial R}{\partial w} = \lambda_1 \operatorname{sign}(w) + 2 \lambda_2 w"
    source: ClassVar = "Zou and Hastie 2005; Keras 3, keras.regularizers.L1L2"

    l1: Annotated[float, Ge(0)] = 0.01
    l2: Annotated[float, Ge(0)] = 0.01

    @staticmethod
    def value(w: Any, l1: Any, l2: Any) -> Any:
        return l1 * absolute(w) + l2 * w * w

    @staticmethod
    def slope(w: Any, l1: Any, l2: Any) -> Any:
        return l1 * sign(w) + 2.0 * l2 * w

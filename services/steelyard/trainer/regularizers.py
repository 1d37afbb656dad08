"""Regularisers: penalties on a kernel's size that are added to the loss."""

from abc import abstractmethod
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np
from annotated_types import Ge
from numpy.typing import NDArray

from steelyard.trainer.parts import Part, Registry

Array = NDArray[Any]


@dataclass(frozen=True)
class Regularizer(Part):
    """A penalty on a kernel `(inputs, units)`."""

    @abstractmethod
    def penalty(self, kernel: Array, scratch: Array) -> float:
        """What is added to the loss. `scratch` has the kernel's shape and may be overwritten."""

    @abstractmethod
    def add_gradient(self, kernel: Array, gradient: Array, scratch: Array) -> None:
        """Add the penalty's gradient to `gradient`. `scratch` has the kernel's shape and may be overwritten."""


REGULARIZERS = Registry[Regularizer]("regularizer")


def _add_l1(strength: float, kernel: Array, gradient: Array, scratch: Array) -> None:
    np.sign(kernel, out=scratch)
    scratch *= strength
    gradient += scratch


def _add_l2(strength: float, kernel: Array, gradient: Array, scratch: Array) -> None:
    np.multiply(kernel, 2 * strength, out=scratch)
    gradient += scratch


@REGULARIZERS.add
@dataclass(frozen=True)
class L1(Regularizer):
    """Pulls every weight towards zero by the same force, so that some arrive there."""

    name: ClassVar = "l1"
    formula: ClassVar = "l1 · Σ |w|"
    source: ClassVar = "Keras 3, keras.regularizers.L1"

    l1: Annotated[float, Ge(0)] = 0.01

    def penalty(self, kernel: Array, scratch: Array) -> float:
        return self.l1 * float(np.abs(kernel, out=scratch).sum())

    def add_gradient(self, kernel: Array, gradient: Array, scratch: Array) -> None:
        _add_l1(self.l1, kernel, gradient, scratch)


@REGULARIZERS.add
@dataclass(frozen=True)
class L2(Regularizer):
    """Pulls every weight towards zero in proportion to its size. scikit-learn's `alpha` is `2 · l2 · rows`."""

    name: ClassVar = "l2"
    formula: ClassVar = "l2 · Σ w²"
    source: ClassVar = "Keras 3, keras.regularizers.L2"

    l2: Annotated[float, Ge(0)] = 0.01

    def penalty(self, kernel: Array, scratch: Array) -> float:
        return self.l2 * float(np.vdot(kernel, kernel))

    def add_gradient(self, kernel: Array, gradient: Array, scratch: Array) -> None:
        _add_l2(self.l2, kernel, gradient, scratch)


@REGULARIZERS.add
@dataclass(frozen=True)
class L1L2(Regularizer):
    """Both penalties: an elastic net."""

    name: ClassVar = "l1_l2"
    formula: ClassVar = "l1 · Σ |w| + l2 · Σ w²"
    source: ClassVar = "Zou and Hastie 2005; Keras 3, keras.regularizers.L1L2"

    l1: Annotated[float, Ge(0)] = 0.01
    l2: Annotated[float, Ge(0)] = 0.01

    def penalty(self, kernel: Array, scratch: Array) -> float:
        return self.l1 * float(np.abs(kernel, out=scratch).sum()) + self.l2 * float(np.vdot(kernel, kernel))

    def add_gradient(self, kernel: Array, gradient: Array, scratch: Array) -> None:
        _add_l1(self.l1, kernel, gradient, scratch)
        _add_l2(self.l2, kernel, gradient, scratch)

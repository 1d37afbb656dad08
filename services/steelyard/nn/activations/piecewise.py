"""Activations made of straight pieces."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from annotated_types import Ge, Le

from steelyard.nn.activations.base import ACTIVATIONS, Learned, Pointwise
from steelyard.nn.elementwise import maximum, minimum, where


@ACTIVATIONS.add
@dataclass(frozen=True)
class Linear(Pointwise):
    """The identity function."""

    name: ClassVar = "linear"
    formula: ClassVar = "f(z) = z"
    latex: ClassVar = r"f(z) = z"
    gradient: ClassVar = "f′(z) = 1"
    gradient_latex: ClassVar = r"f'(z) = 1"
    source: ClassVar = "Keras 3, keras.activations.linear"

    @staticmethod
    def value(z: Any) -> Any:
        return z

    @staticmethod
    def slope(z: Any, a: Any) -> Any:
        return 1.0


@ACTIVATIONS.add
@dataclass(frozen=True)
class Relu(Pointwise):
    """The rectified linear unit."""

    name: ClassVar = "relu"
    formula: ClassVar = "f(z) = max(0, z)"
    latex: ClassVar = r"f(z) = \max(0, z)"
    gradient: ClassVar = "f′(z) = 1 if z > 0 else 0"
    gradient_latex: ClassVar = r"f'(z) = \begin{cases} 1 & z > 0 \\ 0 & z \le 0 \end{cases}"
    source: ClassVar = "Nair and Hinton 2010, Rectified linear units improve restricted Boltzmann machines"

    @staticmethod
    def value(z: Any) -> Any:
        return maximum(z, 0.0)

    @staticmethod
    def slope(z: Any, a: Any) -> Any:
        return where(z > 0.0, 1.0, 0.0)


@ACTIVATIONS.add
@dataclass(frozen=True)
class Relu6(Pointwise):
    """A rectified linear unit with a maximum of six."""

    name: ClassVar = "relu6"
    formula: ClassVar = "f(z) = min(max(0, z), 6)"
    latex: ClassVar = r"f(z) = \min(\max(0, z), 6)"
    gradient: ClassVar = "f′(z) = 1 if 0 < z < 6 else 0"
    gradient_latex: ClassVar = r"f'(z) = \begin{cases} 1 & 0 < z < 6 \\ 0 & \text{otherwise} \end{cases}"
    source: ClassVar = "Krizhevsky 2010, Convolutional deep belief networks on CIFAR-10; Keras 3, relu6"

    @staticmethod
    def value(z: Any) -> Any:
        return minimum(maximum(z, 0.0), 6.0)

    @staticmethod
    def slope(z: Any, a: Any) -> Any:
        return where((z > 0.0) & (z < 6.0), 1.0, 0.0)


@ACTIVATIONS.add
@dataclass(frozen=True)
class LeakyRelu(Pointwise):
    """A rectified linear unit with a small slope below zero. PyTorch's default slope is 0.01, Keras's 0.2."""

    name: ClassVar = "leaky_relu"
    formula: ClassVar = "f(z) = z if z > 0 else negative_slope · z"
    latex: ClassVar = r"f(z) = \begin{cases} z & z > 0 \\ \text{negative\_slope} \cdot z & z \le 0 \end{cases}"
    gradient: ClassVar = "f′(z) = 1 if z > 0 else negative_slope"
    gradient_latex: ClassVar = r"f'(z) = \begin{cases} 1 & z > 0 \\ \text{negative\_slope} & z \le 0 \end{cases}"
    source: ClassVar = "Maas, Hannun and Ng 2013; PyTorch, torch.nn.LeakyReLU"

    negative_slope: Annotated[float, Ge(0), Le(1)] = 0.01

    @staticmethod
    def value(z: Any, negative_slope: Any) -> Any:
        return maximum(z, negative_slope * z)  # right for slopes up to one

    @staticmethod
    def slope(z: Any, a: Any, negative_slope: Any) -> Any:
        return where(z > 0.0, 1.0, negative_slope)


@ACTIVATIONS.add
@dataclass(frozen=True)
class PRelu(Learned):
    """A leaky rectified linear unit with a learned slope per unit; `alpha` is the initial slope.

    Like PyTorch's with one parameter per unit. In Keras it is a layer, and its slopes start at zero.
    """

    name: ClassVar = "prelu"
    formula: ClassVar = "f(z) = z if z > 0 else α · z, α learned"
    latex: ClassVar = r"f(z) = \begin{cases} z & z > 0 \\ \alpha z & z \le 0 \end{cases}"
    gradient: ClassVar = "f′(z) = 1 if z > 0 else α; ∂f/∂α = 0 if z > 0 else z"
    gradient_latex: ClassVar = (
        r"f'(z) = \begin{cases} 1 & z > 0 \\ \alpha & z \le 0 \end{cases}, \quad \frac{\partial f}{\partial "
        r"\alpha} = \begin{cases} 0 & z > 0 \\ z & z \le 0 \end{cases}"
    )
    source: ClassVar = "He et al. 2015, arXiv:1502.01852; PyTorch, torch.nn.PReLU"

    alpha: Annotated[float, Ge(0), Le(1)] = 0.25

    def weights(self) -> dict[str, float]:
        return {"alpha": self.alpha}

    @staticmethod
    def value(z: Any, alpha: Any) -> Any:
        return where(z > 0.0, z, alpha * z)

    @staticmethod
    def slope(z: Any, a: Any, alpha: Any) -> Any:
        return where(z > 0.0, 1.0, alpha)

    @staticmethod
    def alpha_slope(z: Any, a: Any, alpha: Any) -> Any:
        """`∂a/∂alpha`."""
        return minimum(z, 0.0)

    @property
    def weight_slopes(self) -> dict[str, Callable[..., Any]]:
        return {"alpha": self.alpha_slope}


@ACTIVATIONS.add
@dataclass(frozen=True)
class HardSigmoid(Pointwise):
    """A piecewise linear approximation of the sigmoid. Older versions of Keras use a slope of 0.2."""

    name: ClassVar = "hard_sigmoid"
    formula: ClassVar = "f(z) = min(max(0, z / 6 + 1 / 2), 1)"
    latex: ClassVar = r"f(z) = \min\left(\max\left(0, \tfrac{z}{6} + \tfrac{1}{2}\right), 1\right)"
    gradient: ClassVar = "f′(z) = 1/6 if −3 < z < 3 else 0"
    gradient_latex: ClassVar = r"f'(z) = \begin{cases} \tfrac{1}{6} & -3 < z < 3 \\ 0 & \text{otherwise} \end{cases}"
    source: ClassVar = "Courbariaux, Bengio and David 2015; PyTorch, torch.nn.Hardsigmoid"

    @staticmethod
    def value(z: Any) -> Any:
        return minimum(maximum(z + 3.0, 0.0), 6.0) / 6.0

    @staticmethod
    def slope(z: Any, a: Any) -> Any:
        return where((z > -3.0) & (z < 3.0), 1.0 / 6.0, 0.0)


@ACTIVATIONS.add
@dataclass(frozen=True)
class HardTanh(Pointwise):
    """A piecewise linear approximation of tanh."""

    name: ClassVar = "hard_tanh"
    formula: ClassVar = "f(z) = min(max(−1, z), 1)"
    latex: ClassVar = r"f(z) = \min(\max(-1, z), 1)"
    gradient: ClassVar = "f′(z) = 1 if −1 < z < 1 else 0"
    gradient_latex: ClassVar = r"f'(z) = \begin{cases} 1 & -1 < z < 1 \\ 0 & \text{otherwise} \end{cases}"
    source: ClassVar = "Collobert 2004; PyTorch, torch.nn.Hardtanh"

    @staticmethod
    def value(z: Any) -> Any:
        return minimum(maximum(z, -1.0), 1.0)

    @staticmethod
    def slope(z: Any, a: Any) -> Any:
        return where((z > -1.0) & (z < 1.0), 1.0, 0.0)

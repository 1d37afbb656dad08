"""Activations without corners: exponential below zero, gated by a sigmoid, or bounded."""

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from annotated_types import Gt

from steelyard.nn.activations.base import ACTIVATIONS, Pointwise
from steelyard.nn.elementwise import Curve, absolute, erf, exp, expm1, log1p, minimum, sigmoid, softplus, tanh, where

SELU_ALPHA = 1.6732632423543772
SELU_SCALE = 1.0507009873554805
ROOT_HALF = 0.7071067811865476  # √½
ROOT_TWO_OVER_PI = 0.7978845608028654  # √(2/π)
PEAK_OF_NORMAL = 0.3989422804014327  # 1/√(2π)
CUBIC = 0.044715  # of the tanh that stands for the error function


@ACTIVATIONS.add
@dataclass(frozen=True)
class Elu(Pointwise):
    """Linear above zero, exponential below."""

    name: ClassVar = "elu"
    formula: ClassVar = "f(z) = z if z > 0 else alpha · (exp(z) − 1)"
    latex: ClassVar = r"f(z) = \begin{cases} z & z > 0 \\ \alpha (e^z - 1) & z \le 0 \end{cases}"
    gradient: ClassVar = "f′(z) = 1 if z > 0 else alpha · exp(z)"
    gradient_latex: ClassVar = r"f'(z) = \begin{cases} 1 & z > 0 \\ \alpha e^z & z \le 0 \end{cases}"
    source: ClassVar = "Clevert, Unterthiner and Hochreiter 2015, arXiv:1511.07289"

    alpha: Annotated[float, Gt(0)] = 1.0

    @staticmethod
    def value(z: Any, alpha: Any) -> Any:
        return where(z > 0.0, z, alpha * expm1(minimum(z, 0.0)))

    @staticmethod
    def slope(z: Any, a: Any, alpha: Any) -> Any:
        return where(z > 0.0, 1.0, a + alpha)


@ACTIVATIONS.add
@dataclass(frozen=True)
class Selu(Pointwise):
    """A scaled elu that preserves zero mean and unit variance; use it with lecun_normal."""

    name: ClassVar = "selu"
    formula: ClassVar = "f(z) = λ · (z if z > 0 else α · (exp(z) − 1)), λ = 1.0507…, α = 1.6733…"
    latex: ClassVar = r"f(z) = \lambda \begin{cases} z & z > 0 \\ \alpha (e^z - 1) & z \le 0 \end{cases}"
    gradient: ClassVar = "f′(z) = λ · (1 if z > 0 else α · exp(z))"
    gradient_latex: ClassVar = r"f'(z) = \lambda \begin{cases} 1 & z > 0 \\ \alpha e^z & z \le 0 \end{cases}"
    source: ClassVar = "Klambauer et al. 2017, Self-normalizing neural networks, arXiv:1706.02515"

    @staticmethod
    def value(z: Any) -> Any:
        return SELU_SCALE * where(z > 0.0, z, SELU_ALPHA * expm1(minimum(z, 0.0)))

    @staticmethod
    def slope(z: Any, a: Any) -> Any:
        return where(z > 0.0, SELU_SCALE, a + SELU_SCALE * SELU_ALPHA)


@ACTIVATIONS.add
@dataclass(frozen=True)
class Celu(Pointwise):
    """An elu that is continuously differentiable for every `alpha`."""

    name: ClassVar = "celu"
    formula: ClassVar = "f(z) = z if z > 0 else alpha · (exp(z / alpha) − 1)"
    latex: ClassVar = r"f(z) = \begin{cases} z & z > 0 \\ \alpha (e^{z / \alpha} - 1) & z \le 0 \end{cases}"
    gradient: ClassVar = "f′(z) = 1 if z > 0 else exp(z / alpha)"
    gradient_latex: ClassVar = r"f'(z) = \begin{cases} 1 & z > 0 \\ e^{z / \alpha} & z \le 0 \end{cases}"
    source: ClassVar = "Barron 2017, arXiv:1704.07483; PyTorch, torch.nn.CELU"

    alpha: Annotated[float, Gt(0)] = 1.0

    @staticmethod
    def value(z: Any, alpha: Any) -> Any:
        return where(z > 0.0, z, alpha * expm1(minimum(z, 0.0) / alpha))

    @staticmethod
    def slope(z: Any, a: Any, alpha: Any) -> Any:
        return exp(minimum(z, 0.0) / alpha)


@ACTIVATIONS.add
@dataclass(frozen=True)
class Gelu(Pointwise):
    """Multiplies its input by the cumulative distribution function of the normal distribution.

    `approximate` uses a tanh approximation of the error function, like the option of Keras and PyTorch.
    """

    name: ClassVar = "gelu"
    formula: ClassVar = "f(z) = z · Φ(z); approximate: z/2 · (1 + tanh(√(2/π) · (z + 0.044715 z³)))"
    latex: ClassVar = (
        r"f(z) = z\, \Phi(z) \approx \tfrac{z}{2} \left(1 + \tanh\left(\sqrt{2/\pi}\, (z + 0.044715 "
        r"z^3)\right)\right)"
    )
    gradient: ClassVar = "f′(z) = Φ(z) + z · φ(z); approximate: the derivative of the tanh form"
    gradient_latex: ClassVar = r"f'(z) = \Phi(z) + z\, \varphi(z)"
    source: ClassVar = "Hendrycks and Gimpel 2016, arXiv:1606.08415"

    approximate: bool = False

    @property
    def curve(self) -> Curve:
        if self.approximate:
            return Curve(self.approximate_value, self.approximate_slope)
        return Curve(self.value, self.slope)

    @staticmethod
    def value(z: Any) -> Any:
        return z * (0.5 + 0.5 * erf(ROOT_HALF * z))

    @staticmethod
    def slope(z: Any, a: Any) -> Any:
        return 0.5 + 0.5 * erf(ROOT_HALF * z) + z * PEAK_OF_NORMAL * exp(-0.5 * z * z)

    @staticmethod
    def approximate_value(z: Any) -> Any:
        return z * (0.5 + 0.5 * tanh(ROOT_TWO_OVER_PI * z * (1.0 + CUBIC * z * z)))

    @staticmethod
    def approximate_slope(z: Any, a: Any) -> Any:
        gate = 0.5 + 0.5 * tanh(ROOT_TWO_OVER_PI * z * (1.0 + CUBIC * z * z))
        steep = ROOT_TWO_OVER_PI * (1.0 + 3.0 * CUBIC * z * z)
        return gate + 2.0 * z * gate * (1.0 - gate) * steep


@ACTIVATIONS.add
@dataclass(frozen=True)
class Silu(Pointwise):
    """Multiplies its input by its sigmoid; also called swish."""

    name: ClassVar = "silu"
    aliases: ClassVar = ("swish",)
    formula: ClassVar = "f(z) = z · σ(z)"
    latex: ClassVar = r"f(z) = z\, \sigma(z)"
    gradient: ClassVar = "f′(z) = σ(z) · (1 + z · (1 − σ(z)))"
    gradient_latex: ClassVar = r"f'(z) = \sigma(z) \left(1 + z (1 - \sigma(z))\right)"
    source: ClassVar = "Elfwing, Uchibe and Doya 2017, arXiv:1702.03118"

    @staticmethod
    def value(z: Any) -> Any:
        return z * sigmoid(z)

    @staticmethod
    def slope(z: Any, a: Any) -> Any:
        gate = sigmoid(z)
        return gate + a * (1.0 - gate)


@ACTIVATIONS.add
@dataclass(frozen=True)
class Mish(Pointwise):
    """Multiplies its input by the tanh of its softplus."""

    name: ClassVar = "mish"
    formula: ClassVar = "f(z) = z · tanh(log(1 + exp(z)))"
    latex: ClassVar = r"f(z) = z \tanh(\log(1 + e^z))"
    gradient: ClassVar = "f′(z) = t + z · σ(z) · (1 − t²), t = tanh(log(1 + exp(z)))"
    gradient_latex: ClassVar = r"f'(z) = t + z\, \sigma(z) (1 - t^2), \quad t = \tanh(\log(1 + e^z))"
    source: ClassVar = "Misra 2019, arXiv:1908.08681"

    @staticmethod
    def value(z: Any) -> Any:
        return z * tanh(softplus(z))

    @staticmethod
    def slope(z: Any, a: Any) -> Any:
        gate = tanh(softplus(z))
        return gate + z * sigmoid(z) * (1.0 - gate * gate)


@ACTIVATIONS.add
@dataclass(frozen=True)
class Softplus(Pointwise):
    """A smooth rectifier."""

    name: ClassVar = "softplus"
    formula: ClassVar = "f(z) = log(1 + exp(z))"
    latex: ClassVar = r"f(z) = \log(1 + e^z)"
    gradient: ClassVar = "f′(z) = σ(z)"
    gradient_latex: ClassVar = r"f'(z) = \sigma(z)"
    source: ClassVar = "Dugas et al. 2001, Incorporating second-order functional knowledge"

    @staticmethod
    def value(z: Any) -> Any:
        return softplus(z)

    @staticmethod
    def slope(z: Any, a: Any) -> Any:
        return sigmoid(z)


@ACTIVATIONS.add
@dataclass(frozen=True)
class Softsign(Pointwise):
    """Maps its input to (−1, 1); saturates more slowly than tanh."""

    name: ClassVar = "softsign"
    formula: ClassVar = "f(z) = z / (1 + |z|)"
    latex: ClassVar = r"f(z) = \frac{z}{1 + |z|}"
    gradient: ClassVar = "f′(z) = 1 / (1 + |z|)²"
    gradient_latex: ClassVar = r"f'(z) = \frac{1}{(1 + |z|)^2}"
    source: ClassVar = "Bergstra et al. 2009; Keras 3, keras.activations.softsign"

    @staticmethod
    def value(z: Any) -> Any:
        return z / (1.0 + absolute(z))

    @staticmethod
    def slope(z: Any, a: Any) -> Any:
        return 1.0 / ((1.0 + absolute(z)) * (1.0 + absolute(z)))


@ACTIVATIONS.add
@dataclass(frozen=True)
class Sigmoid(Pointwise):
    """Maps its input to (0, 1)."""

    name: ClassVar = "sigmoid"
    formula: ClassVar = "f(z) = 1 / (1 + exp(−z))"
    latex: ClassVar = r"f(z) = \frac{1}{1 + e^{-z}}"
    gradient: ClassVar = "f′(z) = f(z) · (1 − f(z))"
    gradient_latex: ClassVar = r"f'(z) = f(z) (1 - f(z))"
    source: ClassVar = "Keras 3, keras.activations.sigmoid"

    @staticmethod
    def value(z: Any) -> Any:
        return sigmoid(z)

    @staticmethod
    def slope(z: Any, a: Any) -> Any:
        return a - a * a


@ACTIVATIONS.add
@dataclass(frozen=True)
class LogSigmoid(Pointwise):
    """The logarithm of the sigmoid."""

    name: ClassVar = "log_sigmoid"
    formula: ClassVar = "f(z) = −log(1 + exp(−z))"
    latex: ClassVar = r"f(z) = -\log(1 + e^{-z})"
    gradient: ClassVar = "f′(z) = 1 − σ(z)"
    gradient_latex: ClassVar = r"f'(z) = 1 - \sigma(z)"
    source: ClassVar = "Keras 3, keras.activations.log_sigmoid"

    @staticmethod
    def value(z: Any) -> Any:
        return minimum(z, 0.0) - log1p(exp(-absolute(z)))

    @staticmethod
    def slope(z: Any, a: Any) -> Any:
        return sigmoid(-z)


@ACTIVATIONS.add
@dataclass(frozen=True)
class Tanh(Pointwise):
    """The hyperbolic tangent: maps its input to (−1, 1)."""

    name: ClassVar = "tanh"
    formula: ClassVar = "f(z) = tanh(z)"
    latex: ClassVar = r"f(z) = \tanh(z)"
    gradient: ClassVar = "f′(z) = 1 − f(z)²"
    gradient_latex: ClassVar = r"f'(z) = 1 - f(z)^2"
    source: ClassVar = "Keras 3, keras.activations.tanh"

    @staticmethod
    def value(z: Any) -> Any:
        return tanh(z)

    @staticmethod
    def slope(z: Any, a: Any) -> Any:
        return 1.0 - a * a


@ACTIVATIONS.add
@dataclass(frozen=True)
class Exponential(Pointwise):
    """The exponential function; for positive outputs, such as counts and rates."""

    name: ClassVar = "exponential"
    formula: ClassVar = "f(z) = exp(z)"
    latex: ClassVar = r"f(z) = e^z"
    gradient: ClassVar = "f′(z) = exp(z)"
    gradient_latex: ClassVar = r"f'(z) = e^z"
    source: ClassVar = "Keras 3, keras.activations.exponential"

    @staticmethod
    def value(z: Any) -> Any:
        return exp(z)

    @staticmethod
    def slope(z: Any, a: Any) -> Any:
        return a

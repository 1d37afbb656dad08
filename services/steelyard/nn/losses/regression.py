"""Losses for numbers."""

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from annotated_types import Gt, Lt

from steelyard.nn.elementwise import absolute, exp, log1p, maximum, minimum, sign, tanh, where
from steelyard.nn.losses.base import LOSSES, Pointwise

LOG_TWO = 0.6931471805599453


@LOSSES.add
@dataclass(frozen=True)
class MeanSquaredError(Pointwise):
    """The mean squared error."""

    name: ClassVar = "mean_squared_error"
    aliases: ClassVar = ("mse",)
    formula: ClassVar = "mean (y − t)²"
    latex: ClassVar = r"L = \frac{1}{n} \sum_i (y_i - t_i)^2"
    gradient: ClassVar = "∂L/∂yᵢ = 2 (yᵢ − tᵢ) / n, n outputs"
    gradient_latex: ClassVar = r"\frac{\partial L}{\partial y_i} = \frac{2 (y_i - t_i)}{n}"
    source: ClassVar = "Keras 3, keras.losses.MeanSquaredError"

    @staticmethod
    def value(y: Any, t: Any) -> Any:
        return (y - t) * (y - t)

    @staticmethod
    def slope(y: Any, t: Any) -> Any:
        return 2.0 * (y - t)


@LOSSES.add
@dataclass(frozen=True)
class HalfSquaredError(Pointwise):
    """Half of the mean squared error, which scikit-learn's MLPRegressor minimizes."""

    name: ClassVar = "half_squared_error"
    formula: ClassVar = "mean ½ (y − t)²"
    latex: ClassVar = r"L = \frac{1}{2 n} \sum_i (y_i - t_i)^2"
    gradient: ClassVar = "∂L/∂yᵢ = (yᵢ − tᵢ) / n, n outputs"
    gradient_latex: ClassVar = r"\frac{\partial L}{\partial y_i} = \frac{y_i - t_i}{n}"
    source: ClassVar = "scikit-learn, sklearn.neural_network.MLPRegressor(loss='squared_error')"

    @staticmethod
    def value(y: Any, t: Any) -> Any:
        return 0.5 * (y - t) * (y - t)

    @staticmethod
    def slope(y: Any, t: Any) -> Any:
        return y - t


@LOSSES.add
@dataclass(frozen=True)
class MeanAbsoluteError(Pointwise):
    """The mean absolute error; less sensitive to outliers than the mean squared error."""

    name: ClassVar = "mean_absolute_error"
    aliases: ClassVar = ("mae",)
    formula: ClassVar = "mean |y − t|"
    latex: ClassVar = r"L = \frac{1}{n} \sum_i |y_i - t_i|"
    gradient: ClassVar = "∂L/∂yᵢ = sign(yᵢ − tᵢ) / n, n outputs"
    gradient_latex: ClassVar = r"\frac{\partial L}{\partial y_i} = \frac{\operatorname{sign}(y_i - t_i)}{n}"
    source: ClassVar = "Keras 3, keras.losses.MeanAbsoluteError"

    @staticmethod
    def value(y: Any, t: Any) -> Any:
        return absolute(y - t)

    @staticmethod
    def slope(y: Any, t: Any) -> Any:
        return sign(y - t)


@LOSSES.add
@dataclass(frozen=True)
class Huber(Pointwise):
    """Quadratic for small errors, linear for large ones; less sensitive to outliers than the squared error."""

    name: ClassVar = "huber"
    formula: ClassVar = "mean of ½ d² where |d| ≤ delta, else delta · (|d| − ½ delta), d = y − t"
    latex: ClassVar = (
        r"L = \frac{1}{n} \sum_i \begin{cases} \tfrac{1}{2} d_i^2 & |d_i| \le \delta \\ \delta (|d_i| - "
        r"\tfrac{1}{2} \delta) & \text{otherwise} \end{cases}, \quad d = y - t"
    )
    gradient: ClassVar = "∂L/∂yᵢ = min(max(dᵢ, −delta), delta) / n, n outputs"
    gradient_latex: ClassVar = r"\frac{\partial L}{\partial y_i} = \frac{\min(\max(d_i, -\delta), \delta)}{n}"
    source: ClassVar = "Huber 1964; Keras 3, keras.losses.Huber"

    delta: Annotated[float, Gt(0)] = 1.0

    @staticmethod
    def value(y: Any, t: Any, delta: Any) -> Any:
        near = minimum(maximum(y - t, -delta), delta)
        return near * (y - t - 0.5 * near)

    @staticmethod
    def slope(y: Any, t: Any, delta: Any) -> Any:
        return minimum(maximum(y - t, -delta), delta)


@LOSSES.add
@dataclass(frozen=True)
class LogCosh(Pointwise):
    """The logarithm of the hyperbolic cosine of the error: like huber, but smooth."""

    name: ClassVar = "log_cosh"
    formula: ClassVar = "mean log cosh (y − t)"
    latex: ClassVar = r"L = \frac{1}{n} \sum_i \log \cosh(y_i - t_i)"
    gradient: ClassVar = "∂L/∂yᵢ = tanh(yᵢ − tᵢ) / n, n outputs"
    gradient_latex: ClassVar = r"\frac{\partial L}{\partial y_i} = \frac{\tanh(y_i - t_i)}{n}"
    source: ClassVar = "Keras 3, keras.losses.LogCosh"

    @staticmethod
    def value(y: Any, t: Any) -> Any:
        return absolute(y - t) + log1p(exp(-2.0 * absolute(y - t))) - LOG_TWO

    @staticmethod
    def slope(y: Any, t: Any) -> Any:
        return tanh(y - t)


@LOSSES.add
@dataclass(frozen=True)
class Poisson(Pointwise):
    """The negative Poisson log-likelihood, up to a constant. Targets are counts, at least 0."""

    name: ClassVar = "poisson"
    link: ClassVar = "exponential"
    raw_targets: ClassVar = True
    least_target: ClassVar = 0.0
    formula: ClassVar = "mean of exp(z) − t·z"
    latex: ClassVar = r"L = \frac{1}{n} \sum_i \left( e^{z_i} - t_i z_i \right)"
    gradient: ClassVar = "∂L/∂zᵢ = (exp(zᵢ) − tᵢ) / n, n outputs"
    gradient_latex: ClassVar = r"\frac{\partial L}{\partial z_i} = \frac{e^{z_i} - t_i}{n}"
    source: ClassVar = "PyTorch, torch.nn.PoissonNLLLoss(log_input=True); Keras 3, keras.losses.Poisson, of exp(z)"

    @staticmethod
    def value(z: Any, t: Any) -> Any:
        return exp(z) - t * z

    @staticmethod
    def slope(z: Any, t: Any) -> Any:
        return exp(z) - t


@LOSSES.add
@dataclass(frozen=True)
class Quantile(Pointwise):
    """The pinball loss: the network predicts the given quantile of the target; 0.5 is the median."""

    name: ClassVar = "quantile"
    aliases: ClassVar = ("pinball",)
    formula: ClassVar = "mean of max(q·d, (q − 1)·d), d = t − y, q = quantile"
    latex: ClassVar = r"L = \frac{1}{n} \sum_i \max(q d_i, (q - 1) d_i), \quad d = t - y"
    gradient: ClassVar = "∂L/∂yᵢ = (−q if yᵢ < tᵢ, 1 − q if yᵢ > tᵢ, else 0) / n, n outputs"
    gradient_latex: ClassVar = (
        r"\frac{\partial L}{\partial y_i} = \frac{1}{n} \begin{cases} -q & y_i < t_i \\ 1 - q & y_i > t_i \\ 0 & "
        r"\text{otherwise} \end{cases}"
    )
    source: ClassVar = "Koenker and Bassett 1978; scikit-learn, mean_pinball_loss"

    quantile: Annotated[float, Gt(0), Lt(1)] = 0.5

    @staticmethod
    def value(y: Any, t: Any, quantile: Any) -> Any:
        return maximum(quantile * (t - y), (quantile - 1.0) * (t - y))

    @staticmethod
    def slope(y: Any, t: Any, quantile: Any) -> Any:
        return where(t > y, -quantile, where(t < y, 1.0 - quantile, 0.0))

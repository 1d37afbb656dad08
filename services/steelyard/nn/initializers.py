"""Initializers: the values that weights begin with.

The fans of a kernel `(inputs, units)` are its inputs and its units; those of a vector `(units,)` are both `units`,
as in Keras. Draws are made in float64 and rounded to the network's dtype.
"""

import math
from abc import abstractmethod
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

import numpy as np
from annotated_types import Ge, Gt
from numpy.random import Generator
from numpy.typing import NDArray

from steelyard.errors import InvalidParameter
from steelyard.nn.component import Part, Registry

Values = NDArray[np.float64]
GLOROT = "Glorot and Bengio 2010, Understanding the difficulty of training deep feedforward neural networks"
HE = "He et al. 2015, Delving deep into rectifiers, arXiv:1502.01852"
LECUN = "LeCun et al. 1998, Efficient BackProp"
TRUNCATED_STDDEV = 0.87962566103423978  # of a standard normal cut at two: keeps the variance that was asked for


@dataclass(frozen=True)
class Initializer(Part):
    """A way to draw the first values of a tensor.

    One that is `for_kernels` alone has no meaning for a vector; one with `unit_variance` is scaled afterwards, until
    the weighted sums of the layer have a variance of one on real rows.
    """

    latex: ClassVar[str]  # the formula

    for_kernels: ClassVar[bool] = False
    unit_variance: ClassVar[bool] = False

    @abstractmethod
    def draw(self, shape: tuple[int, ...], generator: Generator) -> Values:
        """Values of a new tensor of this shape."""

    def for_bias(self, inputs: int, units: int) -> "Initializer":
        """What draws the bias `(units,)` of a layer whose kernel is `(inputs, units)`."""
        return self

    def why_not_compiled(self) -> None:
        return None  # weights are drawn before an engine runs


INITIALIZERS = Registry[Initializer]("initializer")


@INITIALIZERS.add
@dataclass(frozen=True)
class Zeros(Initializer):
    """All zeros; use it for biases. In kernels it makes all units of a layer learn the same."""

    name: ClassVar = "zeros"
    formula: ClassVar = "w = 0"
    latex: ClassVar = r"w = 0"
    source: ClassVar = "Keras 3, keras.initializers.Zeros"

    def draw(self, shape: tuple[int, ...], generator: Generator) -> Values:
        return np.zeros(shape)


@INITIALIZERS.add
@dataclass(frozen=True)
class Ones(Initializer):
    """All ones. In kernels it makes all units of a layer learn the same."""

    name: ClassVar = "ones"
    formula: ClassVar = "w = 1"
    latex: ClassVar = r"w = 1"
    source: ClassVar = "Keras 3, keras.initializers.Ones"

    def draw(self, shape: tuple[int, ...], generator: Generator) -> Values:
        return np.ones(shape)


@INITIALIZERS.add
@dataclass(frozen=True)
class Constant(Initializer):
    """A constant value. In kernels it makes all units of a layer learn the same."""

    name: ClassVar = "constant"
    formula: ClassVar = "w = value"
    latex: ClassVar = r"w = \text{value}"
    source: ClassVar = "Keras 3, keras.initializers.Constant"

    value: float = 0.0

    def draw(self, shape: tuple[int, ...], generator: Generator) -> Values:
        return np.full(shape, self.value)


@INITIALIZERS.add
@dataclass(frozen=True)
class RandomNormal(Initializer):
    """Samples from a normal distribution; the standard deviation does not depend on the layer's size."""

    name: ClassVar = "random_normal"
    aliases: ClassVar = ("random",)
    formula: ClassVar = "w ~ N(mean, stddev²)"
    latex: ClassVar = r"w \sim \mathcal{N}(\text{mean}, \text{stddev}^2)"
    source: ClassVar = "Keras 3, keras.initializers.RandomNormal"

    mean: float = 0.0
    stddev: Annotated[float, Gt(0)] = 0.05

    def draw(self, shape: tuple[int, ...], generator: Generator) -> Values:
        return generator.normal(self.mean, self.stddev, shape)


@INITIALIZERS.add
@dataclass(frozen=True)
class RandomUniform(Initializer):
    """Samples from a uniform distribution; the limits do not depend on the layer's size."""

    name: ClassVar = "random_uniform"
    formula: ClassVar = "w ~ U(minval, maxval)"
    latex: ClassVar = r"w \sim \mathcal{U}(\text{minval}, \text{maxval})"
    source: ClassVar = "Keras 3, keras.initializers.RandomUniform"

    minval: float = -0.05
    maxval: float = 0.05

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.minval < self.maxval:
            raise InvalidParameter("maxval", f"is {self.maxval!r}; it must be greater than minval, {self.minval!r}")

    def draw(self, shape: tuple[int, ...], generator: Generator) -> Values:
        return generator.uniform(self.minval, self.maxval, shape)


@INITIALIZERS.add
@dataclass(frozen=True)
class TruncatedNormal(Initializer):
    """Samples from a normal distribution truncated at two standard deviations; `stddev` is that before truncation."""

    name: ClassVar = "truncated_normal"
    formula: ClassVar = "w ~ N(mean, stddev²), |w − mean| ≤ 2 stddev"
    latex: ClassVar = r"w \sim \mathcal{N}(\text{mean}, \text{stddev}^2), \quad |w - \text{mean}| \le 2\, \text{stddev}"
    source: ClassVar = "Keras 3, keras.initializers.TruncatedNormal"

    mean: float = 0.0
    stddev: Annotated[float, Gt(0)] = 0.05

    def draw(self, shape: tuple[int, ...], generator: Generator) -> Values:
        return self.mean + self.stddev * _cut_normal(shape, generator)


@INITIALIZERS.add
@dataclass(frozen=True)
class VarianceScaling(Initializer):
    """Samples whose variance depends on the layer's size; Glorot, He and LeCun initialization are special cases.

    A bias `(units,)` has `units` as both of its fans, as in Keras. With `fans: kernel` it has those of its layer's
    kernel, as in PyTorch and scikit-learn; for kernels there is no difference.
    """

    name: ClassVar = "variance_scaling"
    formula: ClassVar = "Var(w) = scale / n, n = inputs, units, or their mean"
    latex: ClassVar = (
        r"\operatorname{Var}(w) = \frac{\text{scale}}{n}, \quad n \in \{n_{\text{in}},\ n_{\text{out}},\ "
        r"\tfrac{1}{2}(n_{\text{in}} + n_{\text{out}})\}"
    )
    source: ClassVar = (
        "Keras 3, keras.initializers.VarianceScaling; fans of the kernel: PyTorch, torch.nn.Linear.reset_parameters"
    )

    scale: Annotated[float, Gt(0)] = 1.0
    mode: Literal["fan_in", "fan_out", "fan_avg"] = "fan_in"
    distribution: Literal["truncated_normal", "untruncated_normal", "uniform"] = "truncated_normal"
    fans: Literal["own", "kernel"] = "own"

    def draw(self, shape: tuple[int, ...], generator: Generator) -> Values:
        variance = self._variance(*_fans(shape))
        if self.distribution == "uniform":
            return _uniform(shape, variance, generator)
        if self.distribution == "truncated_normal":
            return _truncated_normal(shape, variance, generator)
        return generator.normal(0, math.sqrt(variance), shape)

    def _variance(self, fan_in: int, fan_out: int) -> float:
        fans = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2}
        return self.scale / fans[self.mode]

    def for_bias(self, inputs: int, units: int) -> Initializer:
        if self.fans == "own":
            return self
        variance = self._variance(inputs, units)
        if self.distribution == "uniform":
            limit = math.sqrt(3 * variance)
            return RandomUniform(-limit, limit)
        if self.distribution == "truncated_normal":
            return TruncatedNormal(stddev=math.sqrt(variance) / TRUNCATED_STDDEV)
        return RandomNormal(stddev=math.sqrt(variance))


def _fans(shape: tuple[int, ...]) -> tuple[int, int]:
    return shape[0], shape[-1]


def _uniform(shape: tuple[int, ...], variance: float, generator: Generator) -> Values:
    limit = math.sqrt(3 * variance)
    return generator.uniform(-limit, limit, shape)


def _truncated_normal(shape: tuple[int, ...], variance: float, generator: Generator) -> Values:
    return _cut_normal(shape, generator) * (math.sqrt(variance) / TRUNCATED_STDDEV)


def _cut_normal(shape: tuple[int, ...], generator: Generator) -> Values:
    """Standard normal draws, those beyond two drawn again."""
    draws = generator.standard_normal(shape)
    while (outside := np.abs(draws) > 2).any():
        draws[outside] = generator.standard_normal(int(outside.sum()))
    return draws


@INITIALIZERS.add
@dataclass(frozen=True)
class GlorotUniform(Initializer):
    """Preserves the variance of activations and gradients in nearly linear layers; the default, as in Keras."""

    name: ClassVar = "glorot_uniform"
    aliases: ClassVar = ("xavier", "xavier_uniform")
    formula: ClassVar = "w ~ U(−l, l), l = √(6 / (inputs + units))"
    latex: ClassVar = r"w \sim \mathcal{U}(-l, l), \quad l = \sqrt{\frac{6}{n_{\text{in}} + n_{\text{out}}}}"
    source: ClassVar = GLOROT

    def draw(self, shape: tuple[int, ...], generator: Generator) -> Values:
        return _uniform(shape, 2 / sum(_fans(shape)), generator)


@INITIALIZERS.add
@dataclass(frozen=True)
class GlorotNormal(Initializer):
    """Like glorot_uniform, with a truncated normal distribution."""

    name: ClassVar = "glorot_normal"
    aliases: ClassVar = ("xavier_normal",)
    formula: ClassVar = "w ~ truncated N(0, 2 / (inputs + units))"
    latex: ClassVar = r"w \sim \mathcal{N}_{\text{trunc}}\left(0, \frac{2}{n_{\text{in}} + n_{\text{out}}}\right)"
    source: ClassVar = GLOROT

    def draw(self, shape: tuple[int, ...], generator: Generator) -> Values:
        return _truncated_normal(shape, 2 / sum(_fans(shape)), generator)


@INITIALIZERS.add
@dataclass(frozen=True)
class HeUniform(Initializer):
    """Preserves the variance of activations in layers with rectified linear units."""

    name: ClassVar = "he_uniform"
    aliases: ClassVar = ("kaiming_uniform",)
    formula: ClassVar = "w ~ U(−l, l), l = √(6 / inputs)"
    latex: ClassVar = r"w \sim \mathcal{U}(-l, l), \quad l = \sqrt{\frac{6}{n_{\text{in}}}}"
    source: ClassVar = HE

    def draw(self, shape: tuple[int, ...], generator: Generator) -> Values:
        return _uniform(shape, 2 / _fans(shape)[0], generator)


@INITIALIZERS.add
@dataclass(frozen=True)
class HeNormal(Initializer):
    """Like he_uniform, with a truncated normal distribution."""

    name: ClassVar = "he_normal"
    aliases: ClassVar = ("he", "kaiming_normal")
    formula: ClassVar = "w ~ truncated N(0, 2 / inputs)"
    latex: ClassVar = r"w \sim \mathcal{N}_{\text{trunc}}\left(0, \frac{2}{n_{\text{in}}}\right)"
    source: ClassVar = HE

    def draw(self, shape: tuple[int, ...], generator: Generator) -> Values:
        return _truncated_normal(shape, 2 / _fans(shape)[0], generator)


@INITIALIZERS.add
@dataclass(frozen=True)
class LecunUniform(Initializer):
    """Preserves the variance of activations in linear layers; use it with selu."""

    name: ClassVar = "lecun_uniform"
    formula: ClassVar = "w ~ U(−l, l), l = √(3 / inputs)"
    latex: ClassVar = r"w \sim \mathcal{U}(-l, l), \quad l = \sqrt{\frac{3}{n_{\text{in}}}}"
    source: ClassVar = LECUN

    def draw(self, shape: tuple[int, ...], generator: Generator) -> Values:
        return _uniform(shape, 1 / _fans(shape)[0], generator)


@INITIALIZERS.add
@dataclass(frozen=True)
class LecunNormal(Initializer):
    """Like lecun_uniform, with a truncated normal distribution."""

    name: ClassVar = "lecun_normal"
    formula: ClassVar = "w ~ truncated N(0, 1 / inputs)"
    latex: ClassVar = r"w \sim \mathcal{N}_{\text{trunc}}\left(0, \frac{1}{n_{\text{in}}}\right)"
    source: ClassVar = LECUN

    def draw(self, shape: tuple[int, ...], generator: Generator) -> Values:
        return _truncated_normal(shape, 1 / _fans(shape)[0], generator)


@INITIALIZERS.add
@dataclass(frozen=True)
class Orthogonal(Initializer):
    """A random matrix with orthogonal rows or columns of length `gain`."""

    name: ClassVar = "orthogonal"
    formula: ClassVar = "w = gain · Q, with QR = A, A ~ N(0, 1), the signs of R's diagonal moved into Q"
    latex: ClassVar = r"W = \text{gain} \cdot Q, \quad Q R = A, \quad A_{ij} \sim \mathcal{N}(0, 1)"
    source: ClassVar = "Saxe, McClelland and Ganguli 2014, arXiv:1312.6120"

    gain: Annotated[float, Ge(0)] = 1.0

    def draw(self, shape: tuple[int, ...], generator: Generator) -> Values:
        if len(shape) == 1:
            draws = generator.standard_normal(shape)
            return self.gain * draws / np.linalg.norm(draws)
        rows, columns = shape
        q, r = np.linalg.qr(generator.standard_normal((max(shape), min(shape))))
        q *= np.sign(np.diagonal(r))
        return np.asarray(self.gain * (q if rows >= columns else q.T))


@INITIALIZERS.add
@dataclass(frozen=True)
class Identity(Initializer):
    """The identity matrix times `gain`: each unit initially passes on one input."""

    name: ClassVar = "identity"
    for_kernels: ClassVar = True
    formula: ClassVar = "w = gain · I, cut or filled with zeros where the kernel is not square"
    latex: ClassVar = r"W = \text{gain} \cdot I"
    source: ClassVar = "Keras 3, keras.initializers.Identity; Le, Jaitly and Hinton 2015, arXiv:1504.00941"

    gain: float = 1.0

    def draw(self, shape: tuple[int, ...], generator: Generator) -> Values:
        rows, columns = shape
        return self.gain * np.eye(rows, columns)


@INITIALIZERS.add
@dataclass(frozen=True)
class Lsuv(Initializer):
    """Layer-sequential unit variance: orthogonal weights, then scaled layer by layer on training rows."""

    name: ClassVar = "lsuv"
    for_kernels: ClassVar = True
    unit_variance: ClassVar = True
    formula: ClassVar = "w = Q / √Var(x · Q), x the layer's inputs for training rows"
    latex: ClassVar = r"W = \frac{Q}{\sqrt{\operatorname{Var}(x Q)}}"
    source: ClassVar = "Mishkin and Matas 2016, All you need is a good init, arXiv:1511.06422"

    def draw(self, shape: tuple[int, ...], generator: Generator) -> Values:
        return Orthogonal().draw(shape, generator)

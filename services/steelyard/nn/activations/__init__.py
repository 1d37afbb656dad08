"""Activations: what a layer makes of its weighted sums."""

from steelyard.nn.activations.base import ACTIVATIONS, Activation, Learned, Pointwise
from steelyard.nn.activations.piecewise import HardSigmoid, HardTanh, LeakyRelu, Linear, PRelu, Relu, Relu6
from steelyard.nn.activations.smooth import (
    Celu,
    Elu,
    Exponential,
    Gelu,
    LogSigmoid,
    Mish,
    Selu,
    Sigmoid,
    Silu,
    Softplus,
    Softsign,
    Tanh,
)
from steelyard.nn.activations.softmax import LogSoftmax, Softmax
from steelyard.nn.component import load_modules

__all__ = [
    "ACTIVATIONS",
    "Activation",
    "Celu",
    "Elu",
    "Exponential",
    "Gelu",
    "HardSigmoid",
    "HardTanh",
    "LeakyRelu",
    "Learned",
    "Linear",
    "LogSigmoid",
    "LogSoftmax",
    "Mish",
    "PRelu",
    "Pointwise",
    "Relu",
    "Relu6",
    "Selu",
    "Sigmoid",
    "Silu",
    "Softmax",
    "Softplus",
    "Softsign",
    "Tanh",
]

load_modules(__name__, __path__)

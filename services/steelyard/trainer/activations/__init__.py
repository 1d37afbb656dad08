"""Activations: what a layer makes of its weighted sums."""

from steelyard.trainer.activations.base import ACTIVATIONS, Activation, Pointwise
from steelyard.trainer.activations.pieces import (
    HardSigmoid,
    HardTanh,
    LeakyRelu,
    Linear,
    PRelu,
    Relu,
    Relu6,
)
from steelyard.trainer.activations.rows import LogSoftmax, Softmax
from steelyard.trainer.activations.smooth import (
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
from steelyard.trainer.parts import load_modules

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

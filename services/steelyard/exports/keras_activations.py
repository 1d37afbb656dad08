"""Activations that Keras selects by name, such as `"tanh"`. For others it has layers: see `keras`."""

from steelyard.exports.program import OverRow, Pointwise, Step
from steelyard.nn.activations import (
    Celu,
    Elu,
    Exponential,
    Gelu,
    HardSigmoid,
    HardTanh,
    LogSigmoid,
    Mish,
    Relu,
    Relu6,
    Selu,
    Sigmoid,
    Silu,
    Softplus,
    Softsign,
    Tanh,
)

NAMED = (
    Exponential,
    HardSigmoid,
    HardTanh,
    LogSigmoid,
    Mish,
    Relu,
    Relu6,
    Selu,
    Sigmoid,
    Silu,
    Softplus,
    Softsign,
    Tanh,
)


def name_of(step: Step) -> str | None:
    """Keras's name of an activation, if that is all that it needs."""
    if isinstance(step, OverRow):
        return "log_softmax" if step.log else "softmax"
    if not isinstance(step, Pointwise):
        return None
    part = step.activation
    if isinstance(part, (Elu, Celu)):
        return part.name if part.alpha == 1 else None
    if isinstance(part, Gelu):
        return None if part.approximate else part.name
    return part.name if type(part) in NAMED else None

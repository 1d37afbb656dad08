"""Activations of single values, for their tests."""

import numpy as np

from steelyard.nn.activations import Activation
from tests.nn.networks import Array


def activate(part: Activation, z: Array) -> Array:
    """The values of an activation, `(1, values)`."""
    out = np.empty_like(z[None])
    part.forward(z[None], out, np.empty_like(out))
    values: Array = out[0]
    return values


def slopes(part: Activation, z: Array) -> Array:
    """Its derivative at each value."""
    grad = np.ones_like(z[None])
    part.backward(z[None], activate(part, z)[None], grad, np.empty_like(grad))
    values: Array = grad[0]
    return values

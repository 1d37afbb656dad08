"""Pictures of components as numbers: curves of activations, and distributions of initial weights."""

import dataclasses
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from steelyard.nn.activations import ACTIVATIONS, Activation
from steelyard.nn.activations.base import LearnedKernels
from steelyard.nn.component import parameters
from steelyard.nn.initializers import INITIALIZERS, Initializer
from steelyard.training.schema.catalog import ActivationCurve, Curves, InitialDistribution

SUMS = np.linspace(-6, 6, 241)
BINS = 60
ENOUGH = 65_536  # weights for a histogram
MOST_KERNELS = 64  # that are drawn, each of which may take a decomposition
SEED = 0


@lru_cache(maxsize=32)
def draw_curves(fan_in: int, fan_out: int) -> Curves:
    """The curves of all activations, and what all initializers draw for a kernel of these fans.

    Parameters have their defaults. What depends on whole rows has no curve.
    """
    return Curves(
        object="curves",
        x=SUMS.tolist(),
        fan_in=fan_in,
        fan_out=fan_out,
        activations={part.name: found for part in ACTIVATIONS if (found := _curve(part())) is not None},
        initializers={
            part.name: _distribution(part(), fan_in, fan_out)
            for part in INITIALIZERS
            if not any(parameter.default is dataclasses.MISSING for parameter in parameters(part))
        },
    )


def _curve(activation: Activation) -> ActivationCurve | None:
    """Each sum through a separate unit, so that a layer of one row shows whether units depend on each other."""
    z = SUMS[:, None].copy()
    kernels = activation.learning(_weights(activation), {})
    if activation.curve is None and not isinstance(kernels, LearnedKernels):
        return None
    value, slope, scratch = np.empty_like(z), np.ones_like(z), np.empty_like(z)
    kernels.forward(z, value, scratch)
    kernels.backward(z, value.copy(), slope, scratch)
    return ActivationCurve(value=value[:, 0].tolist(), slope=slope[:, 0].tolist())


def _weights(activation: Activation) -> Mapping[str, NDArray[Any]]:
    return {name: np.full(1, value) for name, value in activation.weights().items()}


def _distribution(initializer: Initializer, fan_in: int, fan_out: int) -> InitialDistribution:
    """A histogram of weights of a kernel, or of several if it is small."""
    generator = np.random.default_rng(SEED)
    kernels = min(MOST_KERNELS, -(-ENOUGH // (fan_in * fan_out)))
    values = np.concatenate([initializer.draw((fan_in, fan_out), generator).reshape(-1) for _ in range(kernels)])
    counts, edges = np.histogram(values, BINS)
    return InitialDistribution(
        edges=edges.tolist(), counts=counts.tolist(), mean=float(values.mean()), std=float(values.std())
    )

"""The mean of what several networks answer, as a single network would give it: before the output layer's activation.

Losses with a link take logits. The mean is that of the activated outputs (of probabilities, or of rates), so what is
computed here are the logits that have this mean: `z` with `f(z) = Σᵢ f(zᵢ) / n`. All of it is in float64, by logarithms
of sums of exponentials, so that small probabilities do not become zero.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


class Mean(ABC):
    """The mean over members, for one activation of the output layer."""

    @abstractmethod
    def forward(self, logits: Array) -> Array:
        """The logits `(rows, outputs)` that have the mean of the members' outputs.

        `logits` are those of the members, `(members, rows, outputs)`.
        """

    @abstractmethod
    def backward(self, logits: Array, mean: Array, grad: Array) -> Array:
        """The gradient by the members' logits, from that by their `mean`; shaped as `logits`."""


class MeanOfOutputs(Mean):
    """Of outputs without a link: `z = Σᵢ zᵢ / n`."""

    def forward(self, logits: Array) -> Array:
        mean: Array = np.add.reduce(logits, axis=0) / len(logits)
        return mean

    def backward(self, logits: Array, mean: Array, grad: Array) -> Array:
        return np.broadcast_to(grad / len(logits), logits.shape)


class MeanOfSoftmax(Mean):
    """Of the probabilities of classes: `z = log Σᵢ softmax(zᵢ) / n`."""

    def forward(self, logits: Array) -> Array:
        return _log_mean_exp(_log_softmax(logits))

    def backward(self, logits: Array, mean: Array, grad: Array) -> Array:
        # ∂zₖ/∂zᵢⱼ = rᵢₖ · (δₖⱼ − pᵢⱼ) with rᵢₖ = pᵢₖ / Σᵢ pᵢₖ, the member's part in the mean.
        log_p = _log_softmax(logits)
        part = grad * np.exp(log_p - mean) / len(logits)
        found: Array = part - np.exp(log_p) * part.sum(axis=2, keepdims=True)
        return found


class MeanOfSigmoid(Mean):
    """Of the probability of yes: `z = log Σᵢ σ(zᵢ) − log Σᵢ σ(−zᵢ)`."""

    def forward(self, logits: Array) -> Array:
        yes, no = _log_sigmoid(logits), _log_sigmoid(-logits)
        return _log_mean_exp(yes) - _log_mean_exp(no)

    def backward(self, logits: Array, mean: Array, grad: Array) -> Array:
        # ∂z/∂zᵢ = σ(zᵢ) σ(−zᵢ) / (n σ(z) σ(−z))
        def log_slope(z: Array) -> Array:
            return _log_sigmoid(z) + _log_sigmoid(-z)

        found: Array = grad * np.exp(log_slope(logits) - log_slope(mean)) / len(logits)
        return found


class MeanOfExponential(Mean):
    """Of rates: `z = log Σᵢ exp(zᵢ) / n`."""

    def forward(self, logits: Array) -> Array:
        return _log_mean_exp(logits)

    def backward(self, logits: Array, mean: Array, grad: Array) -> Array:
        found: Array = grad * np.exp(logits - mean) / len(logits)
        return found


MEANS: Mapping[str, Mean] = {  # by the links of losses
    "softmax": MeanOfSoftmax(),
    "sigmoid": MeanOfSigmoid(),
    "exponential": MeanOfExponential(),
}


def _log_mean_exp(values: Array) -> Array:
    """`log Σᵢ exp(vᵢ) / n` over the first axis."""
    largest = values.max(axis=0)
    mean: Array = np.log(np.exp(values - largest).sum(axis=0) / len(values)) + largest
    return mean


def _log_softmax(logits: Array) -> Array:
    shifted = logits - logits.max(axis=-1, keepdims=True)
    found: Array = shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
    return found


def _log_sigmoid(z: Array) -> Array:
    found: Array = -np.logaddexp(0, -z)
    return found

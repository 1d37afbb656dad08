"""The penalties of a network's regularisers: their sum, and their gradients."""

import numpy as np

from steelyard.trainer.network import Network


class Penalties:
    """All regularisers of a network at work."""

    def __init__(self, network: Network) -> None:
        weights, gradients = network.tensors(), network.tensors(network.gradients)
        self._all = [
            (spec.regularizer, weights[name], gradients[name], np.empty(spec.shape, network.dtype))
            for place in network.places
            for name, spec in place.tensors.items()
            if spec.regularizer is not None
        ]

    def value(self) -> float:
        """What they add to the loss."""
        return sum(regularizer.penalty(kernel) for regularizer, kernel, _, _ in self._all)

    def add_gradients(self) -> None:
        """Add their gradients to the network's."""
        for regularizer, kernel, gradient, scratch in self._all:
            regularizer.add_gradient(kernel, gradient, scratch)

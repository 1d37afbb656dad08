"""An optimiser at work on a network: its slots, and the pieces that the vector of weights is updated in."""

import numpy as np

from steelyard.trainer.clipping import GradientClip
from steelyard.trainer.network import Network, aligned
from steelyard.trainer.optimizers import Rule

CHUNK = 32_768  # weights with their slots stay in the cache from one operation of the rule to the next


class Updates:
    """Moves the trainable weights of a network by its gradients, clipped, and holds them to their constraints."""

    def __init__(self, network: Network, optimizer: Rule, clip: GradientClip | None = None) -> None:
        self._rule, self._clip = optimizer, clip
        self.slots = {name: aligned(network.parameters.size, network.dtype) for name in optimizer.slots}
        self.scalars = optimizer.scalars
        spans = network.trainable_spans()
        self._chunks = [
            (
                network.parameters[start:stop],
                network.gradients[start:stop],
                [slot[start:stop] for slot in self.slots.values()],
            )
            for span in spans
            for start in range(span.start, span.stop, CHUNK)
            for stop in [min(start + CHUNK, span.stop)]
        ]
        weights, gradients = network.tensors(), network.tensors(network.gradients)
        learned = {name: spec for name, spec in network.specs().items() if spec.trainable}
        self._gradients = [gradients[name].reshape(-1) for name in learned]
        self._constrained = [
            (spec.constraint.apply, weights[name], np.empty_like(weights[name]))
            for name, spec in learned.items()
            if spec.constraint is not None
        ]

    def make(self, number: int, rate: float) -> None:
        """Make the step with this number, counted from 1, and this learning rate."""
        if self._clip is not None:
            self._clip.clip(self._gradients)
        [coefficients] = self._rule.coefficients(np.array([number]), np.array([rate]), self.scalars).tolist()
        for weights, gradient, slots in self._chunks:
            self._rule.update(weights, gradient, slots, coefficients)
        for apply, kernel, scratch in self._constrained:
            apply(kernel, scratch)

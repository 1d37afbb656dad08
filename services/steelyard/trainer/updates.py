"""An optimiser at work on a network: its slots, and the pieces that the vector of weights is updated in."""

import numpy as np

from steelyard.trainer.network import Network, aligned
from steelyard.trainer.optimizers import Optimizer

CHUNK = 32_768  # weights with their slots stay in the cache from one operation of the rule to the next


class Updates:
    """Moves the trainable weights of a network by its gradients."""

    def __init__(self, network: Network, optimizer: Optimizer) -> None:
        self._update = optimizer.update
        self.slots = {name: aligned(network.parameters.size, network.dtype) for name in optimizer.slots}
        spans = network.trainable_spans()
        longest = min(CHUNK, max((span.stop - span.start for span in spans), default=0))
        scratch = np.empty(longest, network.dtype)
        self._chunks = [
            (
                network.parameters[start:stop],
                network.gradients[start:stop],
                {name: slot[start:stop] for name, slot in self.slots.items()},
                scratch[: stop - start],
            )
            for span in spans
            for start in range(span.start, span.stop, CHUNK)
            for stop in [min(start + CHUNK, span.stop)]
        ]

    def make(self, step: int) -> None:
        """Make the step number `step`, counted from 1."""
        for weights, gradient, slots, scratch in self._chunks:
            self._update(step, weights, gradient, slots, scratch)

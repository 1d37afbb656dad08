"""An optimizer at work on a network: its slots, and the arrays that each step moves."""

from collections.abc import Callable, Iterator

import numpy as np

from steelyard.nn.clipping import GradientClip
from steelyard.nn.component import is_inherited
from steelyard.nn.network import Network, aligned
from steelyard.nn.optimizers import Learned, Optimizer, Rule, Step

CHUNK = 32_768  # weights with their slots stay in the cache from one operation of the rule to the next


class Updates:
    """Moves the trainable weights of a network by its gradients, clipped, and applies their constraints.

    `look` computes the loss of all rows and fills the gradients, for optimizers with a line search.
    """

    def __init__(
        self, network: Network, optimizer: Optimizer, clip: GradientClip | None, look: Callable[[], float]
    ) -> None:
        self._network, self._optimizer, self._clip, self._look = network, optimizer, clip, look
        self.slots = {name: aligned(network.parameters.size, network.dtype) for name in optimizer.slots}
        self.scalars = dict(optimizer.scalars)
        if isinstance(optimizer, Rule) and is_inherited(type(optimizer), Rule, "update"):
            optimizer.require_names()
            self._learned = list(self._stretches())
        else:
            self._learned = list(self._tensors())
        weights, gradients = network.tensors(), network.tensors(network.gradients)
        learned = {name: spec for name, spec in network.specs().items() if spec.trainable}
        self._gradients = [gradients[name].reshape(-1) for name in learned]
        self._constrained = [
            (spec.constraint.apply, weights[name], np.empty_like(weights[name]))
            for name, spec in learned.items()
            if spec.constraint is not None
        ]

    def _stretches(self) -> Iterator[Learned]:
        """All weights that learn, in pieces that are as long as the cache allows."""
        network = self._network
        for span in network.trainable_spans():
            for start in range(span.start, span.stop, CHUNK):
                piece = slice(start, min(start + CHUNK, span.stop))
                slots = {name: vector[piece] for name, vector in self.slots.items()}
                yield Learned(network.parameters[piece], network.gradients[piece], slots)

    def _tensors(self) -> Iterator[Learned]:
        """Every tensor that learns, in its own shape."""
        network = self._network
        weights, gradients = network.tensors(), network.tensors(network.gradients)
        slots = {slot: network.tensors(vector) for slot, vector in self.slots.items()}
        for name, spec in network.specs().items():
            if spec.trainable:
                mine = {slot: tensors[name] for slot, tensors in slots.items()}
                yield Learned(weights[name], gradients[name], mine)

    def make(self, number: int, rate: float) -> None:
        """Make the step with this number, counted from 1, and this learning rate."""
        if self._clip is not None:
            self._clip.clip(self._gradients)
        self._optimizer.update(self._learned, self.scalars, Step(number, rate, self._look))
        for apply, kernel, scratch in self._constrained:
            apply(kernel, scratch)

"""What all threads of a training work with: buffers for a batch, numbers drawn before, gradients."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from steelyard.nn.batches import Batches
from steelyard.nn.clipping import GradientClip
from steelyard.nn.engines.compiled.machine import address_of
from steelyard.nn.losses import Loss
from steelyard.nn.network import Network, aligned
from steelyard.nn.optimizers import Rule

Array = NDArray[Any]


@dataclass(frozen=True)
class Noise:
    """Numbers that a layer needs for every row of a chunk, `(rows, width)`, and how they are drawn: `normal` or not."""

    numbers: Array
    normal: bool


@dataclass
class Shared:
    """What all threads of a training work with."""

    network: Network
    loss: Loss
    rule: Rule
    clip: GradientClip | None
    batches: Batches
    slots: dict[str, Array]
    threads: int
    chunk: int
    kept: Array | None
    noises: dict[str, Noise] = field(default_factory=dict)
    buffers: dict[str, Array] = field(default_factory=dict)
    sums: dict[str, list[Array]] = field(default_factory=dict)
    of_threads: dict[str, list[Array]] = field(default_factory=dict)

    @cached_property
    def own_gradients(self) -> list[Array]:
        """A vector of gradients for each thread, by its own rows, the first of them the network's; or none.

        To add vectors up, a thread reads from the others as many numbers as it has weights to move; else, their rows
        of what stands before and behind its weights.
        """
        network, threads = self.network, self.threads
        row = self.batches.values_of_row - network.inputs
        row += sum(place.inputs + place.outputs for place in network.places)
        if threads == 1 or network.gradients.size > row * self.batches.batch_size:
            return []
        return [network.gradients, *(aligned(network.gradients.size, network.dtype) for _ in range(threads - 1))]

    def parts(self, tensor: str) -> list[Array]:
        """A gradient of a tensor for each thread, by its own rows, flat; the first is the network's.

        For tensors of a value a unit, whose gradients are sums over rows: found while the rows are near.
        """
        span = self.network.span(tensor)
        if self.own_gradients:
            return [vector[span] for vector in self.own_gradients]
        if tensor not in self.sums:
            size = span.stop - span.start
            others = [aligned(size, self.network.dtype) for _ in range(self.threads - 1)]
            self.sums[tensor] = [self.network.gradients[span], *others]
        return self.sums[tensor]

    def vectors(self, name: str, size: int) -> list[int]:
        """The addresses of vectors of this name, one of each thread, that all may read."""
        if name not in self.of_threads:
            self.of_threads[name] = [aligned(size, self.network.dtype) for _ in range(self.threads)]
        return [address_of(vector) for vector in self.of_threads[name]]

    def buffer(self, name: str, width: int, dtype: Any = None) -> int:
        """The buffer of this name, `width` values for each row of a batch; its address."""
        size = self.batches.batch_size * width
        return address_of(self.buffers.setdefault(name, aligned(size, np.dtype(dtype or self.network.dtype))))

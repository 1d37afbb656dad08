"""One thread's calls to kernels, and what it keeps for itself: what layers and the program add their calls to."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from steelyard.nn.component import Part
from steelyard.nn.engines.compiled import kernels
from steelyard.nn.engines.compiled.build import kernel
from steelyard.nn.engines.compiled.driver import MEET
from steelyard.nn.engines.compiled.machine import address_of
from steelyard.nn.engines.compiled.products import COPIED, routine
from steelyard.nn.engines.compiled.shared import Noise, Shared
from steelyard.nn.network import aligned

Array = NDArray[Any]
Calls = list[tuple[int, int, int]]
OVER_ROWS = -1


class Lane:
    """One thread's calls: `over_rows` for its rows of a batch, then `over_weights` for its share of the weights."""

    def __init__(self, shared: Shared, thread: int) -> None:
        self.shared, self.thread = shared, thread
        self.network, self.threads = shared.network, shared.threads
        self.dtype = shared.network.dtype
        self.over_rows: Calls = []
        self.over_weights: Calls = []
        self._alive: list[Array] = []
        self.routine = routine(self.dtype)
        self.copied = self.keep(aligned(COPIED, self.dtype))
        self.weights = shared.network.tensors()
        self.gradients = shared.network.tensors(shared.network.gradients)
        own = shared.own_gradients
        self.own_gradients = shared.network.tensors(own[thread]) if own else None
        self.cursor = np.zeros(kernels.CURSOR_WORDS, np.int64)
        self.statistics = np.zeros(kernels.STATISTICS)

    @property
    def rows(self) -> int:
        """Of a batch, for each thread."""
        return self.shared.batches.batch_size // self.threads

    @property
    def most_rows(self) -> int:
        """Of a batch, for the thread that has most."""
        return -(-self.shared.batches.batch_size // self.threads)

    def keep(self, array: Array) -> int:
        """The address of an array, which lives as long as this lane."""
        self._alive.append(array)
        return address_of(array)

    def numbers(self, values: Sequence[float], dtype: Any = None) -> int:
        """The address of numbers that a kernel takes."""
        return self.keep(np.array([*values, 0.0], dtype or self.dtype))

    def vector(self, size: int) -> int:
        """The address of a vector of this thread's own."""
        return self.keep(aligned(size, self.dtype))

    def buffer(self, name: str, width: int, dtype: Any = None) -> int:
        """The address of a buffer of `width` values for each row of a batch, which all threads share."""
        return self.shared.buffer(name, width, dtype)

    def call(self, calls: Calls, template: Callable[..., None], *given: int, count: int = OVER_ROWS) -> None:
        """Call a kernel that needs no formula."""
        calls.append((kernel(template, self.dtype), self.keep(np.array(given, np.int64)), count))

    def call_part(
        self,
        calls: Calls,
        template: Callable[..., None],
        part: Part,
        formulas: Mapping[str, Any],
        *given: int,
        count: int = OVER_ROWS,
    ) -> None:
        """Call the kernel of a part: `formulas` stand for the names that the template leaves open."""
        address = kernel(template, self.dtype, part.name, **formulas)
        calls.append((address, self.keep(np.array(given, np.int64)), count))

    def meet(self, calls: Calls) -> None:
        """Wait here until all threads have come; each must have as many of these."""
        if self.threads > 1:
            calls.append((MEET, 0, 0))

    def parts(self, tensor: str) -> list[int]:
        """Where each thread adds up the gradient of a tensor by its own rows; the first is the network's gradient."""
        return [address_of(part) for part in self.shared.parts(tensor)]

    def drawn(self, name: str, width: int, *, normal: bool) -> int:
        """Where the random numbers are that a layer needs; the first thread makes room for them."""
        rows = self.shared.chunk * self.shared.batches.batch_size
        numbers = aligned(rows * width, self.dtype).reshape(rows, width)
        return address_of(self.shared.noises.setdefault(name, Noise(numbers, normal)).numbers)

"""The steps of a training, made by compiled kernels: a chunk of batches without coming back to Python."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from steelyard.nn.batches import Batches
from steelyard.nn.clipping import GradientClip
from steelyard.nn.engines.compiled.driver import GATE_WORDS, YIELD, make_steps
from steelyard.nn.engines.compiled.kernels import STATISTICS
from steelyard.nn.engines.compiled.machine import address_of
from steelyard.nn.engines.compiled.program import Program
from steelyard.nn.engines.compiled.shared import Shared
from steelyard.nn.engines.numpy import Steps
from steelyard.nn.engines.support import CHUNK_VALUES
from steelyard.nn.evaluation import as_scored
from steelyard.nn.losses import Loss
from steelyard.nn.metrics import Metric
from steelyard.nn.network import Network, Pass, aligned
from steelyard.nn.optimizers import Rule
from steelyard.nn.rng import Streams

Array = NDArray[Any]
CHUNK_FLOPS = 4e9  # a twentieth of a second or so: as long as nobody outside hears of a training
THREAD_FLOPS = 2e6  # of a step, for each thread: with less, waiting for each other costs more than it saves


class CompiledSteps(Steps):
    """Steps made by compiled kernels, in `threads` threads where there is work for so many."""

    def __init__(
        self,
        network: Network,
        loss: Loss,
        rule: Rule,
        batches: Batches,
        *,
        streams: Streams,
        gradient_clip: GradientClip | None,
        metrics: Sequence[Metric],
        threads: int,
    ) -> None:
        self._network, self._loss, self._rule, self._batches = network, loss, rule, batches
        self._streams, self._metrics = streams, metrics
        self.slots = {name: aligned(network.parameters.size, network.dtype) for name in rule.slots}
        self.scalars = dict(rule.scalars)
        zeros = (network.inputs - batches.values_of_row) * network.places[0].outputs  # of one-hot inputs
        flops = 6.0 * (network.parameters.size - zeros) * batches.batch_size
        self.threads = max(1, min(threads, batches.batch_size, int(flops / THREAD_FLOPS)))
        self.stride = self._stride(flops)
        kept = np.empty((self.stride * batches.batch_size, network.outputs), network.dtype) if metrics else None
        self._shared = Shared(
            network=network,
            loss=loss,
            rule=rule,
            clip=gradient_clip,
            batches=batches,
            slots=self.slots,
            threads=self.threads,
            chunk=self.stride,
            kept=kept,
        )
        self._programs = [Program(self._shared, thread) for thread in range(self.threads)]
        self._calls = [program.calls for program in self._programs]
        self._statistics = np.zeros((2, self.threads, STATISTICS))
        self._gate = aligned(GATE_WORDS, np.dtype(np.int64))
        self._others = ThreadPoolExecutor(self.threads - 1) if self.threads > 1 else None

    def _stride(self, flops: float) -> int:
        """How many batches a chunk has: a number that depends on the shapes alone, so that a state is one for all."""
        drawn = sum(place.layer.drawn(place.inputs) for place in self._network.places)
        values = self._batches.batch_size * (drawn + self._network.outputs)
        return max(1, min(int(CHUNK_FLOPS / flops), CHUNK_VALUES // values, self._batches.count))

    def make(self, first: int, numbers: Array, rates: Array, sums: Array, before_last: Array | None = None) -> int:
        self._draw(first, len(numbers))
        coefficients = self._rule.table(numbers, rates, self.scalars)
        if before_last is None:
            made = self._make_all(first, 0, coefficients, sums)
        else:
            made = self._make_all(first, 0, coefficients[:-1], sums)
            before_last[:] = self._network.parameters
            if made == len(numbers) - 1:
                made += self._make_all(first, made, coefficients[made:], sums)
        self._measure(first, made, sums)
        return made

    def _make_all(self, first: int, done: int, coefficients: Array, sums: Array) -> int:
        """Make the steps of a chunk after the first `done`, in all threads."""
        later = [
            self._others.submit(self._make, thread, first, done, coefficients, sums)
            for thread in range(1, self.threads)
            if self._others is not None
        ]
        made = self._make(0, first, done, coefficients, sums)
        for each in later:
            each.result()
        return made

    def _make(self, thread: int, first: int, done: int, coefficients: Array, sums: Array) -> int:
        program, batches = self._programs[thread], self._batches
        made: int = make_steps(
            thread,
            self.threads,
            first,
            done,
            len(coefficients),
            batches.rows,
            batches.batch_size,
            self._calls[thread],
            program.cursor,
            program.statistics,
            self._statistics,
            address_of(self._gate),
            YIELD,
            coefficients,
            program.current,
            sums,
        )
        return made

    def _span(self, first: int, count: int) -> tuple[int, int]:
        """The rows, in the order of the epoch, of some batches."""
        size = self._batches.batch_size
        return first * size, min((first + count) * size, self._batches.rows)

    def _draw(self, first: int, count: int) -> None:
        """Draw what dropout and noise need for a chunk, in the order in which batches, and layers, ask for it."""
        noises = self._shared.noises.values()
        start, _ = self._span(first, 0)
        for batch in range(first, first + count if noises else first):
            low, high = self._span(batch, 1)
            for noise in noises:
                out = noise.numbers[low - start : high - start]
                if noise.normal:
                    self._streams.noise.standard_normal(out=out, dtype=out.dtype)
                else:
                    self._streams.dropout.random(out=out, dtype=out.dtype)

    def _measure(self, first: int, made: int, sums: Array) -> None:
        """Add the metrics of the batches made: means over rows, so that one look at all of them is enough."""
        if not self._metrics or not made or self._shared.kept is None:
            return
        low, high = self._span(first, made)
        y = self._batches.columns[1].take(self._batches.order[low:high], axis=0)
        scored = as_scored(self._network, self._loss, self._shared.kept[: high - low], y)
        for place, metric in enumerate(self._metrics, start=1):
            sums[place] += (high - low) * metric.score(*scored)

    def first_not_finite(self, batch: int) -> str | None:
        x = self._batches.take(batch)[0]
        logits = self._loss.link is not None
        return Pass(self._network, len(x), logits=logits, streams=self._streams).first_not_finite(x)

"""Sixteen variants of W1 in one process over all cores, beside sixteen in-place NumPy runs, one after the other.

    python -m benchmarks.variants

The variants differ by seed and learning rate. Each is also trained alone, and must end with the same bits.
"""

import statistics
import time

from benchmarks.training.contenders.numpy_in_place import InPlace
from benchmarks.training.work import Work
from benchmarks.training.workloads import WORKLOADS
from rich.console import Console
from threadpoolctl import threadpool_limits

from steelyard.nn.activations import Sigmoid, Tanh
from steelyard.nn.layers import Dense
from steelyard.nn.losses import BinaryCrossentropy
from steelyard.nn.network import Network
from steelyard.nn.optimizers import Adam
from steelyard.nn.rng import Streams
from steelyard.nn.training.loop import Training
from steelyard.nn.training.variants import train_together

VARIANTS = 16
ROUNDS = 5


def make(work: Work, variant: int) -> Training:
    """One variant, ready to run."""
    streams = Streams.spawn(variant)
    network = Network(
        [*(Dense(units, Tanh()) for units in work.widths[1:-1]), Dense(1, Sigmoid())], inputs=work.widths[0]
    )
    network.initialize(streams.initialization)
    rate = 0.0005 * (1 + variant % 4)
    options = {"epochs": len(work.orders), "batch_size": work.batch, "streams": streams}
    return Training(network, BinaryCrossentropy(), Adam(rate), work.x, work.targets, **options)  # type: ignore[arg-type]


def main() -> None:
    """Measure, check, print."""
    threadpool_limits(1, "blas")
    work = WORKLOADS["W1"].make()
    theirs, alone, together = [], [], []
    for _ in range(ROUNDS):
        yardstick = InPlace(work, 1)
        started = time.perf_counter()
        for _ in range(VARIANTS):
            yardstick.reset()
            yardstick.train()
        theirs.append(time.perf_counter() - started)
        started = time.perf_counter()
        single = [make(work, variant) for variant in range(VARIANTS)]
        for training in single:
            train_together([training])
        alone.append(time.perf_counter() - started)
        started = time.perf_counter()
        several = [make(work, variant) for variant in range(VARIANTS)]
        train_together(several)
        together.append(time.perf_counter() - started)
        for one, other in zip(single, several, strict=True):
            assert one.network.parameters.tobytes() == other.network.parameters.tobytes()
    base = statistics.median(theirs)
    for name, seconds in (("in-place NumPy", theirs), ("one after the other", alone), ("together", together)):
        found = statistics.median(seconds)
        Console().print(f"{name:20} {found:7.3f} s  {found / base:5.2f} × NumPy", highlight=False)


if __name__ == "__main__":
    main()

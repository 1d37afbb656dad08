"""Several trainings side by side in one process: variants of one specification, over all cores."""

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from steelyard.nn.training.loop import Epoch, Training


def train_together(trainings: Sequence[Training], *, workers: int | None = None) -> list[list[Epoch]]:
    """Run every training to its end, and give each one's epochs. Each ends with the bits that it has alone.

    Compiled steps do not hold Python's lock, so that `workers` trainings compute at a time: by default as many as this
    process may use cores. Trainings share data, if they were given the same arrays, and nothing else.

    Raises:
        Diverged: the first in their order whose loss was not finite, once all have ended.
    """
    if not trainings:
        return []
    with ThreadPoolExecutor(min(len(trainings), workers or len(os.sched_getaffinity(0)))) as pool:
        runs = [pool.submit(_run, training) for training in trainings]
    return [run.result() for run in runs]


def _run(training: Training) -> list[Epoch]:
    return [event for event in training.run() if isinstance(event, Epoch)]

"""What a step draws at random, recorded, and given again to every further look at the same step."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, cast

import numpy as np
from numpy.random import Generator

from steelyard.nn.rng import Streams

IN_STEP = ("dropout", "noise")  # the streams that layers draw from


class Recorder:
    """Draws from a generator and keeps what it drew."""

    def __init__(self, generator: Generator, log: list[Any]) -> None:
        self._generator, self._log = generator, log

    def __getattr__(self, method: str) -> Callable[..., Any]:
        """The generator's method of this name."""

        def draw(*args: Any, out: Any = None, **options: Any) -> Any:
            given = {} if out is None else {"out": out}
            found = getattr(self._generator, method)(*args, **given, **options)
            self._log.append(np.copy(found))
            return found

        return draw


class Replay:
    """Gives what was drawn again, in whatever dtype it is asked for. `at` is the number of the next draw."""

    def __init__(self, log: list[Any]) -> None:
        self._log = log
        self.at = 0

    def __getattr__(self, _: str) -> Callable[..., Any]:
        """Stands for any method of a generator."""

        def draw(*_: Any, out: Any = None, **__: Any) -> Any:
            found, self.at = self._log[self.at], self.at + 1
            if out is None:
                return found
            out[...] = found
            return out

        return draw


Log = dict[str, list[Any]]


def record(streams: Streams) -> tuple[Streams, Log]:
    """The same streams, and what will be drawn from them in a step, by stream."""
    log: Log = {name: [] for name in IN_STEP}
    recorders = {name: cast(Generator, Recorder(getattr(streams, name), log[name])) for name in IN_STEP}
    return replace(streams, **recorders), log


def replay(log: Log) -> Streams:
    """Streams that give what was drawn."""
    replays = {name: cast(Generator, Replay(log[name])) for name in IN_STEP}
    return replace(Streams.spawn(0), **replays)

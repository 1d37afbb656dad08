"""Rows of requests that arrive together, computed together, so that a network's weights are read once for all.

A row's bits do not depend on the rows that it is computed with (see `nn.batch_invariant`).
"""

import asyncio
from asyncio import Future
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from steelyard.inference.service import Loaded
from steelyard.nn.evaluation import Answers
from steelyard.nn.network import KEPT_ROWS

MOST_ROWS = KEPT_ROWS[-1]  # of several requests
Waiting = tuple[NDArray[Any], "Future[Answers]"]


class Together:
    """Answers of networks for one event loop: those that are asked for in one turn are computed in the next."""

    def __init__(self) -> None:
        self._waiting: dict[int, tuple[Loaded, list[Waiting]]] = {}  # by the identity of the model

    async def answer(self, model: Loaded, x: NDArray[Any]) -> Answers:
        """What the model's network says of `x` `(rows, width)`. Raises what it raises."""
        loop = asyncio.get_running_loop()
        if not self._waiting:
            loop.call_soon(self._compute)
        future: Future[Answers] = loop.create_future()
        self._waiting.setdefault(id(model), (model, []))[1].append((x, future))
        return await future

    def _compute(self) -> None:
        """Answer all who wait."""
        waiting, self._waiting = self._waiting, {}
        for model, requests in waiting.values():
            for group in _groups(requests):
                _answer(model, group)


def _groups(requests: Sequence[Waiting]) -> Iterator[Sequence[Waiting]]:
    """The requests in their order, in groups of at most `MOST_ROWS` rows, unless one alone has more."""
    first, rows = 0, 0
    for place, (x, _) in enumerate(requests):
        if place > first and rows + len(x) > MOST_ROWS:
            yield requests[first:place]
            first, rows = place, 0
        rows += len(x)
    yield requests[first:]


def _answer(model: Loaded, group: Sequence[Waiting]) -> None:
    """Hand each request its part of the answers, or what went wrong with them."""
    present = [(x, future) for x, future in group if not future.done()]  # of others, nobody waits any more
    if not present:
        return
    try:
        said = model.answer(np.concatenate([x for x, _ in present]) if len(present) > 1 else present[0][0])
    except Exception as error:
        for _, future in present:
            future.set_exception(error)
        return
    first = 0
    for x, future in present:
        future.set_result(said.part(slice(first, first + len(x))))
        first += len(x)

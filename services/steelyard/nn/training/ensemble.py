"""The members of an ensemble, trained side by side: one training to those who run it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import nullcontext
from typing import Any

import numpy as np
from numpy.typing import NDArray

from steelyard.errors import Diverged
from steelyard.nn.ensemble import Ensemble, by_member, member_name
from steelyard.nn.training.loop import Batch, Epoch, Training

Array = NDArray[Any]
RATE = "learning_rate"


class EnsembleTraining:
    """Trainings that differ in their streams of randomness alone, an epoch at a time.

    The values of an epoch are means over the members; one that stopped early counts with its last epoch. Every member
    ends with the bits that it has alone. Up to `threads` of them compute at the same time.
    """

    def __init__(self, members: Sequence[Training], *, threads: int = 1) -> None:
        self.members = tuple(members)
        self.network = Ensemble([member.network for member in members])
        self._threads = min(threads, len(members))
        self._values: list[dict[str, float]] = [{} for _ in members]

    @property
    def epochs(self) -> int:
        """How often every row is seen, at most."""
        return self.members[0].epochs

    @property
    def epoch(self) -> int:
        """How many epochs are over, of the member that has trained longest."""
        return max(member.epoch for member in self.members)

    @property
    def step(self) -> int:
        """How many steps all members have made."""
        return sum(member.step for member in self.members)

    @property
    def engine(self) -> str:
        """Which engine makes the steps; see `Training`."""
        return self.members[0].engine

    @property
    def why_not_compiled(self) -> str | None:
        """Why it is not the compiled one, if it is not."""
        return self.members[0].why_not_compiled

    @property
    def monitor(self) -> str:
        """What decides which epoch of a member is its best."""
        return self.members[0].monitor

    @property
    def initial(self) -> dict[str, Array]:
        """The weights of all members before their first step."""
        return by_member([member.initial for member in self.members])

    @property
    def best(self) -> dict[str, Array]:
        """The weights of each member's best epoch so far."""
        return by_member([member.best for member in self.members])

    @property
    def best_epoch(self) -> int:
        """The latest of the members' best epochs."""
        return max(member.best_epoch for member in self.members)

    @property
    def kept_epoch(self) -> int:
        """The latest epoch whose weights a member has."""
        return max(member.kept_epoch for member in self.members)

    @property
    def stopped_early(self) -> bool:
        """Whether all members stopped before the last epoch."""
        return all(member.stopped_early for member in self.members)

    @property
    def restored_best(self) -> bool:
        """Whether every member has the weights of its best epoch."""
        return all(member.restored_best for member in self.members)

    def run(self) -> Iterator[Batch | Epoch]:
        """Train all members to their ends. Raises `Diverged`, which names the member."""
        runs = {index: member.run() for index, member in enumerate(self.members)}
        with ThreadPoolExecutor(self._threads) if self._threads > 1 else nullcontext() as pool:
            while events := self._advance(runs, pool):
                # All have the same rows and the same batches, so all are at the same place of an epoch.
                event = next(iter(events.values()))
                if isinstance(event, Epoch):
                    for index, each in events.items():
                        assert isinstance(each, Epoch)
                        self._values[index] = each.values
                    event = Epoch(event.epoch, self._mean([*events]))
                yield event

    def _advance(self, runs: dict[int, Iterator[Batch | Epoch]], pool: Executor | None) -> dict[int, Batch | Epoch]:
        """The next event of every member that still trains."""
        follow: Callable[..., Any] = map if pool is None else pool.map
        events = dict(zip([*runs], follow(self._next, [*runs.items()]), strict=True))
        for index, event in events.items():
            if event is None:
                del runs[index]
        return {index: event for index, event in events.items() if event is not None}

    def _next(self, run: tuple[int, Iterator[Batch | Epoch]]) -> Batch | Epoch | None:
        index, events = run
        try:
            return next(events, None)
        except Diverged as error:
            raise Diverged(f"{member_name(index + 1)}: {error.detail}") from error

    def _mean(self, training: list[int]) -> dict[str, float]:
        """The mean of what the members measured; the learning rate is that of the members that are `training`."""
        means = {name: float(np.mean([values[name] for values in self._values])) for name in self._values[0]}
        rates = [self._values[index][RATE] for index in training]
        return means | {RATE: float(np.mean(rates))}

    @property
    def state_bytes(self) -> int:
        """What the arrays of `state` have together."""
        return sum(member.state_bytes for member in self.members)

    def state(self) -> dict[str, Any]:
        """Everything that the rest of the run depends on: arrays, and values that JSON can hold."""
        return {
            "members": {str(index): member.state() for index, member in enumerate(self.members)},
            "values": [dict(values) for values in self._values],
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from a state of an equal training."""
        for index, member in enumerate(self.members):
            member.restore(state["members"][str(index)])
        self._values = [dict(values) for values in state["values"]]


AnyTraining = Training | EnsembleTraining

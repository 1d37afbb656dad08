"""What was measured: rounds by workload, threads and contender, in memory and as a file."""

import json
import statistics
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Self

from benchmarks.training.contenders import YARDSTICK
from benchmarks.training.process import Measured

FILE = "training.json"
WAITED_TOLERANCE = 0.1  # of the time of several threads: other work was in their way
LOSS_TOLERANCE = 0.01  # of the yardstick's loss: thousands of steps make rounding differ, not the rule


@dataclass(frozen=True)
class Summary:
    """The rounds of one contender at one workload with so many threads: medians, and the largest peak and wait."""

    seconds: float
    first_seconds: float
    waited: float
    peak_bytes: int
    loss: float

    @classmethod
    def of(cls, rounds: list[Measured]) -> Self:
        """Summarize at least one round."""
        return cls(
            statistics.median(one.seconds for one in rounds),
            statistics.median(one.first_seconds for one in rounds),
            max(one.waited for one in rounds),
            max(one.peak_bytes for one in rounds),
            rounds[-1].loss,
        )


@dataclass
class Results:
    """Rounds by `workload/threads/contender`, floors in seconds by `workload/threads`, on one machine."""

    machine: str
    rounds: dict[str, list[Measured]] = field(default_factory=dict)
    floors: dict[str, list[float]] = field(default_factory=dict)

    @classmethod
    def load(cls, folder: Path, machine: str) -> Self:
        """What the folder has of this machine; nothing where it has another's."""
        file = folder / FILE
        if not file.exists():
            return cls(machine)
        found = json.loads(file.read_text())
        if found["machine"] != machine:
            return cls(machine)
        rounds = {key: [Measured(**one) for one in measured] for key, measured in found["rounds"].items()}
        return cls(machine, rounds, found["floors"])

    def save(self, folder: Path) -> None:
        """Write it for the next call to add to."""
        (folder / FILE).write_text(json.dumps(asdict(self), indent=1, sort_keys=True) + "\n")

    def replace(self, other: Self) -> None:
        """Take over what another call measured in the place of what was there."""
        self.rounds |= other.rounds
        self.floors |= other.floors

    def add(self, workload: str, threads: int, contender: str, measured: Measured) -> None:
        """One more round."""
        self.rounds.setdefault(f"{workload}/{threads}/{contender}", []).append(measured)

    def add_floor(self, workload: str, threads: int, seconds: float) -> None:
        """One more measurement of the products alone."""
        self.floors.setdefault(f"{workload}/{threads}", []).append(seconds)

    def summary(self, workload: str, threads: int, contender: str) -> Summary | None:
        """Of all rounds; `None` where there were none."""
        rounds = self.rounds.get(f"{workload}/{threads}/{contender}")
        return Summary.of(rounds) if rounds else None

    def floor(self, workload: str, threads: int) -> float | None:
        """The least seconds that the products alone took."""
        seconds = self.floors.get(f"{workload}/{threads}")
        return min(seconds) if seconds else None

    def workloads(self) -> list[str]:
        """Those that were measured."""
        return sorted({key.split("/")[0] for key in self.rounds})

    def threads(self, workload: str) -> list[int]:
        """The numbers of threads that a workload was measured with."""
        return sorted({int(key.split("/")[1]) for key in self.rounds if key.startswith(f"{workload}/")})

    def best(self, workload: str, contender: str) -> Summary | None:
        """The faster of all numbers of threads."""
        found = [self.summary(workload, threads, contender) for threads in self.threads(workload)]
        return min((one for one in found if one), key=lambda one: one.seconds, default=None)

    def ratio(self, workload: str, seconds: float) -> float | None:
        """To the yardstick at its best."""
        base = self.best(workload, YARDSTICK)
        return seconds / base.seconds if base else None

    def agrees(self, workload: str, loss: float) -> bool:
        """Whether a final loss is the yardstick's, as near as rounding lets it be."""
        base = self.best(workload, YARDSTICK)
        return base is None or abs(loss - base.loss) <= LOSS_TOLERANCE * base.loss

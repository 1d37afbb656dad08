"""One side at one case in a fresh process, timed.

    python -m benchmarks.layers.process ours|pytorch CASE THREADS

trains once, then again until half a second is full, and prints seconds and the engine as JSON.
"""

import importlib
import json
import statistics
import subprocess
import sys
from dataclasses import asdict, dataclass

from benchmarks.training.process import PEERS, ROOT, bind, environment, train_again


@dataclass(frozen=True)
class Measured:
    """Seconds of an epoch, the median, and what made it."""

    seconds: float
    engine: str


def measure(side: str, case: str, threads: int) -> Measured:
    """Run one side in its own environment, bound to as many cores as it has threads."""
    python = str(PEERS) if side == "pytorch" else sys.executable
    command = [python, "-m", "benchmarks.layers.process", side, case, str(threads)]
    done = subprocess.run(command, cwd=ROOT, env=environment(threads), stdout=subprocess.PIPE, text=True, check=True)
    return Measured(**json.loads(done.stdout.splitlines()[-1]))


def main() -> None:
    """The side's end."""
    side, case, threads = sys.argv[1], sys.argv[2], int(sys.argv[3])
    bind(threads)
    contender = importlib.import_module(f"benchmarks.layers.{side}").Contender(case, threads)
    contender.reset()
    contender.train()
    seconds, _ = train_again(contender)
    print(json.dumps(asdict(Measured(statistics.median(seconds), contender.engine))))


if __name__ == "__main__":
    main()

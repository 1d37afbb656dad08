"""Training against training: Steelyard's and its peers', on the same work.

    python -m benchmarks.training W1 W3 --contenders numpy steelyard --threads 1 2 --rounds 3

Each contender has a fresh process, in turn, for several rounds; medians count. Compiling does not count in the time of
a training, but does in that of the first result.
"""

import argparse
import os
import platform
import tempfile
from pathlib import Path

from benchmarks.tables import open_console
from benchmarks.training import chart, floor
from benchmarks.training.contenders import ENTRIES
from benchmarks.training.process import Missing, measure
from benchmarks.training.report import markdown, show
from benchmarks.training.results import Results
from benchmarks.training.workloads import WORKLOADS
from rich.console import Console


def main() -> None:
    """Measure what was asked for, and print it."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.training", description="Train on the same work.")
    parser.add_argument("workloads", nargs="*", help=f"of {', '.join(WORKLOADS)}; none are all")
    parser.add_argument("--contenders", nargs="+", choices=ENTRIES, default=list(ENTRIES), help="all, unless said")
    parser.add_argument("--threads", nargs="+", type=int, default=[1, 2])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--results", type=Path, help="folder to write to; what it has of other workloads stays")
    asked = parser.parse_args()
    if unknown := [name for name in asked.workloads if name not in WORKLOADS]:
        parser.error(f"{unknown[0]} is no workload; they are {', '.join(WORKLOADS)}")
    console, found = open_console(), Results(machine())
    for workload in asked.workloads or WORKLOADS:
        measure_workload(workload, asked.contenders, asked.threads, asked.rounds, found, console)
    show(found, console)
    if asked.results is not None:
        write(found, asked.results)


def measure_workload(
    workload: str, names: list[str], threads: list[int], rounds: int, found: Results, console: Console
) -> None:
    """All contenders in turn, so often; those that are not installed are said to be missing, once."""
    with tempfile.TemporaryDirectory(prefix="steelyard-bench-") as name:
        folder, names = Path(name), list(names)
        WORKLOADS[workload].make().save(folder)
        for turn in range(rounds):
            for count in threads:
                found.add_floor(workload, count, floor.measure(folder, count))
                for contender in list(names):
                    with console.status(f"{workload}, round {turn + 1} of {rounds}, {count} threads: {contender}"):
                        try:
                            found.add(workload, count, contender, measure(contender, folder, count))
                        except Missing as error:
                            names.remove(contender)
                            console.print(f"{ENTRIES[contender].title}: {error} is not installed", highlight=False)


def write(found: Results, folder: Path) -> None:
    """Put it in the place of what was measured before, and redraw the pages."""
    folder.mkdir(exist_ok=True)
    whole = Results.load(folder, found.machine)
    whole.replace(found)
    whole.save(folder)
    (folder / "training.md").write_text(markdown(whole))
    (folder / "training.svg").write_text(chart.draw(whole))


def machine() -> str:
    """The processor, its cores and the Python."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    model = next(line.split(":")[1].strip() for line in lines if line.startswith("model name"))
    return f"{model}, {len(os.sched_getaffinity(0))} cores, Python {platform.python_version()}"


if __name__ == "__main__":
    main()

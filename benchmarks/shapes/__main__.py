"""How the cost grows with rows, width, depth and batch, beside PyTorch's.

    python -m benchmarks.shapes rows width depth batch --threads 1 --rounds 3

Each point is measured as `benchmarks.training` measures: a fresh process a contender, in turn, medians.
"""

import argparse
import statistics
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from benchmarks.shapes import memory
from benchmarks.shapes.chart import draw
from benchmarks.shapes.points import DOUBLINGS, points
from benchmarks.tables import as_markdown, open_console, print_table
from benchmarks.training.process import measure
from benchmarks.training.workloads import Workload

MOST = 1.3  # times PyTorch's, at any point
MOST_MEMORY = 1.2  # times the estimate
COLUMNS = ("", "Steelyard, s", "PyTorch, s", "ratio", "estimate, MB", "peak, MB", "ratio")
NOTE = (
    f"`>`: more than {MOST} × PyTorch's time, or {MOST_MEMORY} × the estimate. Memory is the address space of the "
    "service's training process, which is what a job is bounded by, and what the service estimates for the job."
)


@dataclass(frozen=True)
class Point:
    """What was measured of one shape: seconds of both, and memory."""

    ours: float
    theirs: float
    footprint: memory.Footprint

    def row(self) -> list[str]:
        """Its line in the table; what is beyond the bounds is marked."""
        speed, size = self.ours / self.theirs, self.footprint.peak / self.footprint.estimated
        return [
            f"{self.ours:.3f}",
            f"{self.theirs:.3f}",
            f"{speed:.2f}{' >' if speed > MOST else ''}",
            f"{self.footprint.estimated / 1e6:.0f}",
            f"{self.footprint.peak / 1e6:.0f}",
            f"{size:.2f}{' >' if size > MOST_MEMORY else ''}",
        ]


def main() -> None:
    """Measure the axes asked for, and print them."""
    every = points()
    parser = argparse.ArgumentParser(prog="python -m benchmarks.shapes", description="Double the shape of a training.")
    parser.add_argument("axes", nargs="*", help=f"of {', '.join(every)}; none are all")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--results", type=Path, help="folder to write the table and the chart to")
    asked = parser.parse_args()
    console = open_console()
    found: dict[str, dict[int, Point]] = {}
    for axis in asked.axes or every:
        with console.status(f"{axis}, {DOUBLINGS} doublings"):
            found[axis] = {value: _measure(at, asked.threads, asked.rounds) for value, at in every[axis].items()}
    title = f"{_middle()}, and what of it is doubled; threads: {asked.threads}"
    lines = [[f"{axis} {value:,}", *point.row()] for axis, series in found.items() for value, point in series.items()]
    print_table(console, title, COLUMNS, lines)
    console.print(NOTE.replace("`", ""), highlight=False)
    if asked.results is not None:
        asked.results.mkdir(exist_ok=True)
        page = f"# Shapes, doubled\n\n{title}. `make bench-shapes` makes this page.\n\n![](shapes.svg)\n\n"
        (asked.results / "shapes.md").write_text(f"{page}{as_markdown(COLUMNS, lines)}\n\n{NOTE}\n")
        chart = {
            axis: [(value, one.ours, one.theirs) for value, one in series.items()] for axis, series in found.items()
        }
        (asked.results / "shapes.svg").write_text(draw(chart))


@cache  # the middle is on every axis
def _measure(workload: Workload, threads: int, rounds: int) -> Point:
    with tempfile.TemporaryDirectory(prefix="steelyard-bench-") as name:
        folder = Path(name)
        workload.make().save(folder)
        pairs = [
            [measure(contender, folder, threads).seconds for contender in ("steelyard", "torch")] for _ in range(rounds)
        ]
    ours, theirs = (statistics.median(seconds) for seconds in zip(*pairs, strict=True))
    return Point(ours, theirs, memory.measure(workload))


def _middle() -> Workload:
    return next(iter(points()["rows"].values()))


if __name__ == "__main__":
    main()

"""How the cost grows with rows, width, depth and batch, beside PyTorch's.

    python -m benchmarks.shapes small large --rounds 3

Around a small shape and a large one. Each point is measured as `benchmarks.training` measures: a fresh process a
contender, in turn, medians.
"""

import argparse
import statistics
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from benchmarks.shapes import memory
from benchmarks.shapes.chart import draw
from benchmarks.shapes.points import DOUBLINGS, MIDDLES, Middle
from benchmarks.tables import as_markdown, open_console, print_table
from benchmarks.training.process import measure
from benchmarks.training.workloads import Workload
from rich.console import Console

MOST = 1  # times PyTorch's, at any point
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
    """Measure around the shapes asked for, and print it."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.shapes", description="Double the shape of a training.")
    parser.add_argument("middles", nargs="*", help=f"of {', '.join(MIDDLES)}; none are all")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--results", type=Path, help="folder to write the tables and the charts to")
    asked = parser.parse_args()
    console, page = open_console(), "# Shapes, doubled\n\n`make bench-shapes` makes this page.\n"
    for name in asked.middles or MIDDLES:
        middle = MIDDLES[name]
        found: dict[str, dict[int, Point]] = {}
        for axis, series in middle.points().items():
            with console.status(f"{name}: {axis}, {DOUBLINGS} doublings"):
                found[axis] = {at: _measure(workload, middle.threads, asked.rounds) for at, workload in series.items()}
        page += _show(console, name, middle, found, asked.results)
    console.print(NOTE.replace("`", ""), highlight=False)
    if asked.results is not None:
        (asked.results / "shapes.md").write_text(f"{page}\n{NOTE}\n")


def _show(console: Console, name: str, middle: Middle, found: dict[str, dict[int, Point]], results: Path | None) -> str:
    """Print what was found, and draw it; its part of the page."""
    title = f"{middle.workload()}, and what of it is doubled; threads: {middle.threads}"
    lines = [[f"{axis} {value:,}", *point.row()] for axis, series in found.items() for value, point in series.items()]
    print_table(console, title, COLUMNS, lines)
    if results is not None:
        results.mkdir(exist_ok=True)
        chart = {
            axis: [(value, one.ours, one.theirs) for value, one in series.items()] for axis, series in found.items()
        }
        (results / f"shapes-{name}.svg").write_text(draw(chart))
    return f"\n## Around a {name} one\n\n{title}.\n\n![](shapes-{name}.svg)\n\n{as_markdown(COLUMNS, lines)}\n"


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


if __name__ == "__main__":
    main()

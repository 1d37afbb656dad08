"""What each kind of layer costs, beside plain dense layers and beside PyTorch.

    python -m benchmarks.layers layer_normalization --rounds 3

An epoch of 20,000 rows, 32 columns, hidden layers 64-64, batch 128, one thread. Both sides train in fresh processes,
in turn; medians.
"""

import argparse
import statistics
from pathlib import Path

from benchmarks.layers.data import CASES, COLUMNS, INPUTS
from benchmarks.layers.process import Measured, measure
from benchmarks.tables import as_markdown, open_console, print_table

MOST_BY_DENSE, MOST_BY_TORCH = 2.0, 0.25
TITLE = "An epoch of 20,000 rows, 32 columns, 64-64, batch 128, Adam, one thread"
HEADINGS = ("", "engine", "Steelyard, ms", "× plain dense", "PyTorch, ms", "ratio")
NOTE = (
    f"`>`: more than {MOST_BY_DENSE:g} × plain dense, or {MOST_BY_TORCH:g} × PyTorch's time. "
    f"With categories, {COLUMNS} of the {INPUTS} columns are such. PyTorch is eager, with its fused Adam."
)


def main() -> None:
    """Measure the cases asked for, and print them."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.layers", description="Time each kind of layer.")
    parser.add_argument("cases", nargs="*", help=f"of {', '.join(CASES)}; none are all")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--results", type=Path, help="folder to write the table to")
    asked = parser.parse_args()
    console = open_console()
    found: dict[str, tuple[Measured, Measured]] = {}
    for case in dict.fromkeys(["dense", *(asked.cases or CASES)]):
        with console.status(CASES[case]):
            found[case] = _measure(case, asked.rounds)
    dense = found["dense"][0].seconds
    lines = [_line(case, *pair, dense) for case, pair in found.items()]
    print_table(console, TITLE, HEADINGS, lines)
    console.print(NOTE.replace("`", ""), highlight=False)
    if asked.results is not None:
        page = (
            f"# Layers\n\n`make bench-layers` makes this page. {TITLE}.\n\n{as_markdown(HEADINGS, lines)}\n\n{NOTE}\n"
        )
        (asked.results / "layers.md").write_text(page)


def _measure(case: str, rounds: int) -> tuple[Measured, Measured]:
    """Of both sides, in turn."""
    pairs = [(measure("ours", case, 1), measure("pytorch", case, 1)) for _ in range(rounds)]
    ours, theirs = (
        Measured(statistics.median(one.seconds for one in side), side[0].engine) for side in zip(*pairs, strict=True)
    )
    return ours, theirs


def _line(case: str, ours: Measured, theirs: Measured, dense: float) -> list[str]:
    by_dense, by_torch = ours.seconds / dense, ours.seconds / theirs.seconds
    return [
        CASES[case],
        ours.engine,
        f"{1e3 * ours.seconds:.1f}",
        f"{by_dense:.2f}{' >' if by_dense > MOST_BY_DENSE else ''}",
        f"{1e3 * theirs.seconds:.1f}",
        f"{by_torch:.2f}{' >' if by_torch > MOST_BY_TORCH else ''}",
    ]


if __name__ == "__main__":
    main()

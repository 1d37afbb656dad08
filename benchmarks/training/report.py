"""Tables of what was measured: for the terminal, and as Markdown."""

from collections.abc import Iterator

from benchmarks.tables import as_markdown, print_table
from benchmarks.training.contenders import ENTRIES
from benchmarks.training.results import LOSS_TOLERANCE, WAITED_TOLERANCE, Results
from benchmarks.training.workloads import WORKLOADS
from rich.console import Console

COLUMNS = ("", "threads", "seconds", "× NumPy", "× floor", "first, s", "MB", "loss")
NOTE = (
    f"`≠`: the final loss is not in-place NumPy's to {LOSS_TOLERANCE:.0%} (scikit-learn and Keras add Adam's epsilon "
    "before the second moment is corrected, the others after that). `× NumPy` is to in-place NumPy with the number of "
    "threads that suits it best; `× floor` to the products of the steps alone, by the fastest call to BLAS, with as "
    "many threads. `first` is the first result, from the start of a fresh process: imports, compiling and loading "
    "included; compiled code that a contender keeps on disk is there from the round before. `MB` is the most memory "
    "resident. Time in which the main thread waited for a core is not counted; `~`: it waited for more than "
    f"{WAITED_TOLERANCE:.0%} of the time, and the other threads probably did too, which is counted."
)


def rows(results: Results, workload: str) -> Iterator[list[str]]:
    """The lines of one workload's table, by threads."""
    for threads in results.threads(workload):
        floor = results.floor(workload, threads)
        for name, entry in ENTRIES.items():
            found = results.summary(workload, threads, name)
            if found is None:
                continue
            mark = "" if results.agrees(workload, found.loss) else " ≠"
            busy = "~" if threads > 1 and found.waited > WAITED_TOLERANCE else ""
            yield [
                entry.title,
                str(threads),
                f"{busy}{found.seconds:.3f}",
                _ratio(results.ratio(workload, found.seconds)),
                _ratio(found.seconds / floor if floor else None),
                f"{found.first_seconds:.2f}",
                f"{found.peak_bytes / 1e6:.0f}",
                f"{found.loss:.5f}{mark}",
            ]


def summary(results: Results) -> Iterator[list[str]]:
    """A line for each contender: its best ratio at each workload."""
    for name, entry in ENTRIES.items():
        found = [results.best(workload, name) for workload in results.workloads()]
        if any(found):
            pairs = zip(results.workloads(), found, strict=True)
            yield [
                entry.title,
                *(_ratio(results.ratio(workload, one.seconds) if one else None) for workload, one in pairs),
            ]


def show(results: Results, console: Console) -> None:
    """Print one table for each workload, then the summary."""
    for workload in results.workloads():
        print_table(console, f"{workload}: {WORKLOADS[workload]}", COLUMNS, rows(results, workload))
    print_table(console, "best of the threads, × in-place NumPy", ("", *results.workloads()), summary(results))
    console.print(NOTE.replace("`", ""), highlight=False)


def markdown(results: Results) -> str:
    """The same as a page."""
    parts = [f"# Training, measured\n\n{results.machine}. `make bench` makes this page.\n", "![](training.svg)\n"]
    parts.append("Best of the numbers of threads, as multiples of in-place NumPy's time (lower is faster):\n")
    parts.append(as_markdown(("", *results.workloads()), summary(results)))
    for workload in results.workloads():
        parts.append(f"\n## {workload}: {WORKLOADS[workload]}\n")
        parts.append(as_markdown(COLUMNS, rows(results, workload)))
    return "\n".join([*parts, f"\n{NOTE}\n"])


def _ratio(value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value:.2f}" if value < 10 else f"{value:.1f}"

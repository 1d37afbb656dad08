"""Tables for the terminal, and as Markdown."""

import sys
from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.table import Table


def open_console() -> Console:
    """The terminal; what goes to a file has no edge to be cut at."""
    return Console(width=None if sys.stdout.isatty() else 120)


def print_table(console: Console, title: str, columns: Sequence[str], lines: Iterable[Sequence[str]]) -> None:
    """The first column is words, the others are numbers."""
    table = Table(title=title, title_justify="left", box=None)
    for number, column in enumerate(columns):
        table.add_column(column, justify="right" if number else "left", no_wrap=True)
    for line in lines:
        table.add_row(*line)
    console.print(table)
    console.print()


def as_markdown(columns: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    """The same for a page."""
    rule = ["---", *["---:"] * (len(columns) - 1)]
    return "\n".join(f"| {' | '.join(line)} |" for line in [columns, rule, *lines])

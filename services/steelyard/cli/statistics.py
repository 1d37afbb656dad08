"""Renders the recorded statistics of a job in a terminal."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Column, Table

OF_LAYERS = ("output_std", "forward_gain", "backward_gain", "dead", "dormant", "saturated")
OF_TENSORS = ("norm", "distance", "update_ratio", "gradient_norm")
WITH_START = ("output_std", "norm")
MOST_EPOCHS = 6  # columns


def show_statistics(console: Console, found: Mapping[str, Any], series: str | None) -> None:
    """The last values of the main series, or one series at up to `MOST_EPOCHS` epochs."""
    if found["note"]:
        console.print(escape(found["note"]))
    if not found["epochs"]:
        return
    if series is not None:
        console.print(_over_epochs(found, series))
        return
    console.print(f"epoch {found['epochs'][0]} → {found['epochs'][-1]}", highlight=False)
    tables = {"layer": (OF_LAYERS, _layers(found)), "tensor": (OF_TENSORS, _tensors(found))}
    for title, (names, rows) in tables.items():
        table = Table(Column(title, no_wrap=True), *names, box=None)
        for name, values in rows:
            table.add_row(name, *(_cell(each, values[each]) if each in values else "" for each in names))
        console.print()
        console.print(table)


def _over_epochs(found: Mapping[str, Any], series: str) -> Table:
    count = len(found["epochs"])
    step = max(1, -(-count // MOST_EPOCHS))
    places = [*range(0, count - 1, step), count - 1]
    table = Table(Column(series, no_wrap=True), *(f"epoch {found['epochs'][place]}" for place in places), box=None)
    for name, values in [("run", found["run"]), *_layers(found), *_tensors(found)]:
        if series in values:
            table.add_row(name, *(_number(values[series][place]) for place in places))
    return table


def _layers(found: Mapping[str, Any]) -> list[tuple[str, Any]]:
    return [(layer["name"], layer["series"]) for layer in found["layers"]]


def _tensors(found: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    return ((tensor["name"], tensor["series"]) for layer in found["layers"] for tensor in layer["tensors"])


def _cell(series: str, values: Sequence[float | None]) -> str:
    """The last value, with the first one where both tell something."""
    last = _number(values[-1])
    return f"{_number(values[0])} → {last}" if series in WITH_START else last


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.3g}"

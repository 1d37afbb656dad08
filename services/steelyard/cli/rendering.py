"""Renders jobs in a terminal: curves, tables, errors."""

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Column, Table

WIDTH, HEIGHT = 64, 10
LOG_FROM_RATIO = 20  # between the largest and the least loss; all but the start would lie flat on a linear scale
BARS = " ▁▂▃▄▅▆▇█"
LEFT_OPEN = ("layers", "optimizer", "loss", "preprocessing.numeric", "preprocessing.target", "output.activation")
MARKS = {"loss": ("•", "cyan"), "val_loss": ("◦", "magenta")}


def problem(document: Mapping[str, Any]) -> str:
    """A refusal of the service, for reading."""
    lines = [f"{document['title']}: {document['detail']}"]
    if faults := document.get("errors"):
        lines = [f"{document['title']}:"]
        lines += [f"  {_place(fault)}  {fault['detail']}" for fault in faults]
    if more := document.get("more_errors"):
        lines.append(f"  … and {more} more")
    return "\n".join(lines)


def _place(fault: Mapping[str, Any]) -> str:
    return f"?{fault['parameter']}" if "parameter" in fault else str(fault["pointer"] or "(the whole body)")


def job_list(jobs: Sequence[Mapping[str, Any]]) -> Table:
    """Jobs as a table."""
    table = Table(Column("job", no_wrap=True, min_width=30), "name", "status", "epoch", "created", box=None)
    for job in jobs:
        progress = job["progress"]
        done = f"{progress['epoch']}/{progress['epochs']}"
        table.add_row(job["id"], escape(job["name"] or ""), job["status"], done, job["created_at"])
    return table


def job(console: Console, job: Mapping[str, Any], history: Mapping[str, Any], snapshots: Mapping[str, Any]) -> None:
    """All about a job."""
    _end(console, job)
    if len(history["epochs"]) > 1:
        console.print()
        for line in curve(history["epochs"], history["series"]):
            console.print(line, highlight=False)
    tables = [
        _metrics(job["metrics"], job["baseline"]) if job["metrics"] else None,
        _weights(snapshots) if "final" in snapshots else None,
        _choices(job["choices"]) if job["choices"] else None,
    ]
    for table in filter(None, tables):
        console.print()
        console.print(table)
    for finding in job["findings"]:
        _finding(console, finding)
    if job["status"] == "succeeded" and not job["findings"]:
        console.print("\nNo findings.")
    if job["model"]:
        console.print(f"\nmodel {job['model']}", highlight=False)


def mend(console: Console, found: Mapping[str, Any]) -> None:
    """What a mend changed, each pair of jobs, and the verdict."""
    console.print(f"\nmend {found['id']} of {found['job']}", highlight=False)
    for operation in found["patch"]:
        value = "" if operation["op"] == "remove" else f" {json.dumps(operation['value'])}"
        console.print(f"  {operation['op']} {escape(operation['path'])}{escape(value)}", highlight=False)
    for code, reason in found["skipped"].items():
        console.print(f"  [yellow]{code}[/yellow] was not tried: it {escape(reason)}", highlight=False)
    measure = found["measure"]
    table = Table("seed", f"{measure['split']} {measure['metric']}", "mended", "difference", box=None)
    for pair in found["pairs"]:
        values = [_trial(pair["original"]), _trial(pair["mended"])]
        table.add_row(str(pair["seed"]), *values, "" if pair["difference"] is None else f"{pair['difference']:+.4g}")
    console.print()
    console.print(table)
    console.print(f"\n{escape(found['message'])}", highlight=False)


def _trial(trial: Mapping[str, Any]) -> str:
    return str(trial["status"]) if trial["value"] is None else f"{trial['value']:.4g}"


def findings(console: Console, found: Sequence[Mapping[str, Any]]) -> None:
    """Findings with the changes of the specification that they propose."""
    for finding in found:
        _finding(console, finding)
        for line in changes(finding.get("patch") or ()):
            console.print(f"  change: {escape(line)}", highlight=False)
    if not found:
        console.print("No findings.")


def changes(patch: Sequence[Mapping[str, Any]]) -> list[str]:
    """The operations of a JSON Patch in words."""
    lines = []
    for operation in patch:
        place = operation["path"].strip("/").replace("/", ".")
        value = json.dumps(operation["value"])
        if operation["op"] == "remove" or (operation["value"] is None and place not in LEFT_OPEN):
            lines.append(f"remove {place}")
        elif operation["value"] is None:
            lines.append(f"let the service choose {place}")
        else:
            lines.append(f"set {place} to {value}")
    return lines


def _finding(console: Console, finding: Mapping[str, Any]) -> None:
    color = {"error": "red", "warning": "yellow"}.get(finding["level"], "cyan")
    console.print(f"\n[{color}]{finding['level']}[/{color}] {escape(finding['code'])}: {escape(finding['message'])}")
    console.print(f"  {escape(finding['suggestion'])}")


def _end(console: Console, job: Mapping[str, Any]) -> None:
    """How the job ended, or how far it is."""
    console.print(f"\n[bold]{job['status']}[/bold] after {job['progress']['epoch']} epochs", highlight=False)
    if job["stopping"]:
        console.print(escape(job["stopping"]["message"]), highlight=False)
    if job["train_seconds"] is not None:
        console.print(f"trained for {job['train_seconds']:.2f} s, {job['parameters']:,} weights", highlight=False)
    if job["error"]:
        console.print(f"[red]{escape(job['error']['title'])}[/red]: {escape(job['error']['detail'])}")


def _choices(choices: Sequence[Mapping[str, Any]]) -> Table:
    """The settings that were left open, as they were chosen."""
    table = Table("chosen", "value", "because", box=None)
    for choice in choices:
        value = choice["value"] if isinstance(choice["value"], int) else json.dumps(choice["value"])
        table.add_row(choice["path"], escape(str(value)), escape(choice["reason"]))
    return table


def curve(epochs: Sequence[int], series: Mapping[str, Sequence[float | None]]) -> list[str]:
    """Training and validation loss as lines of a terminal, with their range and the epochs."""
    shown = {name: series[name] for name in MARKS if name in series}
    values = [value for each in shown.values() for value in each if value is not None]
    if not values:
        return []
    low, high = min(values), max(values)
    logarithmic = low > 0 and high / low > LOG_FROM_RATIO
    scaled = math.log if logarithmic else float
    top, span = scaled(high), (scaled(high) - scaled(low)) or 1.0
    grid = [[" "] * WIDTH for _ in range(HEIGHT)]
    for name, each in shown.items():
        mark, color = MARKS[name]
        for column in range(WIDTH):
            value = each[round(column * (len(each) - 1) / (WIDTH - 1))]
            if value is not None:
                row = round((top - scaled(value)) / span * (HEIGHT - 1))
                grid[row][column] = f"[{color}]{mark}[/{color}]"
    labels = {0: f"{high:.4g}", HEIGHT - 1: f"{low:.4g}"}
    lines = [f"{labels.get(index, ''):>10} │{''.join(row)}" for index, row in enumerate(grid)]
    last = f"epoch {epochs[-1]}"
    lines.append(f"{'':>10} └{'─' * WIDTH}")
    lines.append(f"{'':>12}{epochs[0]}{last:>{WIDTH - len(str(epochs[0]))}}")
    legend = [f"[{MARKS[name][1]}]{MARKS[name][0]}[/] {name}" for name in shown]
    lines.append(f"{'':>12}" + "   ".join([*legend, "(log scale)"] if logarithmic else legend))
    return lines


def _metrics(metrics: Mapping[str, Mapping[str, float | None]], baseline: Mapping[str, Any] | None) -> Table:
    """The metrics of each split, and those of the baselines for the rows that were not trained on, if there are any."""
    columns = dict(metrics)
    split = next((name for name in ("validation", "test") if name in metrics), "train")
    for name, scores in (baseline or {}).items():
        columns[f"{name} ({split})"] = scores[split]
    table = Table("metric", *columns, box=None)
    for name in dict.fromkeys(name for each in metrics.values() for name in each):
        values = [each.get(name) for each in columns.values()]
        table.add_row(name, *("" if value is None else f"{value:.4f}" for value in values))
    return table


def _weights(snapshots: Mapping[str, Any]) -> Table:
    table = Table("weights", "shape", "mean", "std", "min", "max", "start → end", box=None)
    initial = {tensor["name"]: tensor["statistics"]["std"] for tensor in snapshots["initial"]["tensors"]}
    tensors = snapshots["final"]["tensors"]
    largest = max([*(abs(std or 0) for std in initial.values()), *(abs(t["statistics"]["std"] or 0) for t in tensors)])
    for tensor in tensors:
        facts = tensor["statistics"]
        numbers = ["–" if facts[name] is None else f"{facts[name]:+.4f}" for name in ("mean", "std", "min", "max")]
        change = f"{_bar(initial[tensor['name']], largest)} → {_bar(facts['std'], largest)}"
        table.add_row(tensor["name"], " × ".join(map(str, tensor["shape"])), *numbers, change)
    return table


def _bar(value: float | None, largest: float) -> str:
    return BARS[0] if not value or not largest else BARS[max(1, round(value / largest * (len(BARS) - 1)))]

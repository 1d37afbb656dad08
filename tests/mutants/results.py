"""The counts of every module's newest run, in `results.md`."""

import re
from collections import Counter, defaultdict
from pathlib import Path

FILE = Path(__file__).parent / "results.md"
HEAD = """# Mutants killed

Written by `make mutants`, which replaces the lines of the modules that it examined. Places are where the code can be
broken; a few of them give no mutant. Where fewer were examined, they were drawn at random. A mutant that makes its
tests take too long counts as killed. Modules without a line were not examined. Reasons for survivors are in
`survivors.toml`.

| module | places | examined | killed | survived | killed of examined |
|---|---:|---:|---:|---:|---:|
"""
LINE = re.compile(r"^\| (\w\S*/\S+) \| (\d+) \| \d+ \| (\d+) \| (\d+) \|", re.MULTILINE)


def record(module: str, counts: Counter[str]) -> None:
    """Put a module's counts into the table, and add up the rooms."""
    found = {name: [int(count) for count in rest] for name, *rest in LINE.findall(FILE.read_text())}
    found[module] = [counts["places"], counts["killed"] + counts["timed out"], counts["survived"]]
    rooms: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    for name, each in found.items():
        for place, count in enumerate(each):
            rooms[name.split("/")[0]][place] += count
    lines = [_line(f"**{room}**", *each) for room, each in sorted(rooms.items())]
    lines += [_line(name, *each) for name, each in sorted(found.items())]
    FILE.write_text(HEAD + "\n".join(lines) + "\n")


def _line(name: str, every: int, killed: int, survived: int) -> str:
    examined = killed + survived
    return f"| {name} | {every} | {examined} | {killed} | {survived} | {killed / examined:.0%} |"

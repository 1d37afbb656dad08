"""Break the code in one small way at a time, and see whether the tests notice.

python -m tests.mutants [--most N] [ROOM or MODULE ...]

`nn/losses` is a module, `nn` all modules of a room; all rooms of `[tool.mutants]` unless given. Every module is tested
by the test file of its name, and by those that `[tool.mutants.tests]` adds. Prints the mutants that no test notices and
that have no reason in `survivors.toml`; `results.md` keeps the counts of every module's last run.
"""

import random
import subprocess
import sys
import time
import tomllib
from collections import Counter
from itertools import islice
from pathlib import Path
from typing import Any

import click

from tests.mutants.mutations import Mutant, mutants_of, places_of
from tests.mutants.results import record
from tests.mutants.sandbox import Sandbox, sandbox

ROOT = Path(__file__).parents[2]
SOURCES = ROOT / "services" / "steelyard"
SURVIVORS = Path(__file__).parent / "survivors.toml"
COSMIC_RAY = "cosmic-ray==8.7.0"
TOOLS = ROOT / ".venv" / "mutants"


def modules_of(asked: str) -> list[str]:
    """The modules of a room or folder, or the one that is named."""
    if (SOURCES / f"{asked}.py").is_file():
        return [asked]
    found = [path.relative_to(SOURCES).with_suffix("") for path in sorted((SOURCES / asked).rglob("*.py"))]
    if not found:
        raise click.BadParameter(f"{asked} is neither a module nor a folder of services/steelyard")
    return [str(path) for path in found if path.name != "__init__"]


def tests_of(module: str, added: dict[str, list[str]]) -> list[str]:
    """The test file of the module's name, if there is one, then those that are added for it or a folder above it."""
    *folder, name = module.split("/")
    own = "/".join(["tests", *folder, f"test_{name}.py"])
    found = [own] if (ROOT / own).is_file() else []
    for prefix, files in added.items():
        if f"{module}/".startswith(f"{prefix}/"):
            found += [file for file in files if file not in found]
    return found


def examine(box: Sandbox, module: str, config: dict[str, Any], most: int) -> tuple[Counter[str], list[Mutant]]:
    """How many mutants were killed, survived and took too long, how many places there are; and the survivors."""
    source = box.path(module).read_text()
    places = places_of(source, config["operators"])
    random.Random(0).shuffle(places)
    counts: Counter[str] = Counter(places=len(places))
    tests = tests_of(module, config["tests"])
    if places and not tests:
        click.echo(f"{module}: not examined, it has no test file of its name")
    if not places or not tests:
        return counts, []
    if module.split("/", maxsplit=1)[0] in config["without_fixtures"]:
        tests.append("--noconftest")
    limit = 20 + 5 * box.warm_up(tests)
    survivors = []
    for mutant in islice(mutants_of(source, places), most):
        with box.broken(module, mutant.text):
            status = box.run(tests, module=module, seconds=limit)
        outcome = {0: "survived", -1: "timed out"}.get(status, "killed")
        counts[outcome] += 1
        if outcome == "survived":
            survivors.append(mutant)
    return counts, survivors


def show(module: str, counts: Counter[str], survivors: list[Mutant], seconds: float) -> bool:
    """Print a module's outcome; whether every survivor has a reason."""
    reasons = tomllib.loads(SURVIVORS.read_text()).get(module, {})
    unknown = [mutant for mutant in survivors if mutant.before not in reasons]
    known = len(survivors) - len(unknown)
    click.echo(f"{module}: {dict(counts)}, {known} survivors with a reason, {seconds:.0f} s")
    for mutant in unknown:
        click.echo(f"  services/steelyard/{module}.py:{mutant.line}\n    - {mutant.before}\n    + {mutant.after}")
    return not unknown


@click.command(help=__doc__)
@click.argument("asked", nargs=-1)
@click.option("--most", default=10_000, help="Examine at most this many mutants of a module, drawn at random.")
def main(asked: tuple[str, ...], most: int) -> None:
    """Examine modules one after the other."""
    if not TOOLS.is_dir():
        subprocess.run([sys.executable, "-m", "pip", "install", "-q", "--target", TOOLS, COSMIC_RAY], check=True)
    sys.path.append(str(TOOLS))
    config = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["mutants"]
    modules = [module for each in asked or config["rooms"] for module in modules_of(each)]
    complete = True
    with sandbox(ROOT) as box:
        for module in modules:
            start = time.monotonic()
            counts, survivors = examine(box, module, config, most)
            if counts.total() > counts["places"]:
                complete &= show(module, counts, survivors, time.monotonic() - start)
                record(module, counts)
    sys.exit(not complete)


if __name__ == "__main__":
    main()

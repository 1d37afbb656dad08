"""Tests mirror the tree: every source file with functions has a test file of its name, in the folder of its name."""

import ast
from pathlib import Path

ROOT = Path(__file__).parents[2]
ROOTS = {"services/steelyard": "tests", "worker/steelyard_worker": "tests/worker"}
STEPS = "calls that only a whole step makes; nn/engines/compiled/test_steps.py holds every one against NumPy"
# May only become shorter.
ELSEWHERE = {
    "nn/engines/compiled/driver.py": STEPS,
    "nn/engines/compiled/kernels.py": STEPS,
    "nn/engines/compiled/program.py": STEPS,
}


def sources() -> dict[str, Path]:
    """Every source file that defines a function, with the place of its test; `worker/…` are the worker's."""
    found = {}
    for root, tests in ROOTS.items():
        for path in sorted((ROOT / root).rglob("*.py")):
            nodes = ast.walk(ast.parse(path.read_text()))
            if not path.name.startswith("__") and any(isinstance(node, ast.FunctionDef) for node in nodes):
                place = path.relative_to(ROOT / root)
                found[str(Path(tests).relative_to("tests") / place)] = ROOT / tests / place.parent / f"test_{path.name}"
    return found


def missing() -> set[str]:
    """The files without a test of their name."""
    return {name for name, test in sources().items() if not test.is_file()}


def test_every_file_has_a_test_of_its_name() -> None:
    assert missing() == ELSEWHERE.keys()

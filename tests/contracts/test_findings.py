"""Every finding is in docs/findings.md, and no other; the rules with the words of the catalog."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from steelyard.diagnostics.rules import RULES

ROOT = Path(__file__).parents[2]
MAKERS = {"Finding", "Remark"}
TEXT = (ROOT / "docs" / "findings.md").read_text()


def codes(tree: ast.AST) -> Iterator[str]:
    """The codes of the findings that are made in a file: the strings in their keyword `code`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in MAKERS:
            for keyword in node.keywords:
                if keyword.arg == "code":
                    for part in ast.walk(keyword.value):
                        if isinstance(part, ast.Constant) and isinstance(part.value, str):
                            yield part.value


def test_every_finding_is_documented() -> None:
    files = [*ROOT.glob("services/**/*.py"), *ROOT.glob("worker/**/*.py")]
    made = {code for path in files for code in codes(ast.parse(path.read_text()))} | {*RULES.names}
    documented = re.findall(r"^\| `(\w+)` \|", TEXT, re.MULTILINE)
    assert sorted(documented) == sorted(made)
    assert len(made) > 20


def test_rules_are_documented_as_in_the_catalog() -> None:
    missing = [line for rule in RULES if (line := f"| `{rule.name}` | {rule.symptom} | {rule.remedy} |") not in TEXT]
    assert not missing, "\n".join(missing)

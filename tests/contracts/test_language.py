"""What a person reads is in plain American English: phrases and spellings that were removed do not come back."""

import ast
import io
import re
import tokenize
import tomllib
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
CODE = sorted(path for room in ("services", "worker") for path in (ROOT / room).rglob("*.py"))
PAGES = sorted(path for suffix in ("html", "js") for path in (ROOT / "services").rglob(f"*.{suffix}"))
GUIDES = [
    ROOT / name
    for name in ("README.md", "CONTRIBUTING.md", "GLOSSARY.md", "Makefile", ".env.example", "docker-compose.yml")
]
TEXTS = [*GUIDES, *sorted((ROOT / "docs").rglob("*.md"))]

BRITISH = (
    r"(initial|optim|regular|normal|standard|minim|maxim|random|general|special|serial|summar|organ|final|penal|"
    r"recogn|util|token|vector|local|visual|real|synchron|priorit|parametr)is(e|ed|er|ers|es|ing|ation)",
    r"\w*colour\w*",
    r"catalogues?",
    r"(behaviour|favour|honour|neighbour|flavour|labour|tumour)\w*",
    r"(centre|metre|litre|fibre)s?",
    r"analys(e|ed|ing)",
    r"(mis)?labell(ed|ing)|modell(ed|er)|travell(ed|ing)|signall(ed|ing)",
    r"artefacts?|grey|judgement|licence|defence|whilst|learnt|towards",
)
QUAINT = (
    "(is|are|was|were) said( to be)?",
    "and said",
    "(is|are) told",
    "heeds?",
    "anew",
    "whoever",
    "truths",
    "as it came",
    "none that is",
    "stands (here|there)",
    "that there (is|are)",
    "no day that",
    "speaks? of",
    "stands? twice",
    "by heart",
    "squeezes?",
    "(is|are) there (already|once|twice)",
    "which (it|they) cannot be",
    "as (its|their) sender",
    "read as it is",
    "keep(s)? (its|their) word",
)
NOT_AGAIN = re.compile(rf"\b(?:{'|'.join((*BRITISH, *QUAINT))})\b", re.IGNORECASE)


def read_code(path: Path) -> Iterator[tuple[int, str]]:
    """The strings (docstrings too) and comments of a Python file, with their lines."""
    text = path.read_text()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.lineno, node.value
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string


def read_text(path: Path) -> Iterator[tuple[int, str]]:
    """The lines of any other file."""
    return enumerate(path.read_text().splitlines(), start=1)


def removed_phrases(path: Path, parts: Iterator[tuple[int, str]]) -> list[str]:
    """The phrases that may not come back, with their places."""
    found = [(line, match[0]) for line, text in parts for match in NOT_AGAIN.finditer(re.sub(r"\s+", " ", text))]
    return [f"{path.relative_to(ROOT)}:{line}: {phrase!r}" for line, phrase in sorted(found)]


def test_code_is_in_plain_american_english() -> None:
    assert [phrase for path in CODE for phrase in removed_phrases(path, read_code(path))] == []


def test_pages_and_documents_are_in_plain_american_english() -> None:
    assert [phrase for path in [*PAGES, *TEXTS] for phrase in removed_phrases(path, read_text(path))] == []


def test_the_package_is_described_in_plain_american_english() -> None:
    path = ROOT / "pyproject.toml"
    description = tomllib.loads(path.read_text())["project"]["description"]
    assert removed_phrases(path, iter([(1, description)])) == []

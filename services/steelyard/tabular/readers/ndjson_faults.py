"""What is wrong with a file of JSON lines, by its row. The parser knows the row within a block of the file only."""

import json
import re
from collections.abc import Iterator
from typing import Any

import orjson

from steelyard.errors import shown
from steelyard.tabular.readers.unreadable import Unreadable

KINDS = {bool: "booleans", int: "numbers", float: "numbers", str: "strings", list: "lists", dict: "objects"}
IN_BLOCK = re.compile(r" in row \d+$")
BLANK = b" \t\r\n"


def find_fault(path: str, said: str) -> Unreadable:
    """The first fault of the file; `said` is the parser's message."""
    kinds: dict[str, str] = {}
    has_duplicates = "twice" in said
    for row, line in _lines(path):
        try:
            document = _read_pairs(line) if has_duplicates else orjson.loads(line)
        except DuplicateKey as error:
            return Unreadable("an object has this key more than once", row=row, column=str(error))
        except ValueError as error:
            detail = error.msg if isinstance(error, json.JSONDecodeError) else str(error)
            return Unreadable(f"it is not valid NDJSON: {detail}: {shown(line.decode('utf-8', 'replace'))}", row=row)
        if not isinstance(document, dict):
            return Unreadable(f"is {shown(document)}; every line must be an object", row=row)
        for name, value in document.items():
            if value is None:
                continue
            kind = KINDS[type(value)]
            if kinds.setdefault(name, kind) != kind:
                return Unreadable(f"is {shown(value)}, but the rows before have {kinds[name]}", row=row, column=name)
    return Unreadable(f"it is not valid NDJSON: {IN_BLOCK.sub('', said)}")


class DuplicateKey(Exception):
    """An object has the key twice."""


def _read_pairs(line: bytes) -> Any:
    return json.loads(line, object_pairs_hook=_unique)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    document = dict(pairs)
    if len(document) < len(pairs):
        names = [name for name, _ in pairs]
        raise DuplicateKey(next(name for name in names if names.count(name) > 1))
    return document


def _lines(path: str) -> Iterator[tuple[int, bytes]]:
    """The lines that are not blank, counted from 1."""
    row = 0
    with open(path, "rb") as file:  # noqa: PTH123 -- the parser's own process holds nothing but paths
        for line in file:
            if line.strip(BLANK):
                row += 1
                yield row, line

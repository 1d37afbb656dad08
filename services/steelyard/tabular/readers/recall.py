"""Reads a file to predict in the dialect of the model's file, where that fits and no option says otherwise."""

import re
from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

from steelyard.tabular.readers.csv import read_names
from steelyard.tabular.readers.options import Dialect
from steelyard.tabular.readers.unnamed_files import path_of, unnamed_file
from steelyard.tabular.readers.unreadable import Unreadable

HEAD_BYTES = 1 << 18
PLAIN = Dialect()


def recall(path: str, asked: Dialect, usual: Mapping[str, Any], wanted: Collection[str]) -> Dialect:
    """`asked`, with the `usual` values for options that were not stated, if the first line then has the wanted columns.

    The encoding is not recalled, since most can be detected; a decimal comma is recalled only with its delimiter.
    """
    hints = {key: value for key, value in usual.items() if getattr(asked, key) == getattr(PLAIN, key)}
    hints.pop("encoding", None)
    if hints.get("decimal") != "," or hints.get("delimiter", asked.delimiter) != usual.get("delimiter"):
        hints.pop("decimal", None)
    with open(path, "rb") as file, unnamed_file() as head:  # noqa: PTH123 -- the parser's own process holds only paths
        start = file.read(HEAD_BYTES)
        if "quote" in hints and not _has_quoted_cells(start, hints["quote"]):
            del hints["quote"]
        recalled = replace(asked, **hints)
        head.write(start)
        head.flush()
        names, usual_names = (_known(path_of(head), dialect, wanted) for dialect in (asked, recalled))
    if not usual_names or len(usual_names) < len(names):
        return asked
    if asked.header and not recalled.header and len(names) == len({*wanted}):  # this file has a header
        return replace(recalled, header=True, skip_rows=asked.skip_rows)
    return recalled


def _has_quoted_cells(start: bytes, quote: str) -> bool:
    return re.search(rb"(^|[,;|\t ])" + re.escape(quote.encode()), start, re.MULTILINE) is not None


def _known(path: str, dialect: Dialect, wanted: Collection[str]) -> set[str]:
    """Which of the wanted columns the file has; none if it cannot be read so."""
    try:
        return {*read_names(path, dialect)} & {*wanted}
    except (Unreadable, UnicodeError, LookupError):
        return set()

"""What separates the values of a line: a character, or blanks."""

import csv
import re
from collections import Counter
from collections.abc import Sequence

DELIMITERS = (",", ";", "\t", "|", "~", "^")
BLANKS = re.compile(r"[^ \t\r\n]+")
VALUE = re.compile(r'"((?:[^"]|"")*)"|([^ \t\r\n]+)')  # of a line whose values are separated by blanks


def delimiter_of(lines: Sequence[str], quote: str) -> str:
    """The delimiter that gives most lines the same number of fields, and most fields.

    The first line counts for all: with its own number of fields it is rather a title, or the delimiter another.
    """

    def score(delimiter: str) -> tuple[int, int]:
        widths = [len(row) for row in csv.reader(lines, delimiter=delimiter, quotechar=quote) if row]
        width, count = Counter(widths).most_common(1)[0] if widths else (1, 0)
        return (count * (width > 1) * (2 if widths[0] == width else 1) if widths else 0, width)

    return max(DELIMITERS, key=score)


def split_blanks(line: str) -> list[str]:
    """The values of a line that blanks separate; a value in quotes may contain blanks."""
    if '"' not in line:
        return BLANKS.findall(line)
    return [match[2] or match[1].replace('""', '"') for match in VALUE.finditer(line)]

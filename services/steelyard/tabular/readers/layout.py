"""Finds where the table of a text file begins and what separates its values, from its first lines.

Lines are Latin-1 here, whatever their encoding: a character for each byte, and ASCII is itself.
"""

import csv
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from steelyard.errors import shown
from steelyard.tabular.readers.csv_cells import NUMBER
from steelyard.tabular.readers.delimiters import delimiter_of, split_blanks
from steelyard.tabular.readers.options import FIXED_WIDTH, WHITESPACE, Dialect
from steelyard.tabular.readers.unreadable import Unreadable
from steelyard.tabular.types.markers import is_marker

COMMENT = "#"
BLANK = " \t\r\n"
MARK = "ï»¿"  # a byte order mark of UTF-8
SEPARATOR_LINE = re.compile(r'"?sep=([\t !#-~])"?[ ,;]*', re.IGNORECASE)
NUMBERS = re.compile(rf"\s*{NUMBER.pattern}(?:\s+{NUMBER.pattern})+\s*")
JOINT = "\v"  # a line break within a value, which is no line break to Python's csv
OPENERS = ",;\t|~^"  # after which a value begins
MOST_TITLES = 10
MOST_LINES = 0.9  # must have the same number of values


@dataclass(frozen=True)
class Layout:
    """How a file must be rewritten, line by line, so that a parser of CSV reads it.

    `skipped` lines come first; `comments` of them are comments. `header` is put before the others, of which those that
    begin with `comment` are dropped. `delimiter` is a character, or how to split. `gaps` are the places between the
    columns of a fixed-width file. With `has_row_names` the header has a name less than the rows have values, as R
    writes it.
    """

    delimiter: str = ""
    skipped: int = 0
    comments: int = 0
    comment: str = ""
    header: str = ""
    gaps: Sequence[tuple[int, int]] = ()
    has_row_names: bool = False

    @property
    def is_plain(self) -> bool:
        """Whether the parser can read the file as it is."""
        return replace(self, delimiter="") == Layout() and not self.splits_blanks

    @property
    def splits_blanks(self) -> bool:
        """Whether blanks separate the values."""
        return self.delimiter in (WHITESPACE, FIXED_WIDTH)


def find_layout(lines: Sequence[str], asked: Dialect) -> Layout:
    """The layout of a file that begins with `lines`. Raises `Unreadable` if a title comes before the table."""
    lines = _records([line.removeprefix(MARK).rstrip("\r\n") for line in lines], asked.quote)
    layout = Layout(asked.delimiter, comment=asked.comment)
    if lines and (match := SEPARATOR_LINE.fullmatch(lines[0])):
        layout = replace(layout, delimiter=asked.delimiter or match[1], skipped=1)
    first = _first_without_comment(lines, layout.skipped, asked.comment or COMMENT)
    body = [line for line in lines[first:] if line.strip(BLANK) and not is_comment(line, asked.comment)]
    if not body:
        return layout
    layout = _with_delimiter(body, layout, asked)
    layout = _without_comments(
        [line for line in lines[layout.skipped : first] if line.strip(BLANK)], body, layout, first, asked
    )
    if layout.skipped < first:  # what looks like a comment is the first line of the table
        body = [line for line in lines[layout.skipped :] if line.strip(BLANK)]
    elif layout.header:
        body.insert(0, layout.header)
    if asked.header and layout.delimiter in (WHITESPACE, "\t"):
        layout = replace(layout, has_row_names=_has_row_names(body, layout, asked.quote))
    _refuse_title(lines, body, layout, asked)
    return layout


def _records(lines: Sequence[str], quote: str) -> list[str]:
    """The lines, where those within a value between quotes, such as a name with a line break, are one."""
    mark = re.escape(quote)
    opening = re.compile(rf"(?:^|[{OPENERS}])[ ]*{mark}(?:[^{mark}]|{mark}{mark})*$")
    records: list[str] = []
    is_open = False
    for line in lines:
        if is_open:
            records[-1] += f"{JOINT}{line}"
        else:
            records.append(line)
        last = records[-1]
        is_open = last.count(quote) % 2 == 1 and not is_comment(last, COMMENT) and opening.search(last) is not None
    return records


def is_comment(line: str, comment: str) -> bool:
    """Whether the line is a comment."""
    return bool(comment) and line.lstrip(BLANK).startswith(comment)


def split(line: str, delimiter: str, quote: str) -> list[str]:
    """The values of a line."""
    if delimiter in (WHITESPACE, FIXED_WIDTH):
        return split_blanks(line)
    return next(csv.reader([line], delimiter=delimiter, quotechar=quote), [])


def _first_without_comment(lines: Sequence[str], first: int, comment: str) -> int:
    """The first line that is neither blank nor a comment; `first` if no comment comes before it."""
    place = first
    while place < len(lines) and (not lines[place].strip(BLANK) or is_comment(lines[place], comment)):
        place += 1
    return place if any(is_comment(line, comment) for line in lines[first:place]) else first


def _without_comments(leading: list[str], body: list[str], layout: Layout, first: int, asked: Dialect) -> Layout:
    """The layout that skips the lines before `first`, which look like comments, but for one that has the names."""
    if not leading:
        return layout
    width, following = len(split(body[0], layout.delimiter, asked.quote)), body[:2]
    last = leading[-1].lstrip(BLANK)
    cells = [split(line, layout.delimiter, asked.quote) for line in following]
    has_header = len(cells) > 1 and _names(*cells)
    is_alone = not asked.comment and len(leading) == 1 and not has_header
    if is_alone and len(split(last, layout.delimiter, asked.quote)) == width:
        return layout  # the name of the first column begins with a #
    header = last.removeprefix(asked.comment or COMMENT).strip(BLANK)
    names = split(header, layout.delimiter, asked.quote)
    is_header = asked.header and len(names) == width and _names(names, cells[0])
    return replace(layout, skipped=first, comments=len(leading), header=header if is_header else "")


def _names(names: list[str], values: list[str]) -> bool:
    """Whether these are the names of columns, as the values under them show."""
    is_number = [bool(NUMBER.fullmatch(value.strip())) for value in values]
    return any(is_number) and not any(NUMBER.fullmatch(name.strip()) for name in names)


def _with_delimiter(body: list[str], layout: Layout, asked: Dialect) -> Layout:
    if layout.delimiter == FIXED_WIDTH:
        return replace(layout, gaps=_column_gaps(body, asked))
    if layout.delimiter:
        return layout
    delimiter = delimiter_of(body, asked.quote)
    rows = [*csv.reader(body, delimiter=delimiter, quotechar=asked.quote)]
    if any(len(row) > 1 for row in rows) and not (delimiter == "\t" and _has_several_numbers(rows)):
        return replace(layout, delimiter=delimiter)
    if _is_table([split_blanks(line) for line in body], has_header=asked.header):
        return replace(layout, delimiter=WHITESPACE)
    gaps = _column_gaps(body, asked)
    if gaps and len(body) > 3 and _is_table([cut(line, gaps) for line in body], has_header=asked.header):
        return replace(layout, delimiter=FIXED_WIDTH, gaps=gaps)
    return replace(layout, delimiter=delimiter)


def _has_several_numbers(rows: list[list[str]]) -> bool:
    """Whether each line has several numbers between two tabs: blanks separate these, and then tabs are blanks too."""
    return any(all(len(row) > place and NUMBERS.fullmatch(row[place]) for row in rows[1:]) for place in range(2))


def _is_table(rows: list[list[str]], *, has_header: bool) -> bool:
    """Whether most rows have as many values, some column is numeric, and the first row fits as their names."""
    values = rows[1:] if has_header else rows
    width, count = Counter(map(len, values)).most_common(1)[0] if values else (0, 0)
    if width < 2 or count < MOST_LINES * len(values):
        return False
    if has_header and not (len(rows[0]) == width or 2 <= len(rows[0]) == width - 1):
        return False
    columns = zip(*(row for row in values if len(row) == width), strict=True)
    return any(_is_numeric(column) for column in columns)


def _is_numeric(cells: Sequence[str]) -> bool:
    return any(map(NUMBER.fullmatch, cells)) and all(NUMBER.fullmatch(cell) or is_marker(cell) for cell in cells)


def _column_gaps(body: list[str], asked: Dialect) -> list[tuple[int, int]]:
    gaps = _gaps(body)
    if asked.header:  # few values may all have a blank at the same place, but no name begins there
        gaps = [gap for gap, name in zip(gaps, cut(body[0], gaps)[1:], strict=True) if name]
    return gaps


def _gaps(lines: list[str]) -> list[tuple[int, int]]:
    """Where every line has blanks, between places where some line has none. Empty if a line has a tab."""
    lines = [*map(_characters, lines)]
    width = max(map(len, lines))
    if width > 10_000 or any("\t" in line for line in lines):
        return []
    blank = [all(line[place : place + 1] in ("", " ") for line in lines) for place in range(width)]
    edges = [place for place in range(1, width) if blank[place] != blank[place - 1]]
    edges = edges if blank and not blank[0] else edges[1:]
    return [*zip(edges[::2], edges[1::2], strict=False)]


def cut(line: str, gaps: Sequence[tuple[int, int]]) -> list[str]:
    """The values of a line of a fixed-width file. Raises `Unreadable` if one of them reaches through a gap."""
    text, places = _characters(line), [0]
    for start, end in gaps:
        within = text[start:end].ljust(end - start)
        if " " not in within or (within.strip() and within[0] == within[-1] == " "):
            raise Unreadable(
                f"its columns have fixed widths, but a value is in the gap at character {start + 1}: {shown(text)}"
            )
        places.append(start if within[0] == " " else start + within.find(" "))  # a value may reach into a gap
    cells = [text[begin:end].strip(BLANK) for begin, end in zip(places, [*places[1:], None], strict=True)]
    return cells if text is line else [cell.encode().decode("latin-1") for cell in cells]


def _characters(line: str) -> str:
    """The line as UTF-8, if it is that: columns of a fixed width have as many characters, not bytes."""
    if line.isascii():
        return line
    try:
        return line.encode("latin-1").decode("utf-8")
    except UnicodeDecodeError:
        return line


def _has_row_names(body: list[str], layout: Layout, quote: str) -> bool:
    rows = [split(line, layout.delimiter, quote) for line in body]
    if len(rows) < 3 or {*map(len, rows[1:])} != {len(rows[0]) + 1}:
        return False
    return any(row[-1].strip() for row in rows[1:])


def _refuse_title(lines: list[str], body: list[str], layout: Layout, asked: Dialect) -> None:
    """Raise over a first line with one value, or of text, before lines that have several."""
    rows = [split(line, layout.delimiter, asked.quote) for line in body]
    width, count = Counter(map(len, rows)).most_common(1)[0]
    if width > 1:
        filled = [sum(map(bool, row)) for row in rows]
        place = next((place for place, row in enumerate(rows) if len(row) == width and filled[place] > 1), 0)
        has_first = bool(rows[0][0].strip()) or not filled[0]  # the first name may be empty, no other
        is_title = count > 1 and max(filled[:place], default=2) < 2 and has_first
    else:
        rows = [split_blanks(line) for line in body]
        tails = range(1, min(MOST_TITLES, len(rows) - 2)) if not asked.delimiter else ()
        place = next((place for place in tails if _is_table(rows[place:], has_header=asked.header)), 0)
        is_title = place > 0
    if is_title:
        skip = sum(1 + line.count(JOINT) for line in lines[: lines.index(body[place])]) + asked.skip_rows
        raise Unreadable(
            f"its first line, {shown(body[0])}, looks like a title, and line {skip + 1} like the first of a table; "
            f"if it is, use skip_rows={skip}"
        )

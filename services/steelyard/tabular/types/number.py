"""Numbers, and how people write them: `1,234.50`, `1.234,50`, `1 234`, `(12)`, `12-`, `$5`, `5 EUR`, `12 %`, `−3`."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Literal, Self

import numpy as np
from numpy.typing import NDArray

from steelyard.errors import shown
from steelyard.tabular.json_numbers import LARGEST
from steelyard.tabular.types.column_type import LEAST, SAMPLE, ColumnType, Recognizable, WrongValue
from steelyard.tabular.values import Kind, Values

TOO_LARGE = f"it must be within ±{LARGEST:g}"
SAME = str.maketrans({"−": "-", "–": "-", "\u00a0": " ", "\u202f": " ", "\u2009": " ", "’": "'"})
SYMBOLS = {"EUR": "€", "USD": "$", "GBP": "£", "JPY": "¥", "INR": "₹"}
CODES = ("CHF", "CNY", "AUD", "CAD", "NZD", "SEK", "NOK", "DKK", "PLN", "CZK", "HUF", "RON", "TRY", "BRL", "MXN", "ZAR")
CURRENCY = "|".join((*SYMBOLS, *CODES, *map(re.escape, SYMBOLS.values())))
ADORNED = re.compile(
    rf"(?P<sign>[+-]?)(?P<before>{CURRENCY})? ?(?P<inner>[+-]?)(?P<body>\d.*?|[.,]\d.*?)"
    rf"(?P<middle>-?) ?(?P<after>%|{CURRENCY})?(?P<last>-?)",
    re.ASCII,
)
PLAIN = {mark: re.compile(rf"(?:\d+[{mark}]?\d*|[{mark}]\d+)(?:[eE][+-]?\d+)?", re.ASCII) for mark in (".", ",")}
GROUPED = {
    ".": re.compile(r"\d{1,3}(?P<mark>[,' ])\d{3}(?:(?P=mark)\d{3})*(?:\.\d*)?", re.ASCII),
    ",": re.compile(r"\d{1,3}(?P<mark>[.' ])\d{3}(?:(?P=mark)\d{3})*(?:,\d*)?", re.ASCII),
}
LONGEST = 64  # characters


@dataclass(frozen=True)
class Number(Recognizable):
    """An integer or a float of at most `LARGEST` in size. True and false count as 1 and 0.

    `decimal` is a comma if numbers in strings have a decimal comma, and dots between thousands.
    """

    name: ClassVar[str] = "number"
    kind: ClassVar[Kind] = "numeric"

    decimal: Literal[","] | None = None

    @property
    def reason(self) -> str:
        """Why a column has this type."""
        return "its values are numbers" + (", with a decimal comma" if self.decimal else "")

    @property
    def reads_strings(self) -> bool:
        """Whether files must give strings: only so the decimal comma is known."""
        return self.decimal is not None

    @property
    def expected(self) -> str:
        """What a value must be."""
        return "it must be a number"

    def parse(self, text: str) -> float:
        """The number in a string."""
        found = read_number(text, self.decimal or ".")
        if found is None:
            raise ValueError(self.expected)
        return found

    def read(self, value: Any) -> float:
        """A number, or a string with one."""
        if isinstance(value, str):
            return self.parse(value)
        number = float(value)
        if not abs(number) <= LARGEST:
            raise ValueError(TOO_LARGE)
        return number

    def is_missing(self, value: Any) -> bool:
        """Whether a value means a missing one. Numbers of `missing` match however they are written: `-99`, `-99.0`."""
        if super().is_missing(value) or not self.missing:
            return super().is_missing(value)
        number = read_number(value, self.decimal or ".") if isinstance(value, str) else value
        return number is not None and any(read_number(str(each)) == number for each in self.missing)

    def recognize(self, labels: Sequence[str], counts: NDArray[np.int64]) -> tuple[Self, list[float | None]] | None:
        """The numbers that strings say.

        The decimal point is the mark with which more values are numbers; if both give as many, it is that of this type.
        It is a comma only if half of the numbers have a mark, unless it is that of this type: among whole numbers,
        `4,6` is rather a list.
        """
        sample = labels[:: max(1, len(labels) // SAMPLE)]
        seen = {mark: sum(read_number(label, mark) is not None for label in sample) for mark in (".", ",")}
        if max(seen.values()) < LEAST * max(1, len(sample)):
            return None
        best: tuple[int, Self, list[float | None]] | None = None
        for mark in sorted(seen, key=lambda mark: (-seen[mark], mark != (self.decimal or "."))):
            if best is not None and seen[mark] < max(seen.values()) / 2:
                break
            found = [read_number(label, mark) for label in labels]
            score = int(counts[[value is not None for value in found]].sum())
            if mark == "," and self.decimal is None and 2 * _with_marks(labels, found, counts) < score:
                continue
            if best is None or score > best[0]:
                best = score, replace(self, decimal="," if mark == "," else None), found
            if None not in found:
                break
        return None if best is None else best[1:]

    def convert(self, values: Values, source: ColumnType) -> Values:
        """Numbers as they are, and others by what they say."""
        return values if isinstance(source, Number) and not self.missing else super().convert(values, source)

    def wrong(self, row: int, value: Any) -> WrongValue:
        """The error for what is no number, or too large a one."""
        if isinstance(value, (int, float)):
            return WrongValue(row, f"is {shown(value)}; {TOO_LARGE}")
        return super().wrong(row, value)


def _with_marks(labels: Sequence[str], found: Sequence[float | None], counts: NDArray[np.int64]) -> int:
    """How many of the values that are numbers have a comma or a dot."""
    pairs = zip(labels, found, strict=True)
    return int(counts[[value is not None and ("," in label or "." in label) for label, value in pairs]].sum())


def read_number(text: str, decimal: str = ".") -> float | None:
    """The number in a string, with this decimal point; `None` if there is none, or if it is too large."""
    if decimal == "." or "." not in text:
        try:
            number = float(text if decimal == "." else text.replace(",", "."))
        except ValueError:
            pass
        else:
            return number if "_" not in text and abs(number) <= LARGEST else None
    if len(text) > LONGEST:
        return None
    text = text.translate(SAME).strip()
    is_negative = text.startswith("(") and text.endswith(")")  # as accountants write it
    found = ADORNED.fullmatch(text[1:-1] if is_negative else text)
    signs = "" if found is None else found["sign"] + found["inner"] + found["middle"] + found["last"]
    if found is None or len(signs) > 1:
        return None
    digits = _digits(found["body"], decimal)
    if digits is None:
        return None
    number = float(signs + digits)
    return None if abs(number) > LARGEST else -number if is_negative else number


def unit_of(text: str) -> str:
    """The currency of a number as its symbol or code, a percent sign, or nothing."""
    found = ADORNED.fullmatch(text.translate(SAME).strip(" ()")) if len(text) <= LONGEST else None
    unit = "" if found is None else found["before"] or found["after"] or ""
    return SYMBOLS.get(unit, unit)


def _digits(body: str, decimal: str) -> str | None:
    """A number without marks between thousands, with a decimal point as Python has it."""
    if (found := GROUPED[decimal].fullmatch(body)) is not None:
        body = body.replace(found["mark"], "")
    elif PLAIN[decimal].fullmatch(body) is None:
        return None
    return body.replace(decimal, ".")

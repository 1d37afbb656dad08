"""Which type a column has, from its values, with the reason in words."""

import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from steelyard.errors import shown
from steelyard.tabular.json_numbers import is_number
from steelyard.tabular.types.boolean import Boolean
from steelyard.tabular.types.category import Category, Text
from steelyard.tabular.types.column_type import ColumnType
from steelyard.tabular.types.datetime import Datetime, looks_like_one
from steelyard.tabular.types.number import Number
from steelyard.tabular.types.registry import OF_STRINGS
from steelyard.tabular.values import Values

MOST_CATEGORIES = 10_000
FEW_LABELS = 20  # so few are categories, however few rows there are
ROWS_FOR_ID = 20
LONG_TEXT = 80  # characters on average
SAMPLE = 200  # so many strings show what the others look like
ADORNED = re.compile(r"[+-]?[$€£]? ?\d{1,3}(?:[,']?\d{3})*(?:\.\d+)? ?[%$€£]?")  # as people write numbers for people
ID_NAME = re.compile(
    r"(?:^|[_\W])(?:id|idno|uuid|guid|index|obs|case|row|row[_\W]?(?:names?|num(?:ber)?|no))$|[a-z]I[dD]$"
    r"|^unnamed: 0$|^__index_level_\d+__$",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Recognized:
    """The type of a column and its values, and the reason. `is_id` is true if it only identifies rows."""

    type: ColumnType
    values: Values
    reason: str
    is_id: bool = False


def recognize(name: str, values: Values, known: ColumnType | None = None, *, keeps_strings: bool = False) -> Recognized:
    """The type of a column with these values; `known` is the type that a file states.

    Strings become numbers where all of them are dates, say, unless the column `keeps_strings`. Unique strings, and
    unique integers in a column with a name like `id`, identify rows. Strings that are too many or too long for
    categories are texts.
    """
    if known is not None:
        return Recognized(known, values, known.reason)
    if values.labels is None:
        count = int(np.count_nonzero(~values.missing))
        if ID_NAME.search(name) and _tell_rows_apart(values.array, count):
            return Recognized(Number(), values, "unique integers, in a column named like an ID", is_id=True)
        return Recognized(Number(), values, Number().reason if count else "it has no values")
    if not values.are_texts:
        return Recognized(Boolean(), values, Boolean().reason)
    for candidate in () if keeps_strings else OF_STRINGS:
        if (found := candidate.recognize(values.labels)) is not None:
            column_type, numbers = found
            return Recognized(column_type, Values(np.array([*numbers, np.nan])[values.array]), column_type.reason)
    return _recognize_strings(values)


def _recognize_strings(values: Values) -> Recognized:
    assert values.labels is not None
    labels, count = values.labels, int(np.count_nonzero(~values.missing))
    if not count:
        return Recognized(Category(), values, "it has no values")
    distinct, resemblance = len(labels), _resemblance(labels)
    if count >= ROWS_FOR_ID and distinct == count:
        return Recognized(Category(), values, f"each of its {count} strings is unique{resemblance}", is_id=True)
    said = f"{distinct} different strings in {count} rows"
    if distinct <= FEW_LABELS or (distinct <= count / 2 and distinct <= MOST_CATEGORIES and not _is_long(labels)):
        return Recognized(Category(), values, f"{said}{resemblance}")
    return Recognized(Text(), values, f"{said} are too many or too long for categories{resemblance}")


def _resemblance(labels: tuple[str, ...]) -> str:
    """What strings seem to be meant for, and are not."""
    some = labels[:SAMPLE]
    if sum(map(looks_like_one, some)) > len(some) / 2 and (reason := Datetime.why_not(labels)):
        return f"; they look like dates, but {reason}"
    if sum(map(_looks_like_a_number, some)) > len(some) / 2:
        odd = next((label for label in labels if not is_number(label)), None)
        return "" if odd is None else f"; most of them are numbers, but {shown(odd)} is not"
    return ""


def _looks_like_a_number(text: str) -> bool:
    return is_number(text) or ADORNED.fullmatch(text) is not None


def _tell_rows_apart(numbers: NDArray[np.float64], count: int) -> bool:
    if count < ROWS_FOR_ID or count < len(numbers):
        return False
    return np.array_equal(numbers, np.rint(numbers)) and bool((np.diff(np.sort(numbers)) > 0).all())


def _is_long(labels: tuple[str, ...]) -> bool:
    return sum(map(len, labels)) > LONG_TEXT * len(labels)

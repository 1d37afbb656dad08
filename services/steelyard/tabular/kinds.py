"""What kind of values a column holds, guessed from the values, with the reason in words."""

import re

import numpy as np
from numpy.typing import NDArray

from steelyard.errors import shown
from steelyard.tabular.column import Kind, Values
from steelyard.tabular.datetimes import looks_like_one, why_not
from steelyard.tabular.json_numbers import is_number

MOST_CATEGORIES = 10_000
FEW_LABELS = 20  # so few are categories, however few rows there are
ROWS_FOR_ID = 20
LONG_TEXT = 80  # characters on average
SAMPLE = 200  # so many texts show what the others look like
ADORNED = re.compile(r"[+-]?[$€£]? ?\d{1,3}(?:[,']?\d{3})*(?:\.\d+)? ?[%$€£]?")  # as people write numbers for people
WRITTEN = {None: "", False: ", the month before the day", True: ", the day before the month"}
ID_NAME = re.compile(
    r"(?:^|[_\W])(?:id|idno|uuid|guid|index|obs|case|row|row[_\W]?(?:names?|num(?:ber)?|no))$|[a-z]I[dD]$"
    r"|^unnamed: 0$|^__index_level_\d+__$",
    re.IGNORECASE,
)


def infer(
    name: str, values: Values, *, is_moment: bool = False, day_first: bool | None = None, is_time: bool = False
) -> tuple[Kind, str]:
    """The kind of a column, and why; of moments, how they were written.

    `id` identifies rows and is not an input: unique strings, or unique integers in a column with a name like `id`.
    `text` are strings that are too many, or too long, for categories.
    """
    if is_moment:
        return "datetime", f"its values are dates or datetimes{WRITTEN[day_first]}"
    if is_time:
        return "numeric", "its values are times of day, in seconds"
    missing = values.missing
    count = int(len(missing) - missing.sum())
    if values.labels is None:
        if ID_NAME.search(name) and _tell_rows_apart(values.array, count):
            return "id", "unique integers, in a column named like an ID"
        return "numeric", "its values are numbers" if count else "it has no values"
    if values.labels == (False, True):
        return "boolean", "its values are booleans"
    return _infer_of_texts(values.labels, count)


def _infer_of_texts(labels: tuple[str, ...], count: int) -> tuple[Kind, str]:
    if not count:
        return "categorical", "it has no values"
    distinct, resemblance = len(labels), _resemblance(labels)
    if count >= ROWS_FOR_ID and distinct == count:
        return "id", f"each of its {count} strings is unique{resemblance}"
    said = f"{distinct} different strings in {count} rows"
    if distinct <= FEW_LABELS or (distinct <= count / 2 and distinct <= MOST_CATEGORIES and not _is_long(labels)):
        return "categorical", f"{said}{resemblance}"
    return "text", f"{said} are too many or too long for categories{resemblance}"


def _resemblance(labels: tuple[str, ...]) -> str:
    """What texts seem to be meant for, and are not."""
    some = labels[:SAMPLE]
    if sum(map(looks_like_one, some)) > len(some) / 2 and (reason := why_not(labels)):
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

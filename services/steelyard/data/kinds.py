"""What kind of values a column holds, guessed from the values, with the reason in words."""

import re

import numpy as np

from steelyard.data.column import Kind, Values

MOST_CATEGORIES = 10_000
FEW_LABELS = 20  # so few are categories, however few rows there are
ROWS_FOR_ID = 20
LONG_TEXT = 80  # characters on average
ID_NAME = re.compile(r"(?:^|[_\W])(?:id|uuid|guid|index|row)$|[a-z]I[dD]$|^unnamed: 0$|^$", re.IGNORECASE)


def infer(name: str, values: Values, *, is_moment: bool = False) -> tuple[Kind, str]:
    """The kind of a column, and why.

    `id` is what tells rows apart and has nothing to be learned from: texts of which each is there once, or whole
    numbers that count the rows under a name like `id`. `text` are words that are too many, or too long, to be
    categories.
    """
    if is_moment:
        return "datetime", "its values are dates or moments"
    missing = values.missing
    count = int(len(missing) - missing.sum())
    if values.labels is None:
        if ID_NAME.search(name) and _counts_up(values, count):
            return "id", "whole numbers that count the rows, under the name of an id"
        return "numeric", "its values are numbers" if count else "it has no values"
    if values.labels == (False, True):
        return "boolean", "its values are true and false"
    distinct = len(values.labels)
    if count >= ROWS_FOR_ID and distinct == count:
        return "id", f"each of its {count} texts is there once"
    if distinct <= FEW_LABELS or (distinct <= count / 2 and distinct <= MOST_CATEGORIES and not _is_long(values)):
        return "categorical", f"{distinct} different texts in {count} rows"
    return "text", f"{distinct} different texts in {count} rows are too many, or too long, for categories"


def _counts_up(values: Values, count: int) -> bool:
    array = values.array
    if count < ROWS_FOR_ID or count < len(array):
        return False
    return bool((np.diff(array) == 1).all())


def _is_long(values: Values) -> bool:
    assert values.labels is not None
    return sum(map(len, values.labels)) > LONG_TEXT * len(values.labels)

"""Remarks on categories that may be misspelled: a rare one that is a single slip away from a frequent one."""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from steelyard.errors import shown
from steelyard.tabular.remarks import Remark

MOST_LABELS = 50  # of a column; with more, rare ones are the rule
MOST_RARE = 5  # labels of a column that may be misspelled
RARE = 2  # rows at most
OFTEN = 20  # times as many rows has the label that is meant
FEWEST_LETTERS = 4  # of the word
LONGEST_CODE = 5  # characters: airports, units, shares


def misspelled_labels(name: str, labels: Sequence[str], counts: NDArray[np.int64]) -> Iterator[Remark]:
    """One remark for a column in which a few rare labels are nearly frequent ones."""
    present = [(label, count) for label, count in zip(labels, counts.tolist(), strict=True) if count]
    rare = [(label, count) for label, count in present if count <= RARE]
    if len(present) > MOST_LABELS or not 0 < len(rare) <= MOST_RARE:
        return
    pairs = [
        (label, count, meant, often)
        for label, count in rare
        for meant, often in present
        if often >= OFTEN * count and label.casefold() != meant.casefold() and is_slip(label, meant)
    ]
    if pairs:
        listed = "; ".join(
            f"{shown(label)} ({count} row{'s' * (count > 1)}) is nearly {shown(meant)} ({often})"
            for label, count, meant, often in pairs
        )
        yield Remark(
            code="misspelled_labels",
            level="info",
            message=f"Some values of {shown(name)} may be misspelled: {listed}. They are different categories.",
            suggestion="If they mean the same, write them alike.",
        )


def is_slip(label: str, meant: str) -> bool:
    """Whether one wrong, missing, additional or swapped character in a word makes `label` of `meant`.

    Another digit makes another name, and so does any character of a short word or code: Room 2, type B, KJFK.
    """
    start = _shared(label, meant)
    end = _shared(label[start:][::-1], meant[start:][::-1])
    wrong, right = label[start : len(label) - end], meant[start : len(meant) - end]
    is_one = sorted([len(wrong), len(right)]) in ([0, 1], [1, 1]) or (len(wrong) == 2 and wrong == right[::-1])
    if not is_one or (wrong + right).isdigit():
        return False
    word = _word(meant, start, len(meant) - end)
    return sum(map(str.isalpha, word)) >= FEWEST_LETTERS and not (word.isupper() and len(word) <= LONGEST_CODE)


def _word(text: str, start: int, stop: int) -> str:
    """The word of `text` that goes on before `start` and behind `stop`."""
    while start > 0 and text[start - 1].isalnum():
        start -= 1
    while stop < len(text) and text[stop].isalnum():
        stop += 1
    return text[start:stop]


def _shared(first: str, second: str) -> int:
    """How many characters both begin with."""
    shortest = min(len(first), len(second))
    return next((place for place in range(shortest) if first[place] != second[place]), shortest)

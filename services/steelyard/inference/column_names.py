"""Which columns of the rows to predict are inputs of the model, and which are not.

Columns that the model does not take are ignored, and inputs that the rows lack are missing values; the answer lists
both. A name that is nearly that of an input that is lacking is taken for a mistake.
"""

import difflib
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from steelyard.errors import Fault, pointer, shown

MOST_LISTED = 100
MOST_COMPARISONS = 20_000  # of names with each other, which takes about 20 µs each
LONGEST_NAME = 200
CUTOFF = 0.75  # of difflib's ratio
SEPARATORS = re.compile(r"[\W_]+")


@dataclass(frozen=True)
class Matched:
    """Columns that were `ignored`, and inputs that were `missing` in some row or in all of them."""

    ignored: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()

    def to_json(self) -> dict[str, list[str]]:
        """As an answer has it, which says nothing where there is nothing to say."""
        listed = {"ignored_columns": self.ignored, "missing_columns": self.missing}
        return {key: [*names[:MOST_LISTED]] for key, names in listed.items() if names}


def match(names: Collection[str], features: Collection[str]) -> Matched:
    """The names that are no features, and the features that are no names; both in order."""
    known, there = {*features}, {*names}
    return Matched(
        tuple(name for name in names if name not in known), tuple(name for name in features if name not in there)
    )


def misspellings(matched: Matched) -> Iterator[tuple[str, str]]:
    """Names that were ignored, each with the input that it is nearly the name of and that is missing."""
    folded = {_fold(name): name for name in reversed(matched.missing)}
    few = len(folded) * min(len(matched.ignored), MOST_LISTED) <= MOST_COMPARISONS
    for name in matched.ignored[:MOST_LISTED]:
        short = _fold(name[:LONGEST_NAME])
        close = [short] if short in folded else difflib.get_close_matches(short, folded, 1, CUTOFF) if few else []
        if close:
            yield name, folded[close[0]]


def name_faults(matched: Matched, features: Collection[str], *at: str | int) -> Iterator[Fault]:
    """What is wrong with the names of a row or of a table."""
    if features and len(matched.missing) == len(features):
        few = ", ".join(map(shown, [*features][:10]))
        yield Fault(pointer(*at), f"has none of the model's {len(features)} inputs: {few}")
    for name, meant in misspellings(matched):
        yield Fault(pointer(*at, name), f"is not an input of this model; did you mean {meant!r}?")


def _fold(name: str) -> str:
    return SEPARATORS.sub("", name).casefold()

"""Splits rows into training, validation and test rows, with a random generator that nothing else uses."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

Indices = NDArray[np.int64]


@dataclass(frozen=True)
class Split:
    """Row numbers, sorted; a part that was not asked for is empty."""

    train: Indices
    validation: Indices
    test: Indices


def sizes(rows: int, fractions: Mapping[str, float]) -> dict[str, int]:
    """How many rows each part kept back gets: its fraction, rounded, and at least one."""
    return {part: max(1, round(rows * fraction)) for part, fraction in fractions.items() if fraction > 0}


def split_rows(
    rows: int, fractions: Mapping[str, float], generator: Generator, *, classes: NDArray[Any] | None = None
) -> Split:
    """Draw `validation` and `test` from the rows; the rest is for training. The parts have the sizes of `sizes`.

    With `classes`, every part gets its share of each class, to one row; and each class has a row to train on as long
    as there are rows enough, for which a share may be missed by one row more.

    Args:
        rows: how many there are; more than those kept back.
        fractions: of `validation` and `test`; those missing or 0 stay empty.
        generator: randomness.
        classes: class indices `(rows,)` from 0.

    Where scikit-learn differs: its `StratifiedShuffleSplit` refuses classes of a single row and draws the ties
    between classes at random; here the counts follow from the sizes alone.
    """
    kept = sizes(rows, fractions)
    wanted = np.array([rows - sum(kept.values()), kept.get("validation", 0), kept.get("test", 0)])
    order = generator.permutation(rows)
    if classes is None:
        counts = wanted[None, :]
    else:
        order = order[np.argsort(classes[order], kind="stable")]
        counts = _cover(_share(np.bincount(classes), wanted))
    # Each class lies together, in random order: cut it into its parts.
    part = np.repeat(np.tile(np.arange(3), len(counts)), counts.ravel())
    train, validation, test = (np.sort(order[part == index]) for index in range(3))
    return Split(train, validation, test)


def split_groups(groups: NDArray[Any], fractions: Mapping[str, float], generator: Generator) -> Split:
    """Draw `validation` and `test` from the rows so that no group is in two parts.

    Groups are drawn at random, each for the part that lacks most rows of what `sizes` gives it, and for training once
    no part has room. `groups` `(rows,)` are numbers of groups.
    """
    counts = np.bincount(groups)
    wanted = sizes(len(groups), fractions)
    part = np.zeros(len(counts), np.int64)
    lacking = {1: wanted.get("validation", 0), 2: wanted.get("test", 0)}
    for group in generator.permutation(np.flatnonzero(counts)):
        neediest = max(lacking, key=lambda each: lacking[each])
        # A group may go beyond what is lacking by as much as it would fall short without it.
        if lacking[neediest] * 2 > counts[group]:
            part[group] = neediest
            lacking[neediest] -= int(counts[group])
    return _by_part(part[groups])


def split_by_time(moments: NDArray[np.float64], fractions: Mapping[str, float]) -> Split:
    """The latest rows are for `test`, those before them for `validation`, the earlier for training.

    Rows of the same moment stay in the order in which they are. `moments` `(rows,)` may be any numbers.
    """
    wanted = sizes(len(moments), fractions)
    order = np.argsort(moments, kind="stable")
    part = np.zeros(len(moments), np.int64)
    test = len(moments) - wanted.get("test", 0)
    part[order[test:]] = 2
    part[order[test - wanted.get("validation", 0) : test]] = 1
    return _by_part(part)


def _by_part(part: Indices) -> Split:
    return Split(*(np.flatnonzero(part == index) for index in range(3)))


def _share(members: Indices, wanted: Indices) -> Indices:
    """Rows `(classes, parts)` that add up to `members` of each class and to `wanted` of each part.

    Each is its proportional quota, rounded down or up. Giving what is left of a class to the parts that lack most
    always comes out even (H. J. Ryser, Combinatorial Properties of Matrices of Zeros and Ones, 1957).
    """
    counts, remainder = np.divmod(np.outer(members, wanted), members.sum())
    lacking = wanted - counts.sum(axis=0)
    for index in range(len(members)):
        neediest = np.lexsort((-remainder[index], -lacking))
        chosen = neediest[: members[index] - counts[index].sum()]
        counts[index, chosen] += 1
        lacking[chosen] -= 1
    return counts


def _cover(counts: Indices) -> Indices:
    """The same sums, with a row of each class in the first part, from which no model could learn it otherwise."""
    for bare in np.flatnonzero((counts[:, 0] == 0) & (counts.sum(axis=1) > 0)):
        giver = int(counts[:, 0].argmax())
        if counts[giver, 0] < 2:
            break
        part = int(counts[bare].argmax())
        counts[bare, [0, part]] += (1, -1)
        counts[giver, [0, part]] += (-1, 1)
    return counts

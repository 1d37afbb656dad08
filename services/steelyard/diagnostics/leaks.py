"""Inputs that give the target away: equal to it, or enough alone to determine it in every training row.

Such an input is often written together with the target, and unknown when the model is used. A relation is looked for
in some training rows first; one that holds there is checked on all of them. A relation that would hold by chance in one
of a million tables with as many columns is no evidence, so short tables and rare classes raise no alarm.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from steelyard.diagnostics.schema import Finding
from steelyard.errors import shown
from steelyard.tabular.supervision import Supervised
from steelyard.tabular.values import Values

Array = NDArray[Any]
SAMPLES = 100, 2000  # rows, in turn
LEAST_ROWS = 10
MOST_TARGETS = 10
UNLIKELY = math.log(1e6)
LINEAR = 1e-6  # of the target's variance is not explained by the input: rounding, and nothing else


@dataclass(frozen=True)
class Target:
    """One target: its name, and a number for each of some rows: the index of a class, or a value."""

    name: str
    y: Array
    labels: list[str] | None  # of classes

    def take(self, rows: Array) -> "Target":
        """The target of some of the rows."""
        return Target(self.name, self.y[rows], self.labels)

    @cached_property
    def codes(self) -> NDArray[np.int64]:
        """A number from 0 for each different value, in their order."""
        codes: NDArray[np.int64] = np.unique(self.y, return_inverse=True)[1]
        return codes

    @cached_property
    def counts(self) -> NDArray[np.int64]:
        """How many rows have each of the different values."""
        return np.bincount(self.codes)


def find_leaks(supervised: Supervised, rows: NDArray[np.int64]) -> Iterator[tuple[str, Finding]]:
    """The inputs that determine a target in the training `rows`, by name."""
    if len(rows) < LEAST_ROWS:
        return
    unlikely = UNLIKELY + math.log(len(supervised.inputs))
    some = [np.linspace(0, len(rows) - 1, count).round().astype(np.int64) for count in SAMPLES if count < len(rows)]
    for target in _targets(supervised, rows):
        samples = [(rows[places], target.take(places)) for places in some]
        for name, column in supervised.inputs.items():
            # What does not hold in a sample holds nowhere. Whether a relation is evidence depends on all rows.
            if any(_find_relation(column.values.take(few), sampled, -math.inf) is None for few, sampled in samples):
                continue
            found = _find_relation(column.values.take(rows), target, unlikely)
            # Of a single input there is nothing else to learn from: that it determines the target is the task.
            if found is not None and (len(supervised.inputs) > 1 or found[0].startswith("equals")):
                yield name, _leak(name, target.name, *found, len(rows))


def _targets(supervised: Supervised, rows: NDArray[np.int64]) -> Iterator[Target]:
    y = supervised.y[rows]
    if supervised.classes is not None:
        yield Target(", ".join(supervised.targets[:MOST_TARGETS]), y, [str(label) for label in supervised.classes])
        return
    for place, name in enumerate(supervised.targets[:MOST_TARGETS]):
        yield Target(name, y[:, place], None)


def _leak(name: str, target: str, relation: str, present: int, rows: int) -> Finding:
    where = f"all {rows} training rows" if present == rows else f"the {present} training rows that have it"
    return Finding(
        code="target_leak",
        level="info" if relation.startswith("orders") else "warning",
        message=f"The input {shown(name)} {relation.format(target=shown(target))} in {where}.",
        suggestion="If it is derived from the target, or not known when the model is used, add it to data.ignore: the "
        "metrics are too good with it.",
    )


def _find_relation(values: Values, target: Target, unlikely: float) -> tuple[str, int] | None:
    """How the input determines the target, and in how many rows: in all, or in those that have a value."""
    rows = len(values.array)
    if (relation := _relation(values, target, unlikely)) is not None:
        return relation, rows
    present = np.flatnonzero(~values.missing)
    if len(present) == rows or len(present) < max(LEAST_ROWS, rows / 2):
        return None
    relation = _relation(values.take(present), target.take(present), unlikely)
    return None if relation is None else (relation, len(present))


def _relation(values: Values, target: Target, unlikely: float) -> str | None:
    """How the input determines the target, if it does; `{target}` stands for the target's name."""
    if len(target.counts) < 2:
        return None if unlikely > -math.inf else "may be related in other rows"
    is_complete_number = values.labels is None and not values.missing.any()
    if is_complete_number and target.labels is None:
        if np.allclose(values.array, target.y, rtol=1e-9, atol=0):
            return "equals the target {target}"
        if _is_linear(values.array, target.y):
            return "is a linear function of the target {target}"
    _, first, groups = np.unique(values.array, return_index=True, return_inverse=True)
    codes = target.codes[first]  # of the input's different values, in their order
    if (codes[groups] != target.codes).any():
        return None
    if len(first) == len(target.counts) and _are_equal(values, target, first):
        return "equals the target {target}"
    arrangements = _log_arrangements(target.counts)
    if arrangements - len(first) * math.log(len(target.counts)) > unlikely:
        return "has no value that occurs with two values of the target {target}, so it determines the target"
    if is_complete_number and _are_ordered(codes, target):
        orders = math.log(2) if target.labels is None else math.lgamma(len(target.counts) + 1)
        if arrangements - orders > unlikely:
            return "orders the rows as the target {target} does, so that thresholds determine the target"
    return None


def _log_arrangements(counts: Array) -> float:
    """The logarithm of the number of orders of rows of which so many have each value."""
    return math.lgamma(int(counts.sum()) + 1) - sum(math.lgamma(count + 1) for count in counts.tolist())


def _is_linear(x: Array, y: Array) -> bool:
    with np.errstate(all="ignore"):
        correlation = np.corrcoef(x, y)[0, 1]
    return bool(1 - correlation**2 < LINEAR)


def _are_equal(values: Values, target: Target, rows: NDArray[np.int64]) -> bool:
    """Whether in these rows, one for each value, the values are written as the classes that they occur with."""
    if target.labels is None:
        return False
    written = [f"{value:.15g}" if isinstance(value, float) else str(value) for value in values.to_list(rows)]
    return written == [target.labels[index] for index in target.y[rows].tolist()]


def _are_ordered(codes: NDArray[np.int64], target: Target) -> bool:
    """Whether the target's values are in order, or the rows of each class together."""
    steps = np.diff(codes)
    if target.labels is not None:
        return int(np.count_nonzero(steps)) + 1 == len(target.counts)
    return bool((steps >= 0).all() or (steps <= 0).all())

"""Which hidden units of one network are which of another of the same layers: an assignment, layer by layer.

The units of a hidden layer can stand in any order: with the columns that lead to them, and the rows that lead from
them, moved alike, the network computes the same. Two trainings rarely order them alike, so their weights can be
compared only after the units are matched. The method is weight matching (Ainsworth, Hayase and Srinivasa 2022, Git
Re-Basin, arXiv:2209.04836) on normalized weights: first forward by what leads to each unit, then by that and by what
leads from it, until nothing changes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from steelyard.nn.layers import Dense
from steelyard.nn.layers.base import Axis, Place

Array = NDArray[Any]
Tensors = Mapping[str, Array]
Order = NDArray[np.int64]
MOST_PASSES = 20
SIZE_SHARE = 0.1  # of the distance of lengths in that of units: what tells units apart that point the same way


@dataclass
class Units:
    """The units of one hidden layer, by its name: the axes of tensors that count them.

    `incoming` tensors make their values, `outgoing` ones take them; each with the axis.
    """

    layer: str
    count: int
    incoming: list[tuple[str, int]] = field(default_factory=list)
    outgoing: list[tuple[str, int]] = field(default_factory=list)


def find_units(places: Sequence[Place]) -> list[Units]:
    """The hidden units that can change places, in the order of the layers.

    Those of a dense layer, with the layers that pass them on. Units within residual blocks, and those that are added to
    the output of one with another width, stay where they are.
    """
    groups: dict[str, Units] = {}
    axis: Axis = places[0].inputs
    for place in places:
        names = None
        if isinstance(place.layer, Dense) and place is not places[-1]:
            names = tuple(f"{place.name}:{unit}" for unit in range(place.layer.units))
            groups[place.name] = Units(place.name, place.layer.units)
        tensors, axis = place.layer.axes(axis, names)
        for name, axes in tensors.items():
            _count(groups, f"{place.name}/{name}", axes)
    return [units for units in groups.values() if units.count > 1]


def _count(groups: Mapping[str, Units], name: str, axes: tuple[Axis, ...]) -> None:
    for place, axis in enumerate(axes):
        if isinstance(axis, int) or not axis or (layer := axis[0].rpartition(":")[0]) not in groups:
            continue
        kind = groups[layer].incoming if place == len(axes) - 1 else groups[layer].outgoing
        kind.append((name, place))


def permute(tensors: Tensors, units: Units, order: Order) -> dict[str, Array]:
    """The tensors with the units in another order: the unit at place `i` is the one that was at `order[i]`."""
    moved = dict(tensors)
    for name, axis in (*units.incoming, *units.outgoing):
        moved[name] = moved[name].take(order, axis=axis)
    return moved


def align(places: Sequence[Place], first: Tensors, second: Tensors) -> dict[str, Order]:
    """How to order the units of `second` so that they are those of `first`, by layer: `permute`'s `order`.

    Both have the tensors of `places`. The distance after it is never greater than before.
    """
    from scipy.optimize import linear_sum_assignment  # noqa: PLC0415 -- it takes 0.2 s, see `LBFGS`

    groups = find_units(places)
    orders = {units.layer: np.arange(units.count) for units in groups}
    best, nearest, moved = dict(orders), _distance(first, second), dict(second)
    for number in range(MOST_PASSES):
        before = dict(orders)
        for units in groups:
            cost = _costs(first, moved, units.incoming)
            if number:  # what leads from them has no order in the first pass
                cost += _costs(first, moved, units.outgoing)
            _, order = linear_sum_assignment(cost)
            orders[units.layer] = orders[units.layer][order]
            moved = permute(moved, units, order)
        distance = _distance(first, moved)
        if distance < nearest:
            best, nearest = dict(orders), distance
        if number and all(np.array_equal(orders[layer], before[layer]) for layer in orders):
            break
    return best


def _costs(first: Tensors, second: Tensors, axes: Sequence[tuple[str, int]]) -> Array:
    """The distance of every unit of the first from every one of the second: of directions, and a little of lengths."""
    mine, theirs = (_vectors(tensors, axes) for tensors in (first, second))
    if mine.size == 0:
        return np.zeros((len(mine), len(theirs)))
    longest = max(np.linalg.norm(mine, axis=1).max(), np.linalg.norm(theirs, axis=1).max()) or 1.0
    directions, lengths = _squares(_normalized(mine), _normalized(theirs)), _squares(mine / longest, theirs / longest)
    found: Array = directions + SIZE_SHARE * lengths
    return found


def _vectors(tensors: Tensors, axes: Sequence[tuple[str, int]]) -> Array:
    """What belongs to each unit, `(units, values)`, in float64."""
    rows = [np.moveaxis(tensors[name], axis, 0) for name, axis in axes]
    return np.concatenate([each.reshape(len(each), -1) for each in rows], axis=1, dtype=np.float64)


def _normalized(vectors: Array) -> Array:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    found = np.zeros_like(vectors)
    np.divide(vectors, lengths, out=found, where=lengths > 0)
    return found


def _squares(mine: Array, theirs: Array) -> Array:
    squares = (mine**2).sum(axis=1)[:, None] + (theirs**2).sum(axis=1) - 2 * mine @ theirs.T
    found: Array = np.maximum(squares, 0.0)
    return found


def _distance(first: Tensors, second: Tensors) -> float:
    return float(sum(((first[name] - second[name]).astype(np.float64) ** 2).sum() for name in first))

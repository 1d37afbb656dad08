"""Which weights of an earlier network a new one takes over, matched by what they are for.

Inputs are matched by the names of columns and categories, outputs by class or target, hidden units by position. What
has no counterpart keeps the value that it was drawn with.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from steelyard.errors import shown
from steelyard.nn.axes import Axis, NamedTensor

Tensors = Mapping[str, NDArray[Any]]
Names = Mapping[str, NamedTensor]
Places = NDArray[np.int64]
MOST_NAMED = 5


@dataclass(frozen=True)
class Taken:
    """A tensor `name` that takes values of the tensor `source`, from the places `there` to the places `here`, by axis.

    `added` are the names along its axes that the earlier network does not have, `dropped` those that only that has.
    """

    name: str
    source: str
    here: tuple[Places, ...]
    there: tuple[Places, ...]
    added: tuple[str, ...]
    dropped: tuple[str, ...]

    @property
    def is_whole(self) -> bool:
        """Whether all values of both tensors are matched."""
        return not self.added and not self.dropped

    @property
    def is_reordered(self) -> bool:
        """Whether any value moves to another place."""
        return any(not np.array_equal(here, there) for here, there in zip(self.here, self.there, strict=True))


@dataclass(frozen=True)
class Transfer:
    """What a network takes over from an earlier one: tensors, and the reason for each that it does not take.

    `unused` are tensors of the earlier network without a counterpart.
    """

    taken: tuple[Taken, ...]
    refused: Mapping[str, str]
    unused: tuple[str, ...]

    def apply(self, into: Tensors, source: Tensors) -> None:
        """Copy what is taken into the tensors `into`: the weights, or a slot of an optimizer, which may lack some."""
        for each in self.taken:
            if each.name in into and each.source in source:
                into[each.name][np.ix_(*each.here)] = source[each.source][np.ix_(*each.there)]

    def differences(self) -> Iterator[str]:
        """Everything in which the networks differ, as one sentence each: what a strict start does not allow."""
        for name, reason in self.refused.items():
            yield f"{name} {reason}"
        for each in self.taken:
            if each.added:
                yield f"{each.name} has {_listed(each.added)} here and not in the model"
            if each.dropped:
                yield f"{each.source} has {_listed(each.dropped)} in the model and not here"
        for name in self.unused:
            yield f"{name} is only in the model"


def match(here: Names, there: Names) -> Transfer:
    """What a network with the tensors `here` takes from one with the tensors `there`."""
    sources = {tensor.key: name for name, tensor in there.items()}
    taken, refused = [], {}
    has_new_units = False  # the units that the next tensors count by position are not those of the model
    for name, tensor in here.items():
        source = sources.pop(tensor.key, None)
        if source is None:
            found: Taken | str = "is not in the model"
        elif has_new_units and isinstance(tensor.axes[0], int):
            found = "belongs to units that are new"
        else:
            found = _match(name, tensor, source, there[source])
        if isinstance(found, str):
            refused[name] = found
        else:
            taken.append(found)
        if len(tensor.axes) > 1:
            has_new_units = isinstance(found, str)
    return Transfer(tuple(taken), refused, tuple(sources.values()))


def _match(name: str, here: NamedTensor, source: str, there: NamedTensor) -> Taken | str:
    """What is taken, or why nothing is."""
    if len(here.axes) != len(there.axes):
        return f"is {_shape(there)} in the model and {_shape(here)} here"
    into, out_of = [], []
    added: list[str] = []
    dropped: list[str] = []
    for axis, other in zip(here.axes, there.axes, strict=True):
        if isinstance(axis, int) or isinstance(other, int):
            if not isinstance(axis, int) or axis != other:
                return f"is {_shape(there)} in the model and {_shape(here)} here"
            into.append(np.arange(axis))
            out_of.append(np.arange(axis))
            continue
        places = {label: place for place, label in enumerate(other)}
        common = [(place, places[label]) for place, label in enumerate(axis) if label in places]
        if not common:
            return f"has {_listed(axis)} here and {_listed(other)} in the model"
        into.append(np.array([place for place, _ in common]))
        out_of.append(np.array([place for _, place in common]))
        added += [label for label in axis if label not in places]
        dropped += [label for label in other if label not in {*axis}]
    return Taken(name, source, tuple(into), tuple(out_of), tuple(added), tuple(dropped))


def _shape(tensor: NamedTensor) -> str:
    return " × ".join(map(str, tensor.shape))


def _listed(axis: Axis) -> str:
    assert not isinstance(axis, int)
    few = ", ".join(map(shown, axis[:MOST_NAMED]))
    return few + (f" and {len(axis) - MOST_NAMED} more" if len(axis) > MOST_NAMED else "")

"""What the axes of a network's tensors stand for: inputs and outputs by name, hidden units by position.

So the weights of one network can be put into another that has the same columns in another order. What the names mean
is not known here.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from steelyard.nn.layers import Dense
from steelyard.nn.layers.base import Axis, Place, count_of

__all__ = ["Axis", "NamedTensor", "name_tensors"]


@dataclass(frozen=True)
class NamedTensor:
    """A tensor: its key, which is the same in another network, and its axes, each with names or a number of units."""

    key: str
    axes: tuple[Axis, ...]

    @property
    def shape(self) -> tuple[int, ...]:
        """Its shape."""
        return tuple(count_of(axis) for axis in self.axes)

    def with_first(self, axis: Axis) -> "NamedTensor":
        """The same tensor with other names along its first axis."""
        return replace(self, axes=(axis, *self.axes[1:]))

    def of_member(self, name: str) -> "NamedTensor":
        """The same tensor in a member of an ensemble."""
        return replace(self, key=f"{name}.{self.key}")


def name_tensors(places: Sequence[Place], inputs: tuple[str, ...], outputs: tuple[str, ...]) -> dict[str, NamedTensor]:
    """The tensors of a network by full name (`dense_1/kernel`), from the names of its inputs and its outputs."""
    found = {}
    axis: Axis = inputs
    for place in places:
        is_output = place is places[-1] and isinstance(place.layer, Dense)
        named, after = place.layer.axes(axis, outputs if is_output else None)
        keys = place.layer.keys(axis)
        for name, axes in named.items():
            found[f"{place.name}/{name}"] = NamedTensor(f"{place.name}/{keys.get(name, name)}", axes)
        axis = after
    return found

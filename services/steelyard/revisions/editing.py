"""Edits of weights: each changes a network in place and tells how to undo it. The same edits give the same bits."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from steelyard.errors import Fault, ValidationFailed, nearest, pointer, shown
from steelyard.exports.nested import to_lists
from steelyard.nn.alignment import Units, find_units, permute
from steelyard.nn.ensemble import AnyNetwork, member_name
from steelyard.nn.layers.base import TensorSpec
from steelyard.revisions.request import (
    AddNoise,
    Edit,
    PermuteUnits,
    PruneWeights,
    ReinitializeUnits,
    ScaleWeights,
    SetWeights,
    ZeroWeights,
)

Array = NDArray[Any]
FindDead = Callable[[str], list[int]]
KERNEL_AXES = 2


@dataclass(frozen=True)
class Edited:
    """An edit as it was made, with everything that was left open, and the edits that undo it."""

    edit: dict[str, Any]
    undo: list[dict[str, Any]]


class Editor:
    """Edits a network. `find_dead` tells the dead units of a layer by its name."""

    def __init__(self, network: AnyNetwork, find_dead: FindDead) -> None:
        self._tensors = network.tensors()
        self._specs: dict[str, TensorSpec] = network.specs()
        self._units = dict(_units_by_layer(network))
        self._find_dead = find_dead

    def edit(self, edits: list[Edit]) -> list[Edited]:
        """Make the edits, one after the other. Raises `ValidationFailed` at the first that is not possible."""
        return [self._make(edit, number) for number, edit in enumerate(edits)]

    def _make(self, edit: Edit, number: int) -> Edited:
        before = {name: tensor.copy() for name, tensor in self._tensors.items()}
        made = edit.model_dump(exclude_none=True)
        at = ("edits", number)
        with np.errstate(all="ignore"):
            match edit:
                case PermuteUnits():
                    return self._permute(edit, at)
                case PruneWeights():
                    self._prune(edit, at)
                case ReinitializeUnits():
                    made["units"] = self._reinitialize(edit, at)
                case _:
                    self._change(edit, at)
        changed = [name for name, tensor in self._tensors.items() if tensor.tobytes() != before[name].tobytes()]
        if any(not np.isfinite(self._tensors[name]).all() for name in changed):
            raise ValidationFailed([Fault(pointer(*at), "makes weights that are not finite")])
        return Edited(made, [{"op": "set", "tensor": name, "values": to_lists(before[name])} for name in changed])

    def _change(self, edit: SetWeights | ScaleWeights | ZeroWeights | AddNoise, at: tuple[Any, ...]) -> None:
        """Change the weights of one tensor, or some of them."""
        tensor = self._tensor(edit.tensor, at)
        place = self._place(tensor, edit.index, at)
        match edit:
            case SetWeights(values=list() as values):
                tensor[...] = _read_values(values, edit, tensor, at)
            case SetWeights():
                if edit.value is None:
                    raise ValidationFailed([Fault(pointer(*at), "needs 'value' or 'values'")])
                tensor[place] = edit.value
            case ScaleWeights():
                tensor[place] *= edit.factor
            case ZeroWeights():
                tensor[place] = 0
            case AddNoise():
                noise = np.random.default_rng(edit.seed).normal(size=tensor.shape) * edit.stddev
                tensor[place] += noise[place].astype(tensor.dtype)

    def _prune(self, edit: PruneWeights, at: tuple[Any, ...]) -> None:
        named = [] if edit.tensor is None else [self._tensor(edit.tensor, at)]
        pruned = named or [tensor for tensor in self._tensors.values() if tensor.ndim == KERNEL_AXES]
        sizes = np.abs(np.concatenate([tensor.ravel() for tensor in pruned]))
        smallest = np.argsort(sizes, kind="stable")[: round(edit.fraction * len(sizes))]
        kept = np.ones(len(sizes), np.bool_)
        kept[smallest] = False
        start = 0
        for tensor in pruned:
            tensor[~kept[start : start + tensor.size].reshape(tensor.shape)] = 0
            start += tensor.size

    def _reinitialize(self, edit: ReinitializeUnits, at: tuple[Any, ...]) -> list[int]:
        units = self._find_units(edit.layer, at)
        chosen = self._find_dead(edit.layer) if edit.units is None else edit.units
        if wrong := [unit for unit in chosen if unit >= units.count]:
            detail = f"has the unit {wrong[0]}; the layer has {units.count}, counted from 0"
            raise ValidationFailed([Fault(pointer(*at, "units"), detail)])
        generator = np.random.default_rng(edit.seed)
        for name, axis in units.incoming:
            spec = self._specs[name]
            drawn = spec.initializer.draw(spec.shape, generator)
            self._tensors[name][_along(axis, chosen)] = drawn[_along(axis, chosen)]
        for name, axis in units.outgoing:
            self._tensors[name][_along(axis, chosen)] = 0
        return chosen

    def _permute(self, edit: PermuteUnits, at: tuple[Any, ...]) -> Edited:
        units = self._find_units(edit.layer, at)
        if sorted(edit.order) != [*range(units.count)]:
            detail = f"must have each unit from 0 to {units.count - 1} once"
            raise ValidationFailed([Fault(pointer(*at, "order"), detail)])
        order = np.array(edit.order)
        for name, tensor in permute({**self._tensors}, units, order).items():
            self._tensors[name][...] = tensor
        undo = {"op": "permute", "layer": edit.layer, "order": np.argsort(order).tolist()}
        return Edited(edit.model_dump(), [undo])

    def _tensor(self, name: str, at: tuple[Any, ...]) -> Array:
        if name not in self._tensors:
            detail = f"is {shown(name)}, which the model does not have; {nearest(name, self._tensors)}"
            raise ValidationFailed([Fault(pointer(*at, "tensor"), detail)])
        return self._tensors[name]

    def _find_units(self, layer: str, at: tuple[Any, ...]) -> Units:
        if layer not in self._units:
            known = nearest(layer, self._units) if self._units else "the model has none"
            detail = f"is {shown(layer)}, which is not a hidden dense layer of the model; {known}"
            raise ValidationFailed([Fault(pointer(*at, "layer"), detail)])
        return self._units[layer]

    def _place(self, tensor: Array, index: list[int | None] | None, at: tuple[Any, ...]) -> tuple[int | slice, ...]:
        if index is None:
            return (slice(None),) * tensor.ndim
        if len(index) != tensor.ndim or any(
            place is not None and place >= size for place, size in zip(index, tensor.shape, strict=True)
        ):
            detail = f"is {index}; the tensor has the shape {[*tensor.shape]}, counted from 0"
            raise ValidationFailed([Fault(pointer(*at, "index"), detail)])
        return tuple(slice(None) if place is None else place for place in index)


def _along(axis: int, places: list[int]) -> tuple[Any, ...]:
    """These places of an axis, and all of the axes before it."""
    return (*[slice(None)] * axis, places)


def _units_by_layer(network: AnyNetwork) -> Iterator[tuple[str, Units]]:
    """The hidden units of every member, under the names that its tensors have in the network."""
    for number, member in enumerate(network.members, start=1):
        prefix = f"{member_name(number)}." if len(network.members) > 1 else ""
        for units in find_units(member.places):
            yield (
                f"{prefix}{units.layer}",
                Units(
                    f"{prefix}{units.layer}",
                    units.count,
                    [(f"{prefix}{name}", axis) for name, axis in units.incoming],
                    [(f"{prefix}{name}", axis) for name, axis in units.outgoing],
                ),
            )


def _read_values(values: list[Any], edit: SetWeights, tensor: Array, at: tuple[Any, ...]) -> Array:
    if edit.index is not None or edit.value is not None:
        raise ValidationFailed([Fault(pointer(*at, "values"), "is given together with 'index' or 'value'")])
    try:
        found = np.array(values, np.float64)
    except (ValueError, TypeError, OverflowError):
        found = np.zeros(0)
    if found.shape != tensor.shape:
        raise ValidationFailed(
            [Fault(pointer(*at, "values"), f"must be numbers in nested lists of the shape {[*tensor.shape]}")]
        )
    return found

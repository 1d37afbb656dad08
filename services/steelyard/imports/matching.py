"""Which tensors of a file are which of a network: by this service's names, PyTorch's, or Keras's.

The last part of a tensor's name says what it is (`weight`, `kernel`, `bias`), the rest names the module that it belongs
to. Modules are matched with the layers that have weights, in order.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from steelyard.errors import shown
from steelyard.imports.contents import CannotImport

Array = NDArray[Any]
Shapes = Mapping[str, tuple[int, ...]]
# What a tensor is called by us, and elsewhere; PyTorch's `weight` of a dense layer is transposed.
ROLES = {
    "kernel": ("kernel", "weight"),
    "bias": ("bias",),
    "gamma": ("gamma", "weight"),
    "beta": ("beta", "bias"),
    "moving_mean": ("moving_mean", "running_mean"),
    "moving_variance": ("moving_variance", "running_var"),
    "alpha": ("alpha", "weight"),
}
NOT_WEIGHTS = ("num_batches_tracked",)
MOST_LISTED = 8


def match(tensors: Mapping[str, Array], shapes: Shapes, modules: Sequence[str] | None, dtype: str) -> dict[str, Array]:
    """The tensors by the network's names, in its precision. Raises `CannotImport`."""
    if shapes.keys() <= tensors.keys():
        found = {name: (name, tensors[name]) for name in shapes}
        unused = [name for name in tensors if name not in shapes]
    else:
        found, unused = _by_order(tensors, shapes, modules)
    if unused:
        raise CannotImport(f"the tensor {shown(unused[0])} belongs to no layer; the layers need {_listed([*shapes])}")
    for name, (source, tensor) in found.items():
        if tensor.shape != shapes[name]:
            called = shown(name) if source == name else f"{shown(source)} ({name})"
            expected = shapes[name][::-1] if _is_transposed(source, name) else shapes[name]
            seen = tensor.shape[::-1] if _is_transposed(source, name) else tensor.shape
            raise CannotImport(f"the tensor {called} must have the shape {[*expected]}; it has {[*seen]}")
    return {name: np.ascontiguousarray(tensor, dtype) for name, (_, tensor) in found.items()}


def group(tensors: Mapping[str, Array]) -> dict[str, dict[str, str]]:
    """The modules in the order of their numbers and names: the full name of each of their tensors by what it is."""
    groups: dict[str, dict[str, str]] = {}
    for name in tensors:
        module, role = _split(name)
        if role not in NOT_WEIGHTS:
            groups.setdefault(module, {})[role] = name
    return dict(sorted(groups.items(), key=lambda item: _natural(item[0])))


def _by_order(
    tensors: Mapping[str, Array], shapes: Shapes, modules: Sequence[str] | None
) -> tuple[dict[str, tuple[str, Array]], list[str]]:
    groups = group(tensors)
    if modules is not None:
        if missing := [each for each in modules if each not in groups]:
            raise CannotImport(f"it has no tensors of the module {shown(missing[0])}; there are {_listed([*groups])}")
        groups = {name: groups[name] for name in modules}
    layers: dict[str, list[str]] = {}
    for name in shapes:
        layers.setdefault(_split(name)[0], []).append(name)  # those within a block one by one, too
    if len(groups) != len(layers):
        raise CannotImport(
            f"it has {len(groups)} modules with weights ({_listed([*groups])}), and the network {len(layers)} layers "
            f"with weights ({_listed([*layers])})"
        )
    found, used = {}, set()
    for names, (module, roles) in zip(layers.values(), groups.items(), strict=True):
        for name in names:
            source = next((roles[role] for role in ROLES.get(_split(name)[1], ()) if role in roles), None)
            if source is None:
                raise CannotImport(
                    f"the module {shown(module)} has no tensor for {shown(name)} of the shape {[*shapes[name]]}; it "
                    f"has {_listed([*roles.values()])}"
                )
            used.add(source)
            tensor = tensors[source]
            found[name] = source, tensor.T if _is_transposed(source, name) else tensor
    return found, [name for roles in groups.values() for name in roles.values() if name not in used]


def _is_transposed(source: str, name: str) -> bool:
    return _split(source)[1] == "weight" and _split(name)[1] == "kernel"


def _split(name: str) -> tuple[str, str]:
    """The module of a tensor, and what it is: Keras's names have a number behind a colon."""
    plain = name.removesuffix(":0")
    place = max(plain.rfind("."), plain.rfind("/"))
    return (plain[:place], plain[place + 1 :]) if place >= 0 else ("", plain)


def _natural(name: str) -> list[tuple[int, int, str]]:
    """A key that puts `fc2` before `fc10`, and `dense` before `dense_1`."""
    parts = re.findall(r"\d{1,18}|\D+|\d+", name)
    return [(0, int(part), "") if part.isdecimal() and len(part) <= 18 else (1, 0, part.rstrip("_")) for part in parts]


def _listed(names: Sequence[str]) -> str:
    few = ", ".join(name if len(name) <= 60 else f"{name[:60]}…" for name in names[:MOST_LISTED])
    return few + (f" and {len(names) - MOST_LISTED} more" if len(names) > MOST_LISTED else "")

"""A model that has the layers, preprocessing and labels of another one here, and the weights of a file.

The weights may come from an export for PyTorch that was trained further there. Its tensors have other names.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import orjson
from numpy.typing import NDArray

from steelyard.errors import shown
from steelyard.exports.bundle import ModelBundle
from steelyard.exports.plain import manifest_of
from steelyard.exports.program import steps_of
from steelyard.exports.torch_network import weights_of_model
from steelyard.imports import exported
from steelyard.imports.contents import CannotImport, Contents
from steelyard.imports.draft import Draft
from steelyard.imports.matching import NOT_WEIGHTS, match
from steelyard.nn.ensemble import AnyNetwork
from steelyard.training.assemble import build_network

Array = NDArray[Any]
NOT_OF_LAYERS = ("preprocessing.", "target_center", "target_scale")  # of an export for PyTorch


def draft_of(contents: Contents, base: ModelBundle, modules: Sequence[str] | None, digest: str) -> Draft:
    """The model with the weights of a file with this SHA-256. Raises `CannotImport`."""
    draft = exported.draft_of(Contents({}, orjson.dumps(manifest_of(base)).decode()), digest)
    network = build_network(draft.spec, draft.inputs.layout, draft.units)
    dtype = draft.spec.training.dtype
    tensors = _of_torch_export(contents.tensors, network)
    if tensors is None:
        tensors = match(contents.tensors, draft.shapes(), modules, dtype)
    notes = (f"all but the weights is that of {base.id}", *contents.notes)
    return replace(draft, tensors=tensors, notes=notes)


def _of_torch_export(tensors: Mapping[str, Array], network: AnyNetwork) -> dict[str, Array] | None:
    """The weights by the network's names, if the file has the names of an export for PyTorch; else `None`."""
    places = weights_of_model([steps_of(member) for member in network.members])
    places = {name: place for name, place in places.items() if not name.endswith(NOT_WEIGHTS)}
    if not places.keys() <= tensors.keys():
        return None
    for name in tensors:
        if name not in places and not name.startswith(NOT_OF_LAYERS) and not name.endswith(NOT_WEIGHTS):
            raise CannotImport(f"the tensor {shown(name)} belongs to no layer")
    for name, place in places.items():
        if tensors[name].shape != place.shape:
            seen = [*tensors[name].shape]
            raise CannotImport(f"the tensor {shown(name)} must have the shape {[*place.shape]}; it has {seen}")
        place[...] = tensors[name]  # a view of the network's own tensor
    return network.tensors()

"""`.keras` files that hold one chain of layers, with residual blocks, or the mean of several such chains."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import orjson

from steelyard.errors import shown
from steelyard.exports.keras import EXPORT
from steelyard.imports.chain import Chain
from steelyard.imports.contents import MOST_TENSORS, Array, CannotImport, Contents
from steelyard.imports.keras_archive import KerasWeights, open_archive
from steelyard.imports.keras_config import KerasLayer, KerasModel, read_config
from steelyard.imports.keras_inputs import FIRST, SCALING, Part, begin, read_parts, rescaling_of, scaling_of
from steelyard.imports.keras_layers import convert
from steelyard.nn.activations.smooth import CUBIC, ROOT_TWO_OVER_PI
from steelyard.nn.ensemble import by_member

UNNAMED = ("", "input_layer", "keras_tensor", "numbers")  # how names begin that say nothing about a column
CLOSE = 1e-6


@dataclass(frozen=True)
class Block:
    """A layer `Add`, and what it adds to its input: `steps`, and the dense layer that the input goes through."""

    layer: KerasLayer
    steps: tuple["Step", ...]
    projection: KerasLayer | None


@dataclass(frozen=True)
class Curve:
    """Layers that compute one activation together."""

    name: str
    settings: dict[str, Any]


Step = KerasLayer | Block | Curve


def read_keras(path: str, most_bytes: int) -> Contents:
    """A `.keras` file, which unpacks to at most so many bytes. Raises `CannotImport`."""
    with open_archive(path, most_bytes) as (metadata, config, weights):
        if EXPORT in metadata:
            return _read_export(metadata[EXPORT], weights)
        return _Walk(read_config(config), weights).read()


def _read_export(found: Any, weights: KerasWeights) -> Contents:
    """The model in an export of this service, whose metadata says where its tensors are. Raises `CannotImport`."""
    match found:
        case {"manifest": dict(manifest), "tensors": dict(places)} if len(places) <= MOST_TENSORS:
            layers: dict[str, list[Array]] = {}
            tensors = {}
            for name, place in places.items():
                layer, _, number = str(place).partition("/vars/")
                if layer not in layers:
                    layers[layer] = weights.of(layer)
                if number not in map(str, range(len(layers[layer]))):
                    raise CannotImport(f"it has no weights in {shown(place)}, where the tensor {shown(name)} must be")
                tensors[name] = layers[layer][int(number)]
            return Contents(tensors, orjson.dumps(manifest).decode())
    raise CannotImport("its metadata must have 'manifest' and 'tensors' of an export")


class _Walk:
    """Goes through a model from its output to its inputs."""

    def __init__(self, model: KerasModel, weights: KerasWeights) -> None:
        self._model, self._weights = model, weights

    def read(self) -> Contents:
        """The network. Raises `CannotImport`."""
        target, last = self._read_target()
        layer = self._model.layers[last]
        ends = layer.inputs if layer.kind == "Average" else (last,)
        members = [self._read_member(end) for end in ends]
        networks, tensors, entries = zip(*members, strict=True)
        if any(network != networks[0] for network in networks) or any(not _alike(each, entries[0]) for each in entries):
            raise CannotImport(f"the models that {layer.called} averages must have the same layers and inputs")
        network = {**networks[0], **self._describe_inputs(entries[0]), "target_scaling": target}
        if len(members) == 1:
            return Contents(tensors[0], None, network)
        return Contents(by_member(tensors), None, network | {"ensemble": len(members)})

    def _read_target(self) -> tuple[dict[str, list[float]] | None, str]:
        """The scaling of the outputs, if there is one, and the layer before it."""
        layer = self._model.layers[self._model.output]
        if layer.kind != "Rescaling":
            return None, layer.name
        scale, center = rescaling_of(layer)
        if not (scale.size and center.size and np.isfinite([*scale, *center]).all() and scale.all()):
            raise CannotImport(f"the layer {layer.called} must scale by finite numbers, and not by 0")
        width = max(scale.size, center.size)
        target = {"center": np.resize(center, width).tolist(), "scale": np.resize(scale, width).tolist()}
        return target, layer.only_input

    def _read_member(self, end: str) -> tuple[dict[str, Any], dict[str, Array], list[Part]]:
        steps, first = self._back(end, None)
        parts = read_parts(self._model, self._weights, first)
        while steps and isinstance(layer := steps[0], KerasLayer) and layer.kind in SCALING:
            parts, steps = _scaled(parts, layer, self._weights), steps[1:]
        chain = begin(parts, self._model.inputs)
        self._write(steps, chain)
        return (*chain.describe(), parts)

    def _back(self, name: str, stop: str | None) -> tuple[list[Step], str]:
        """The steps that lead to the layer `name`, in order, and where they begin: behind `stop`, or at the inputs."""
        steps: list[Step] = []
        for _ in range(len(self._model.layers) + 1):
            layer = self._model.layers[name]
            if name == stop or self._is_first(layer):
                break
            if layer.kind == "Add":
                if stop is not None:
                    raise CannotImport(f"the layer {layer.called} is within another block; blocks cannot be nested")
                block, name = self._read_block(layer)
                steps.append(block)
            elif layer.kind == "Multiply":
                name = self._read_gelu(layer)
                steps.append(Curve("gelu", {"approximate": True}))
            else:
                steps.append(layer)
                name = layer.only_input
        else:
            raise CannotImport(f"the layer {layer.called} takes its own output")
        if stop is not None and name != stop:
            raise CannotImport(f"the layers behind {shown(stop)} do not form one chain")
        return _with_celu(steps[::-1]), name

    def _is_first(self, layer: KerasLayer) -> bool:
        """Whether the inputs end with this layer."""
        if layer.kind == "Flatten":
            return self._model.layers[layer.only_input].kind == "Embedding"
        return layer.kind in FIRST

    def _read_block(self, layer: KerasLayer) -> tuple[Block, str]:
        """A residual block, and the layer before it."""
        if len(layer.inputs) == 2:
            one, two = layer.inputs
            for end, past in ((one, two), (two, one)):
                if past in self._before(end):
                    return Block(layer, (*self._back(end, past)[0],), None), past
            for end, past in ((one, two), (two, one)):
                projection = self._model.layers[past]
                if _is_projection(projection) and (start := projection.only_input) in self._before(end):
                    return Block(layer, (*self._back(end, start)[0],), projection), start
        raise CannotImport(
            f"the layer {layer.called} must add the output of some layers to their input, or to their input's product "
            "with a kernel, without bias or activation"
        )

    def _before(self, name: str) -> set[str]:
        """Every layer that a layer depends on."""
        found: set[str] = set()
        waiting = [*self._model.layers[name].inputs]
        while waiting:
            each = waiting.pop()
            if each not in found:
                found.add(each)
                waiting += self._model.layers[each].inputs
        return found

    def _read_gelu(self, layer: KerasLayer) -> str:
        """The input of the layers of which this is the last: those that exports write for an approximate GELU."""
        for x, gate in (layer.inputs, layer.inputs[::-1]) if len(layer.inputs) == 2 else ():
            found = self._model.layers[gate]
            names = ("Rescaling", "Activation", "Multiply")
            chain = [found]
            while len(chain) < 3 and len(chain[-1].inputs) == 1:
                chain.append(self._model.layers[chain[-1].inputs[0]])
            if tuple(each.kind for each in chain) != names or not _rescales(found, 0.5, 0.5):
                continue
            if chain[1].config.get("activation") == "tanh" and self._is_bent(chain[2], x):
                return x
        raise CannotImport(f"the layer {layer.called} cannot be imported: it multiplies outputs of layers")

    def _is_bent(self, inner: KerasLayer, x: str) -> bool:
        """Whether a layer computes `x (√(2/π) + √(2/π) 0.044715 x²)`."""
        others = [each for each in inner.inputs if each != x]
        if len(inner.inputs) != 2 or len(others) != 1:
            return False
        steep = self._model.layers[others[0]]
        if not _rescales(steep, ROOT_TWO_OVER_PI * CUBIC, ROOT_TWO_OVER_PI) or len(steep.inputs) != 1:
            return False
        square = self._model.layers[steep.inputs[0]]
        return square.kind == "Multiply" and square.inputs == (x, x)

    def _write(self, steps: Sequence[Step], chain: Chain) -> None:
        for step in steps:
            match step:
                case Curve(name, settings):
                    chain.add_activation(name, **settings)
                case Block(layer, inner, projection):
                    found = Chain()
                    self._write(inner, found)
                    kernel = None if projection is None else self._weights.of(projection.place)
                    chain.add_residual(found, kernel[0] if kernel else None, layer.name)
                case KerasLayer():
                    convert(step, self._weights, chain)

    def _describe_inputs(self, parts: Sequence[Part]) -> dict[str, Any]:
        """The columns of the new model, in the order of the inputs, and how its numbers are scaled."""
        by_input = {part.input: part for part in parts}
        ordered = [by_input[name] for name in self._model.inputs]
        numbers = [part for part in ordered if part.categories is None]
        center, scale = (
            np.concatenate([getattr(part, name) for part in numbers] or [[]]) for name in ("center", "scale")
        )
        is_scaled = center.any() or (scale != 1).any()
        return {
            "columns": [*_columns(ordered)],
            "scaling": {"center": center.tolist(), "scale": scale.tolist()} if is_scaled else None,
        }


def _columns(parts: Sequence[Part]) -> Iterator[dict[str, Any]]:
    for part in parts:
        name = part.input if part.columns == 1 and not part.input.startswith(UNNAMED[1:]) and part.input else None
        for _ in range(part.columns):
            yield {"name": name, "categories": part.categories}


def _alike(parts: Sequence[Part], others: Sequence[Part]) -> bool:
    """Whether the same inputs enter in the same way, whatever the embeddings' weights are."""

    def facts(part: Part) -> tuple[Any, ...]:
        shape = None if part.table is None else part.table.shape
        return part.input, part.columns, part.center.tolist(), part.scale.tolist(), part.categories, shape

    return [*map(facts, parts)] == [*map(facts, others)]


def _scaled(parts: Sequence[Part], layer: KerasLayer, weights: KerasWeights) -> list[Part]:
    """Joined numbers after another scaling. Raises `CannotImport`."""
    width = sum(part.width for part in parts)
    center, scale = (np.resize(each, width) if each.size == 1 else each for each in scaling_of(layer, weights))
    if (center.size, scale.size) != (width, width):
        raise CannotImport(f"the layer {layer.called} scales {scale.size} values; there are {width}")
    found, first = [], 0
    for part in parts:
        some = slice(first, first := first + part.columns)
        found.append(part.scaled(layer, center[some], scale[some]))
    return found


def _is_projection(layer: KerasLayer) -> bool:
    config = layer.config
    return layer.kind == "Dense" and config.get("activation") in (None, "linear") and config.get("use_bias") is False


def _rescales(layer: KerasLayer, scale: float, offset: float) -> bool:
    """Whether a layer computes `scale x + offset`."""
    found = [layer.config.get(name) for name in ("scale", "offset")]
    if layer.kind != "Rescaling" or not all(isinstance(each, (int, float)) for each in found):
        return False
    return bool(np.allclose(np.array(found, np.float64), [scale, offset], rtol=CLOSE, atol=0))


def _with_celu(steps: list[Step]) -> list[Step]:
    """The steps, with CELU for the three layers that exports write for it: x / alpha, ELU, alpha x."""
    found: list[Step] = []
    while steps:
        match steps[:3]:
            case [
                KerasLayer("Rescaling") as first,
                KerasLayer("Activation", _, {"activation": "elu"}),
                KerasLayer("Rescaling", _, {"scale": float(alpha)}) as last,
            ] if alpha > 0 and _rescales(first, 1 / alpha, 0.0) and _rescales(last, alpha, 0.0):
                found.append(Curve("celu", {"alpha": alpha}))
                steps = steps[3:]
            case _:
                found.append(steps[0])
                steps = steps[1:]
    return found

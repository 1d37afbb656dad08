"""The layers of a Keras model and how they are connected, as its `config.json` describes them."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from steelyard.errors import shown
from steelyard.exports.keras_graph import snake
from steelyard.imports.contents import CannotImport

INPUT = "InputLayer"
MOST_LAYERS = 1000
MOST_WIDTH = 1_000_000
OF_KERAS = re.compile(r"keras(\.[a-z0-9_]+)*")
TENSOR = "__keras_tensor__"


@dataclass(frozen=True)
class KerasLayer:
    """A layer: its class, its name, its settings, the layers it takes its inputs from, where its weights are."""

    kind: str
    name: str
    config: Mapping[str, Any]
    inputs: tuple[str, ...] = ()
    place: str = ""

    @property
    def called(self) -> str:
        """As messages name it."""
        return f"{shown(self.name)} ({self.kind[:60]})"

    @property
    def only_input(self) -> str:
        """The one layer it takes its input from. Raises `CannotImport`."""
        if len(self.inputs) != 1:
            raise CannotImport(f"the layer {self.called} has {len(self.inputs)} inputs; it must have one")
        return self.inputs[0]


@dataclass(frozen=True)
class KerasModel:
    """The layers by name, and the names of the inputs and of the output."""

    layers: Mapping[str, KerasLayer]
    inputs: tuple[str, ...]
    output: str
    widths: Mapping[str, int] = field(default_factory=dict)  # of the inputs


def read_config(document: Any) -> KerasModel:
    """The model in a `config.json`. Raises `CannotImport`."""
    kind, config = read_object(document, "the model")
    if kind not in ("Sequential", "Functional"):
        raise CannotImport(f"the model is of the class {shown(kind)}; it must be Sequential or Functional")
    listed = config.get("layers")
    if not isinstance(listed, list) or len(listed) > MOST_LAYERS:
        raise CannotImport(f"the model must have a list of at most {MOST_LAYERS} layers")
    if kind == "Sequential":
        return _sequential(listed, config)
    return _functional(listed, config)


def read_object(document: Any, place: str) -> tuple[str, dict[str, Any]]:
    """The class and the settings of an object of Keras itself. Raises `CannotImport`."""
    match document:
        case {"class_name": str(kind), "config": dict(config), "module": str(module)}:
            registered = document.get("registered_name")
            if OF_KERAS.fullmatch(module) and registered in (None, kind):
                return kind, config
            custom = registered if isinstance(registered, str) else f"{module}.{kind}"
            raise CannotImport(f"{place} is of the custom class {shown(custom)}; only layers of Keras are imported")
    raise CannotImport(f"{place} must have 'module', 'class_name' and 'config'")


def _read_layer(document: Any, counts: Counter[str], inputs: tuple[str, ...]) -> KerasLayer:
    match document:
        case {"config": {"name": name}}:
            place = f"the layer {shown(name)}"
        case _:
            place = "a layer without a name"
    kind, config = read_object(document, place)
    name = config.get("name")
    if not isinstance(name, str):
        raise CannotImport(f"a layer of the class {shown(kind)} has no name")
    called = snake(kind)
    place = f"layers/{called}_{counts[called]}" if counts[called] else f"layers/{called}"
    counts[called] += 1
    return KerasLayer(kind, name, config, inputs, place)


def _sequential(listed: list[Any], config: dict[str, Any]) -> KerasModel:
    layers: dict[str, KerasLayer] = {}
    counts = Counter[str]()
    before: tuple[str, ...] = ()
    for document in listed:
        layer = _read_layer(document, counts, before)
        if not layers and layer.kind != INPUT:
            layers[""] = KerasLayer(INPUT, "", {"batch_shape": config.get("build_input_shape")})
            layer = KerasLayer(layer.kind, layer.name, layer.config, ("",), layer.place)
        _add(layers, layer)
        before = (layer.name,)
    if not layers:
        raise CannotImport("the model has no layers")
    first = next(iter(layers))
    return KerasModel(layers, (first,), next(reversed(layers)), {first: _width(layers[first])})


def _functional(listed: list[Any], config: dict[str, Any]) -> KerasModel:
    layers: dict[str, KerasLayer] = {}
    counts = Counter[str]()
    for document in listed:
        nodes = document.get("inbound_nodes") if isinstance(document, dict) else None
        layer = _read_layer(document, counts, ())
        if not isinstance(nodes, list) or len(nodes) > 1:
            raise CannotImport(f"the layer {layer.called} is used several times; each layer must be used once")
        inputs = tuple(_sources(nodes[0], layer)) if nodes else ()
        _add(layers, KerasLayer(layer.kind, layer.name, layer.config, inputs, layer.place))
    inputs, outputs = (tuple(_names(config.get(key))) for key in ("input_layers", "output_layers"))
    if len(outputs) != 1:
        raise CannotImport(f"the model has {len(outputs)} outputs; it must have one")
    known = {source for layer in layers.values() for source in layer.inputs} | {*inputs, *outputs}
    if unknown := known - layers.keys():
        raise CannotImport(f"the model has no layer {shown(min(unknown))}, which another one names")
    if len({*inputs}) != len(inputs) or any(layers[name].kind != INPUT for name in inputs):
        raise CannotImport("the inputs of the model are not different input layers")
    return KerasModel(layers, inputs, outputs[0], {name: _width(layers[name]) for name in inputs})


def _add(layers: dict[str, KerasLayer], layer: KerasLayer) -> None:
    if layer.name in layers:
        raise CannotImport(f"two layers have the name {shown(layer.name)}")
    layers[layer.name] = layer


def _width(layer: KerasLayer) -> int:
    match layer.config.get("batch_shape"):
        case [None, int(width)] if 1 <= width <= MOST_WIDTH:
            return width
        case shape:
            detail = f"the input {shown(layer.name)} has the shape {shown(shape)}"
            raise CannotImport(f"{detail}; it must be [null, the number of values]")


def _sources(node: Any, layer: KerasLayer) -> Iterator[str]:
    """The names of the layers whose outputs a layer takes."""
    for tensor in _tensors(node):
        match tensor.get("config"):
            case {"keras_history": [str(name), 0, 0]}:
                yield name
            case _:
                raise CannotImport(f"the layer {layer.called} takes something else than the output of one layer")


def _tensors(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        if value.get("class_name") == TENSOR:
            yield value
            return
        value = [*value.values()]
    if isinstance(value, list):
        for each in value:
            yield from _tensors(each)


def _names(value: Any) -> Iterator[str]:
    """The layers in `["name", 0, 0]`, or in lists or objects of these."""
    match value:
        case [str(name), 0, 0]:
            yield name
        case dict():
            yield from _names([*value.values()])
        case list():
            for each in value:
                yield from _names(each)

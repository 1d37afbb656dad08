"""What a Keras model does with its inputs before its first layer: scaling, one-hot encoding, embeddings.

Scaling becomes that of the new model's inputs, a one-hot encoded input a column of categories, and an embedding its
first layer. Source: https://keras.io/api/layers/preprocessing_layers.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from steelyard.errors import shown
from steelyard.imports.chain import PADDING, Chain
from steelyard.imports.contents import Array, CannotImport
from steelyard.imports.keras_archive import KerasWeights, require_weights
from steelyard.imports.keras_config import INPUT, KerasLayer, KerasModel
from steelyard.imports.keras_layers import NEGLIGIBLE, OF_ROWS, PASSING, require_axis, setting

SCALING = ("Normalization", "Rescaling")
FIRST = (INPUT, "CategoryEncoding", "Concatenate", "Embedding")  # where the inputs end and the network begins
MOST_CATEGORIES = 100_000
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Part:
    """One input of the model, as it enters the network.

    Its values are scaled to (value − center) / scale; or they are numbers of categories, either one-hot encoded with
    `categories` places, or replaced by the rows of `table`.
    """

    input: str
    columns: int
    center: Floats
    scale: Floats
    categories: int | None = None
    table: Array | None = field(default=None, compare=False)
    is_flat: bool = True

    @property
    def width(self) -> int:
        """How many inputs of the network it becomes."""
        if self.table is not None:
            return self.columns * int(self.table.shape[1])
        return self.columns if self.categories is None else self.categories

    @property
    def is_plain(self) -> bool:
        """Whether nothing has been done with it."""
        return self.table is None and self.categories is None and not (self.center.any() or (self.scale != 1).any())

    def scaled(self, layer: KerasLayer, center: Floats, scale: Floats) -> "Part":
        """The same after another scaling. Raises `CannotImport`."""
        if self.table is not None or self.categories is not None:
            raise CannotImport(f"the layer {layer.called} scales what is no number")
        with np.errstate(all="ignore"):
            try:
                found = replace(self, center=self.center + center * self.scale, scale=self.scale * scale)
            except ValueError:
                found = self
        usable = np.isfinite(found.center).all() and np.isfinite(found.scale).all() and (found.scale != 0).all()
        if found is self or found.scale.shape != (self.columns,) or found.center.shape != (self.columns,) or not usable:
            raise CannotImport(f"the layer {layer.called} must scale {self.columns} values by finite numbers, not by 0")
        return found


def scaling_of(layer: KerasLayer, weights: KerasWeights) -> tuple[Floats, Floats]:
    """What a layer takes from each value, and then divides it by. Raises `CannotImport`."""
    with np.errstate(all="ignore"):
        if layer.kind == "Rescaling":
            factor, offset = rescaling_of(layer)
            return -offset / factor, 1 / factor
        if layer.config.get("axis", -1) not in (*OF_ROWS, None) or layer.config.get("invert"):
            raise CannotImport(f"the layer {layer.called} must have the axis -1, and not invert")
        if layer.config.get("mean") is not None:
            mean, variance = _numbers(layer, "mean"), _numbers(layer, "variance")
        else:
            mean, variance, *_ = require_weights(weights.of(layer.place), ["mean", "variance", "count"], layer.name)
        root = np.sqrt(np.asarray(variance, np.float64))
        return np.asarray(mean, np.float64).reshape(-1), np.maximum(root, NEGLIGIBLE).reshape(-1)


def rescaling_of(layer: KerasLayer) -> tuple[Floats, Floats]:
    """The factor and the offset of a layer Rescaling. Raises `CannotImport`."""
    return _numbers(layer, "scale"), _numbers(layer, "offset", 0.0)


def _numbers(layer: KerasLayer, name: str, usual: float | None = None) -> Floats:
    try:
        return np.array(layer.config.get(name, usual), np.float64).reshape(-1)
    except (TypeError, ValueError):
        raise CannotImport(f"the setting {name} of the layer {layer.called} must be a list of numbers") from None


def read_parts(model: KerasModel, weights: KerasWeights, name: str) -> list[Part]:
    """What enters the network at the layer `name`. Raises `CannotImport`."""
    layer = model.layers[name]
    if layer.kind != "Concatenate":
        parts = [_read_part(model, weights, name)]
    else:
        require_axis(layer)
        parts = [_read_part(model, weights, each) for each in layer.inputs]
    if missing := {*model.inputs} - {part.input for part in parts}:
        raise CannotImport(f"the input {shown(min(missing))} does not enter the network at {shown(name)}")
    if len({part.input for part in parts}) != len(parts):
        raise CannotImport(f"an input enters {shown(name)} twice")
    return parts


def _read_part(model: KerasModel, weights: KerasWeights, name: str) -> Part:
    layers = []
    while (layer := model.layers[name]).kind != INPUT:
        layers.append(layer)
        name = layer.only_input
        if len(layers) > len(model.layers):
            raise CannotImport(f"the layer {layer.called} takes its own output")
    if name not in model.widths:
        raise CannotImport(f"{shown(name)} is not among the inputs of the model")
    columns = model.widths[name]
    part = Part(name, columns, np.zeros(columns), np.ones(columns))
    for layer in reversed(layers):
        part = _through(part, layer, weights)
    if not part.is_flat:
        raise CannotImport(f"the embedding of the input {shown(name)} must be followed by Flatten")
    return part


def _through(part: Part, layer: KerasLayer, weights: KerasWeights) -> Part:
    """What a layer makes of an input."""
    if layer.kind == "Flatten":
        return replace(part, is_flat=True)
    if layer.kind in PASSING or layer.kind == "Dropout":
        return part
    if layer.kind in SCALING:
        return part.scaled(layer, *scaling_of(layer, weights))
    if layer.kind in ("Embedding", "CategoryEncoding") and not part.is_plain:
        raise CannotImport(f"the layer {layer.called} must follow an input")
    if layer.kind == "Embedding":
        [table] = require_weights(weights.of(layer.place), ["embeddings"], layer.name)
        if table.ndim != 2:
            raise CannotImport(f"the table of {layer.called} has the shape {[*table.shape]}; it must have two axes")
        return replace(part, table=table, is_flat=False)
    if layer.kind == "CategoryEncoding":
        count = setting(layer, "num_tokens", (int,), None)
        if layer.config.get("output_mode") != "one_hot" or part.columns != 1 or not 2 <= count <= MOST_CATEGORIES:
            raise CannotImport(
                f"the layer {layer.called} must have output_mode 'one_hot', one value for each row, and from 2 to "
                f"{MOST_CATEGORIES} tokens"
            )
        return replace(part, categories=count)
    raise CannotImport(
        f"the layer {layer.called} cannot be imported before inputs are joined; known there are CategoryEncoding, "
        f"Embedding, {', '.join((*SCALING, *PASSING))}"
    )


def begin(parts: Sequence[Part], inputs: Sequence[str]) -> Chain:
    """A chain that begins with the embedding of these parts, if there is one.

    The new model's inputs come in the order of `inputs`: first numbers, then those that are one-hot encoded. Behind an
    embedding come the inputs that have none, and then its vectors.
    """
    starts = dict(zip([part.input for part in parts], np.cumsum([0, *(part.width for part in parts)]), strict=False))
    by_input = {part.input: part for part in parts}
    ordered = [by_input[name] for name in inputs]
    plain = [part for part in ordered if part.table is None]
    plain.sort(key=lambda part: part.categories is not None)
    order = [starts[part.input] + place for part in plain for place in range(part.width)]
    embedded = [part for part in parts if part.table is not None]
    order += _places_of_vectors(embedded, starts)
    found = np.array(order, np.int64)
    chain = Chain(None if (found == np.arange(len(found))).all() else found)
    if embedded:
        chain.add_embedding(*_tables(embedded, [part for part in ordered if part.categories is None]))
    return chain


def _places_of_vectors(embedded: Sequence[Part], starts: Mapping[str, Any]) -> list[int]:
    """Where the values of vectors are in the file's order; all vectors are as long as the longest."""
    longest = max((part.table.shape[1] for part in embedded if part.table is not None), default=0)
    places: list[int] = []
    for part in embedded:
        units = part.width // part.columns
        for column in range(part.columns):
            first = starts[part.input] + column * units
            places += [*range(first, first + units), *[PADDING] * (longest - units)]
    return places


def _tables(embedded: Sequence[Part], numbers: Sequence[Part]) -> tuple[list[Array], list[int]]:
    """A table for each embedded column, filled up with zeros, and where the column is among the numbers."""
    firsts = dict(
        zip([part.input for part in numbers], np.cumsum([0, *(each.columns for each in numbers)]), strict=False)
    )
    longest = max(part.width // part.columns for part in embedded)
    tables: list[Array] = []
    columns: list[int] = []
    for part in embedded:
        assert part.table is not None
        filled = np.pad(part.table, ((0, 0), (0, longest - part.table.shape[1])))
        tables += [filled] * part.columns
        columns += [int(firsts[part.input]) + each for each in range(part.columns)]
    return tables, columns

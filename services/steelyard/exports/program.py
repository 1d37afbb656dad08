"""What a network computes when it predicts, as a list of simple steps: what every format is written from.

A layer that this file does not know cannot be exported: a class derived from one that it knows may compute something
else.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from steelyard.exports.formula import Expression, evaluate, trace
from steelyard.exports.refusal import CannotExport
from steelyard.nn.activations import Activation, Linear, LogSoftmax, Softmax
from steelyard.nn.layers import (
    ActivationLayer,
    BatchNormalization,
    Dense,
    Dropout,
    Embedding,
    GaussianNoise,
    LayerNormalization,
    Residual,
)
from steelyard.nn.layers.base import Place
from steelyard.nn.layers.residual import PROJECTION
from steelyard.nn.network import OUTPUT, Network

Array = NDArray[Any]
Tensors = Mapping[str, Array]


@dataclass(frozen=True)
class Affine:
    """`x · kernel + bias`. The kernel is `(inputs, units)`, the bias `(units,)` or `None`."""

    name: str
    kernel: Array
    bias: Array | None


@dataclass(frozen=True)
class Pointwise:
    """An activation of each value `z` alone; `weights` `(units,)` are what it has learned."""

    name: str
    activation: Activation
    formula: Expression
    weights: Tensors


@dataclass(frozen=True)
class OverRow:
    """Softmax, or with `log` its logarithm."""

    name: str
    log: bool


@dataclass(frozen=True)
class Moving:
    """`gamma · (x − mean) / √(variance + epsilon) + beta`, with the averages of training; all `(units,)`."""

    name: str
    gamma: Array
    beta: Array
    mean: Array
    variance: Array
    epsilon: float
    momentum: float


@dataclass(frozen=True)
class RowNormal:
    """`gamma · (x − mean) / √(variance + epsilon) + beta`, with the mean and variance of the row."""

    name: str
    gamma: Array
    beta: Array
    epsilon: float


@dataclass(frozen=True)
class Lookup:
    """The inputs that are no categories, then for each column of categories the row of its table.

    `tables` are `(categories, units)`; `columns` are the positions of the category numbers among the inputs, which are
    rounded, halves to even, and numbers out of range are clipped.
    """

    name: str
    columns: tuple[int, ...]
    others: tuple[int, ...]
    tables: tuple[Array, ...]


@dataclass(frozen=True)
class Block:
    """`steps(x) + x`, or `steps(x) + x · projection`."""

    name: str
    steps: tuple["Step", ...]
    projection: Array | None


Step = Affine | Pointwise | OverRow | Moving | RowNormal | Lookup | Block


def steps_of(network: Network) -> tuple[tuple[Step, ...], tuple[Step, ...]]:
    """The steps from the inputs to the logits, and those of the output layer's activation. Raises `CannotExport`."""
    tensors = network.tensors()
    steps: list[Step] = []
    for place in network.places_for(logits=True):
        steps += _lower(place, _of_place(tensors, f"{place.name}/"))
    return tuple(steps), tuple(_activate(OUTPUT, network.output_activation, _of_place(tensors, f"{OUTPUT}/")))


def _of_place(tensors: Tensors, prefix: str) -> dict[str, Array]:
    return {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}


def _lower(place: Place, tensors: Tensors) -> list[Step]:
    lower = LOWERED.get(type(place.layer))
    if lower is None:
        raise CannotExport(f"the layer {place.name} is a {place.layer.name}, which exports do not support")
    return lower(place, tensors)


def _activate(name: str, activation: Activation, tensors: Tensors) -> list[Step]:
    if type(activation) is Linear:
        return []
    if type(activation) in (Softmax, LogSoftmax):
        return [OverRow(name, log=type(activation) is LogSoftmax)]
    formula = trace(activation)
    return [Pointwise(name, activation, formula, {each: tensors[each] for each in activation.weights()})]


def _dense(place: Place, tensors: Tensors) -> list[Step]:
    layer: Any = place.layer
    affine = Affine(place.name, tensors["kernel"], tensors.get("bias"))
    return [affine, *_activate(place.name, layer.activation, tensors)]


def _activation(place: Place, tensors: Tensors) -> list[Step]:
    layer: Any = place.layer
    return _activate(place.name, layer.activation, tensors)


def _nothing(place: Place, tensors: Tensors) -> list[Step]:  # noqa: ARG001 -- as all have it
    return []


def _moving(place: Place, tensors: Tensors) -> list[Step]:
    layer: Any = place.layer
    mean, variance = tensors["moving_mean"], tensors["moving_variance"]
    return [Moving(place.name, tensors["gamma"], tensors["beta"], mean, variance, layer.epsilon, layer.momentum)]


def _row_normal(place: Place, tensors: Tensors) -> list[Step]:
    layer: Any = place.layer
    return [RowNormal(place.name, tensors["gamma"], tensors["beta"], layer.epsilon)]


def _lookup(place: Place, tensors: Tensors) -> list[Step]:
    layer: Any = place.layer
    others = tuple(column for column in range(place.inputs) if column not in layer.columns)
    return [Lookup(place.name, layer.columns, others, tuple(tensors[f"table_{each}"] for each in layer.columns))]


def _block(place: Place, tensors: Tensors) -> list[Step]:
    steps: list[Step] = []
    for inner in place.layer.inner(place.inputs):
        steps += _lower(inner, _of_place(tensors, f"{inner.name}."))
    return [Block(place.name, tuple(steps), tensors.get(f"{PROJECTION}.kernel"))]


LOWERED: Mapping[type, Callable[[Place, Tensors], list[Step]]] = {
    ActivationLayer: _activation,
    BatchNormalization: _moving,
    Dense: _dense,
    Dropout: _nothing,
    Embedding: _lookup,
    GaussianNoise: _nothing,
    LayerNormalization: _row_normal,
    Residual: _block,
}


def run(steps: Sequence[Step], x: Array) -> Array:
    """What the steps make of `x` `(rows, inputs)`, in its precision."""
    for step in steps:
        x = _take(step, x)
    return x


def _take(step: Step, x: Array) -> Any:
    match step:
        case Affine(_, kernel, bias):
            z = x @ kernel.astype(x.dtype)
            return z if bias is None else z + bias
        case Pointwise(_, _, formula, weights):
            return np.asarray(evaluate(formula, {"z": x, **weights}), x.dtype)
        case OverRow(_, log):
            shifted = x - x.max(axis=1, keepdims=True)
            logs = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
            return logs if log else np.asarray(np.exp(logs), x.dtype)
        case Moving(_, gamma, beta, mean, variance, epsilon, _):
            return (x - mean) * (gamma / np.sqrt(variance.astype(x.dtype) + epsilon)) + beta
        case RowNormal(_, gamma, beta, epsilon):
            centered = x - x.mean(axis=1, keepdims=True)
            return centered / np.sqrt((centered * centered).mean(axis=1, keepdims=True) + epsilon) * gamma + beta
        case Lookup(_, columns, others, tables):
            found = [
                table[np.rint(np.clip(x[:, column], 0, len(table) - 1)).astype(np.int64)]
                for column, table in zip(columns, tables, strict=True)
            ]
            return np.concatenate([x[:, list(others)], *found], axis=1)
        case Block(_, inner, projection):
            return run(inner, x) + (x if projection is None else x @ projection.astype(x.dtype))

"""What the rules compute of a network and its data: units without a slope, and the loss of a constant answer."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from steelyard.nn.layers.activation import ActivationStage
from steelyard.nn.losses import Cost, Loss
from steelyard.nn.network import OUTPUT, Network, Pass
from steelyard.nn.one_hot import OneHot

Array = NDArray[Any]
MOST_ROWS = 1000
MOST_VALUES = 1_000_000
FLAT = 1e-3  # a smaller slope for every row is none


@dataclass(frozen=True)
class StuckLayer:
    """A hidden layer on some `rows`: how many of its units have no slope for any of them.

    Of these, `dead` ones answer 0, and `saturated` ones something else.
    """

    activation: str
    units: int
    rows: int
    dead: int
    saturated: int


def stuck_layers(network: Network, x: Array | OneHot) -> dict[str, StuckLayer]:
    """The hidden layers with an activation by name, on rows `x` `(rows, inputs)`."""
    rows = np.ascontiguousarray(x[:MOST_ROWS], network.dtype)
    with np.errstate(all="ignore"):
        found = _steepest(network, rows)
    layers = {}
    for name, (activation, steepest, outputs) in found.items():
        stuck = ~(steepest >= FLAT)
        silent = ~outputs.any(axis=0)
        dead, saturated = int((stuck & silent).sum()), int((stuck & ~silent).sum())
        layers[name] = StuckLayer(activation, len(steepest), len(rows), dead, saturated)
    return layers


def _steepest(network: Network, x: Array) -> dict[str, tuple[str, Array, Array]]:
    """For each hidden activation its name, the greatest slope of each unit over the rows, and its outputs."""
    found = {}
    activations = {place.name: getattr(place.layer, "activation", None) for place in network.places}
    for name, stage in Pass(network, len(x), logits=False).named:
        x = stage.forward(x)
        if isinstance(stage, ActivationStage) and name != OUTPUT:
            outputs = x.copy()
            slopes = np.abs(stage.backward(_alternate(x)))
            found[name] = (getattr(activations[name], "name", "it"), slopes.max(axis=0), outputs)
    return found


def _alternate(x: Array) -> Array:
    """Gradients of 1 and −1 in turn: softmax, whose outputs add up to one, has no slope where all are 1."""
    signs = np.ones_like(x)
    signs[:, 1::2] = -1
    return signs


def constant_loss(loss: Loss, y: Array, units: int, weights: Array | None = None) -> float:
    """About the least loss that one answer for all rows has: the mean, the median, or the shares of the classes.

    `y` and `weights` are as `Training` takes them. Of much data a sample is taken, and 5 % are added for the
    difference between the sample and all rows.
    """
    every = np.linspace(0, len(y) - 1, max(2, min(len(y), MOST_VALUES // units))).round().astype(np.int64)
    slack = 1.0 if len(every) == len(y) else 1.05
    targets, weights = y[every], None if weights is None else weights[every].astype(np.float64)
    if y.ndim == 1:
        shares = np.bincount(targets, weights=weights, minlength=units) + 1e-9
        answers = [np.log(shares / shares.sum())]
    else:
        targets = targets.astype(np.float64)
        answers = _answers(loss, np.average(targets, axis=0, weights=weights), np.median(targets, axis=0))
    cost = Cost(loss, len(targets), units, np.dtype(np.float64))
    return slack * min(cost.value(np.tile(each, (len(targets), 1)), targets, weights) for each in answers)


def _answers(loss: Loss, mean: Array, median: Array) -> list[Array]:
    """Outputs that are the best constant answer of one loss or another; logits for a loss with a link."""
    if loss.link == "sigmoid":
        shares = np.clip(mean, 1e-6, 1 - 1e-6)
        return [np.log(shares / (1 - shares))]
    if loss.link == "exponential":
        return [np.log(np.maximum(mean, 1e-9))]
    return [mean, median, np.sign(mean - 0.5)] if not loss.probabilities else [mean, median]

"""Whether a network learned anything, and what kept it from it: units without a slope, one answer for every row."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from steelyard.diagnostics.schema import Finding
from steelyard.errors import shown
from steelyard.nn.layers.activation import ActivationStage
from steelyard.nn.losses import Cost, Loss
from steelyard.nn.network import OUTPUT, Network, Pass
from steelyard.nn.one_hot import OneHot

Array = NDArray[Any]
MOST_ROWS = 1000
MOST_VALUES = 1_000_000
NOTHING = 1e-9  # a constant answer with less is right: the target is constant
EXPLODED = 10  # times the loss of a constant answer
FLAT = 1e-3  # a smaller slope for every row is none
WORTH_SAYING = 0.5  # of a layer's units
LEAST_EPOCHS = 10  # before that, no network has learned much


def stuck_units(network: Network, x: Array | OneHot) -> Iterator[Finding]:
    """Hidden layers of which most units have no slope for any of the rows `x` `(rows, inputs)`: dead, or saturated."""
    rows = np.ascontiguousarray(x[:MOST_ROWS], network.dtype)
    with np.errstate(all="ignore"):
        found = _steepest(network, rows)
    for name, (activation, steepest, outputs) in found.items():
        stuck = np.flatnonzero(~(steepest >= FLAT))
        if len(stuck) < WORTH_SAYING * len(steepest):
            continue
        is_dead = not outputs[:, stuck].any()
        state, remedy = (
            ("are dead: they answer 0", "a smaller learning rate, bias initializer 'zeros', or leaky_relu")
            if is_dead
            else (
                f"are saturated: {activation} is flat",
                "preprocessing.numeric 'standard', or smaller initial weights",
            )
        )
        largest = float(np.abs(rows).max())
        inputs = f" The largest input is {largest:.3g}." if largest > 100 else ""
        yield Finding(
            code="stuck_units",
            level="warning",
            message=f"{len(stuck)} of the {len(steepest)} units of {name} {state} for all of {len(rows)} training "
            f"rows, so they learn nothing, and pass no gradient on to the layers before.{inputs}",
            suggestion=f"Try {remedy}.",
            layer=name,
        )


def _steepest(network: Network, x: Array) -> dict[str, tuple[str, Array, Array]]:
    """For each hidden activation its name, the greatest slope of each unit over the rows, and its outputs."""
    found = {}
    activations = {place.name: getattr(place.layer, "activation", None) for place in network.places}
    for name, stage in Pass(network, len(x), logits=False).named:
        x = stage.forward(x)
        if isinstance(stage, ActivationStage) and name != OUTPUT:
            outputs = x.copy()
            slopes = np.abs(stage.backward(np.ones_like(x)))
            found[name] = (getattr(activations[name], "name", "it"), slopes.max(axis=0), outputs)
    return found


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


def learned_nothing(losses: Sequence[float | None], constant: float, rate: float) -> Iterator[Finding]:
    """A training loss that never got below `constant`, that of one answer for all rows."""
    finite = [value for value in losses if value is not None]
    if len(finite) < LEAST_EPOCHS or constant < NOTHING or min(finite) < 0.999 * constant:
        return
    exploded = finite[-1] > EXPLODED * constant
    yield Finding(
        code="loss_exploded" if exploded else "no_better_than_constant",
        level="warning",
        message=f"The training loss was {finite[-1]:.4g} in the last of {len(finite)} epochs, and never below the "
        f"{constant:.4g} that the same answer for every row has: the network learned nothing.",
        suggestion=f"Use a smaller learning rate (it was {rate:g}), gradient clipping, or scaled inputs."
        if exploded
        else "Look for findings about stuck or equal units; try other learning rates; and check that the inputs say "
        "something about the target.",
    )


def one_class_predicted(targets: Array, predictions: Array, classes: list[Any]) -> Iterator[Finding]:
    """The same class for every training row, although they have several. Arguments are class indices `(rows,)`."""
    if len(np.unique(predictions)) > 1 or len(np.unique(targets)) < 2:
        return
    said = int(predictions[0])
    others = int(np.count_nonzero(targets != said))
    yield Finding(
        code="one_class_predicted",
        level="warning",
        message=f"All {len(targets)} training rows are predicted as {shown(classes[said])}; {others} of them are of "
        "another class.",
        suggestion="If the class is frequent, try training.class_weight 'balanced'. Else check the scale of the inputs "
        "(preprocessing.numeric) and the learning rate.",
    )

"""Findings: what stands out in a finished run, in plain words, with what to try.

Each rule is a function over series and weights; none guesses without a number. How a run is stored or served is not
known here.
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from steelyard.diagnostics.schema import Finding, PatchOperation

Tensors = Mapping[str, NDArray[Any]]
History = Mapping[str, Sequence[float | None]]

LEAST_FALL = 0.02  # of the loss: less than this over a run is none
SAME_TO = 1e-3  # of the largest weight: matrix products round the columns of equal units differently
STOP_EARLY = PatchOperation(op="add", path="/training/early_stopping", value={"monitor": "val_loss", "patience": 16})
WORTH_SAYING = 0.1  # a validation loss this far above its best has clearly risen


@dataclass(frozen=True)
class Run:
    """What the rules look at: the series of the history, an entry an epoch; the weights before and after, by name.

    `epochs` is how many were asked for; `restored` says that `final` are the weights of the best epoch, not the last.
    `stops_early` says that the job has early stopping, whose settings a patch leaves alone.
    """

    history: History
    initial: Tensors
    final: Tensors
    epochs: int
    restored: bool = False
    stops_early: bool = False


def find(run: Run) -> list[Finding]:
    """Everything that stands out, the most telling first."""
    return [finding for rule in RULES for finding in rule(run)]


def equal_units(run: Run) -> Iterator[Finding]:
    """Units of a hidden layer that started with the same weights: they get the same gradients, and stay copies.

    Those of the output layer may begin so: the targets tell them apart.
    """
    for name, kernel in run.initial.items():
        layer, _, tensor = name.partition("/")
        if tensor != "kernel" or layer == "output" or kernel.shape[1] < 2 or not _are_copies(run.initial, layer, to=0):
            continue
        copies = _are_copies(run.final, layer, to=SAME_TO)
        values = f" ({kernel.flat[0]:g} everywhere)" if (kernel == kernel.flat[0]).all() else ""
        end = (
            "and still have: they get the same gradients, so the layer learns no more than a single unit."
            if copies
            else "and were separated only later, by dropout or the next layer."
        )
        yield Finding(
            code="equal_units",
            level="warning" if copies else "info",
            message=f"All {kernel.shape[1]} units of {layer} started with the same weights{values}, {end}",
            suggestion="Draw the weights at random: he_normal for relu, glorot_uniform for tanh and sigmoid.",
            layer=layer,
        )


def loss_did_not_fall(run: Run) -> Iterator[Finding]:
    """The training loss ended about where its first epoch left it."""
    losses = _finite(run.history.get("loss", ()))
    if len(losses) >= 3 and min(losses) > (1 - LEAST_FALL) * losses[0]:
        yield Finding(
            code="loss_did_not_fall",
            level="warning",
            message=f"The training loss was {losses[0]:.4g} in the first epoch and {losses[-1]:.4g} in the last of "
            f"{len(losses)}: the network stopped learning after the first epoch.",
            suggestion="If the metrics are not good enough, try a learning rate ten times larger, then ten "
            "times smaller; and check for a finding about equal units.",
        )


def overfitting(run: Run) -> Iterator[Finding]:
    """The validation loss rose well above its best while the training loss went on falling."""
    training, validation = _finite(run.history.get("loss", ())), _finite(run.history.get("val_loss", ()))
    if run.restored or len(validation) < 5 or len(training) != len(validation):
        return
    best = min(range(len(validation)), key=validation.__getitem__)
    last = min(validation[-3:])  # one epoch may be bad by chance
    rise, fall = last - validation[best], validation[0] - validation[best]
    if rise > WORTH_SAYING * max(validation[best], fall) and training[-1] < training[best]:
        yield Finding(
            code="overfitting",
            level="warning",
            message=f"The validation loss was best in epoch {best + 1} ({validation[best]:.4g}) and rose to "
            f"{last:.4g}, while the training loss kept falling, to {training[-1]:.4g}: the network overfits "
            "the training rows.",
            suggestion="Stop early and restore the best weights (training.early_stopping), add dropout, an l2 "
            "regularizer or more rows, or use fewer units.",
            patch=None if run.stops_early else [STOP_EARLY],
        )


def still_improving(run: Run) -> Iterator[Finding]:
    """The loss was still falling steadily when the epochs ran out."""
    series = "val_loss" if "val_loss" in run.history else "loss"
    losses = _finite(run.history.get(series, ()))
    if len(losses) < max(10, run.epochs):
        return
    tail = losses[-max(3, len(losses) // 10) :]
    if tail[-1] == min(losses) and tail[0] - tail[-1] > LEAST_FALL * tail[0]:
        yield Finding(
            code="still_improving",
            level="info",
            message=f"The {series} was still falling when the {len(losses)} epochs ran out: {tail[0]:.4g} to "
            f"{tail[-1]:.4g} in the last {len(tail)}.",
            suggestion="Train for more epochs, with early stopping; or use a larger learning rate.",
        )


RULES: tuple[Callable[[Run], Iterator[Finding]], ...] = (equal_units, loss_did_not_fall, overfitting, still_improving)


def _are_copies(tensors: Tensors, layer: str, *, to: float) -> bool:
    """Whether all units of the layer have the same weights and bias, but for `to` times the largest of them."""
    kernel, bias = tensors[f"{layer}/kernel"], tensors.get(f"{layer}/bias")
    weights = kernel if bias is None else np.vstack([kernel, bias])
    return bool((np.abs(weights - weights[:, :1]) <= to * np.abs(weights).max()).all())


def _finite(series: Sequence[float | None]) -> list[float]:
    return [value for value in series if value is not None and math.isfinite(value)]

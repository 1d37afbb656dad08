"""Findings: what stands out in a finished run. Each rule is a function; none of them guesses without a number."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Tensors = Mapping[str, NDArray[Any]]
History = Mapping[str, Sequence[float | None]]


@dataclass(frozen=True)
class Finding:
    """One thing that stands out. `level` is `info` or `warning`, `layer` where it was seen."""

    code: str
    level: str
    message: str
    suggestion: str
    layer: str | None = None

    def to_json(self) -> dict[str, Any]:
        """As the HTTP contract gives it."""
        return asdict(self)


@dataclass(frozen=True)
class Run:
    """What the rules look at: the series of the history, and the weights before and after."""

    history: History
    initial: Tensors
    final: Tensors
    epochs: int


def find(run: Run) -> list[Finding]:
    """Everything that stands out, the most telling first."""
    return [finding for rule in RULES for finding in rule(run)]


def equal_units(run: Run) -> Iterator[Finding]:
    """Units that began as copies of each other, with outgoing weights alike, get the same gradients and stay copies."""
    for name, kernel in run.initial.items():
        layer, _, tensor = name.partition("/")
        if tensor != "kernel" or kernel.shape[1] < 2 or not (_copies(kernel) and _copies(run.final[name])):
            continue
        yield Finding(
            "equal_units",
            "warning",
            f"All {kernel.shape[1]} units of {layer} began as copies of each other ({kernel.flat[0]:g} everywhere) and "
            "still are: units that start equal get equal gradients, so the layer can do no more than one unit could.",
            "Draw the weights at random: he_normal for relu, glorot_uniform for tanh and sigmoid.",
            layer,
        )


def _copies(kernel: NDArray[Any]) -> bool:
    """Whether all units have the same weights, up to what rounding has told apart."""
    return bool(np.allclose(kernel, kernel[:, :1], rtol=1e-3, atol=1e-6))


def loss_did_not_fall(run: Run) -> Iterator[Finding]:
    """The training loss ended about where it began."""
    losses = _finite(run.history.get("loss", ()))
    if len(losses) >= 3 and min(losses) > 0.98 * losses[0]:
        yield Finding(
            "loss_did_not_fall",
            "warning",
            f"The training loss went from {losses[0]:.4g} to {losses[-1]:.4g} in {len(losses)} epochs: the network "
            "did not learn.",
            "Try a learning rate ten times as large, then ten times as small; look whether units start equal.",
        )


def overfitting(run: Run) -> Iterator[Finding]:
    """The validation loss rose well above its best while the training loss went on falling."""
    training, validation = _finite(run.history.get("loss", ())), _finite(run.history.get("val_loss", ()))
    if len(validation) < 5 or len(training) != len(validation):
        return
    best = min(range(len(validation)), key=validation.__getitem__)
    if validation[-1] > 1.1 * validation[best] and training[-1] < training[best]:
        yield Finding(
            "overfitting",
            "warning",
            f"The validation loss was best in epoch {best + 1} ({validation[best]:.4g}) and rose to "
            f"{validation[-1]:.4g}, while the training loss fell on to {training[-1]:.4g}: the network learns its "
            "training rows by heart.",
            "Stop early (training.early_stopping), add dropout, an l2 regulariser or more rows, or take fewer units.",
        )


def still_improving(run: Run) -> Iterator[Finding]:
    """The loss was still falling steadily when the epochs ran out."""
    series = "val_loss" if "val_loss" in run.history else "loss"
    losses = _finite(run.history.get(series, ()))
    if len(losses) < max(10, run.epochs):
        return
    tail = losses[-max(3, len(losses) // 10) :]
    if tail[-1] == min(losses) and (tail[0] - tail[-1]) > 0.02 * abs(tail[0]):
        yield Finding(
            "still_improving",
            "info",
            f"The {series} was still falling when the {len(losses)} epochs ran out: {tail[0]:.4g} to {tail[-1]:.4g} "
            f"in the last {len(tail)}.",
            "Train for more epochs, with early stopping to end in time; or take a larger learning rate.",
        )


RULES: tuple[Callable[[Run], Iterator[Finding]], ...] = (equal_units, loss_did_not_fall, overfitting, still_improving)


def _finite(series: Sequence[float | None]) -> list[float]:
    return [value for value in series if value is not None and math.isfinite(value)]

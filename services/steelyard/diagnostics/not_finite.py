"""Losses and metrics without a finite value, and the value in the data that is the likely cause."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from steelyard.diagnostics.schema import Finding
from steelyard.errors import shown
from steelyard.tabular.column import Column
from steelyard.tabular.encoder import Encoder
from steelyard.tabular.supervision import Supervised

LARGE = 1e4  # of a scaled input: beyond this it is the likely cause of an overflow
WHY_UNDEFINED = {
    "r2": "It needs at least two rows.",
    "roc_auc": "It needs rows of at least two classes.",
    "average_precision": "It needs rows of at least two classes.",
}


def find_not_finite(
    series: Mapping[str, Sequence[float | None]], causes: Mapping[str, str], *, stopped_at: int | None
) -> list[Finding]:
    """The losses of the history that were not finite.

    `causes` has a sentence about the data of a split, where there is one to blame; `stopped_at` is the epoch of the
    weights that early stopping kept when it ended the training.
    """
    losses = series.get("val_loss", ())
    count = sum(value is None for value in losses)
    if not count:
        return []
    every = count == len(losses)
    when = f"any of the {len(losses)} epochs" if every else f"{count} of the {len(losses)} epochs"
    stopped = ""
    if every and stopped_at is not None:
        stopped = f" So early stopping had nothing to compare, and kept the weights of epoch {stopped_at}."
    cause = causes.get("validation", "The outputs overflowed, or the loss is not defined for them.")
    finding = Finding(
        code="validation_loss_not_finite",
        level="warning",
        message=f"The validation loss was not a finite number in {when}. {cause}{stopped}",
        suggestion="Correct or remove the value, or use preprocessing.numeric 'robust' or a smaller learning rate; "
        "until then, judge by the training loss (training.early_stopping.monitor).",
    )
    return [finding]


def find_undefined(metrics: Mapping[str, Mapping[str, float | None]], causes: Mapping[str, str]) -> list[Finding]:
    """The metrics that are null, each with the reason; `causes` as of `find_not_finite`."""
    found = []
    for split, values in metrics.items():
        names = [name for name, value in values.items() if value is None]
        overflow = causes.get(split, "Its value is not finite.")
        reasons = dict.fromkeys(overflow if "loss" in names else WHY_UNDEFINED.get(name, overflow) for name in names)
        if names:
            finding = Finding(
                code="undefined_metrics",
                level="info",
                message=f"{', '.join(names)} of the {split} rows {'is' if len(names) == 1 else 'are'} null. "
                f"{' '.join(reasons)}",
                suggestion="Use the other metrics, or other rows in this split.",
            )
            found.append(finding)
    return found


def blame_target(
    y: NDArray[Any], ids: NDArray[np.int64], supervised: Supervised, rows: NDArray[np.int64]
) -> str | None:
    """A sentence about the target that is largest as the loss takes it, `y`, if it is large enough to overflow.

    `rows` are where these rows are in the data, `ids` their numbers as it was sent.
    """
    if supervised.classes is not None:
        return None
    sizes = np.where(np.isfinite(y), np.abs(y), np.inf)
    row, place = np.unravel_index(int(sizes.argmax()), sizes.shape)
    if not sizes[row, place] > LARGE:
        return None
    name, value = shown(supervised.targets[place]), supervised.y[rows[row], place]
    return f"Row {ids[row]} has {value:g} as the target {name}, which is {_becomes(y[row, place], y)}."


def _becomes(value: Any, array: NDArray[Any]) -> str:
    scaled = f"{value:.3g}" if np.isfinite(value) else f"too large for {array.dtype.name}"
    return f"{scaled} after preprocessing"


def blame_cell(
    x: NDArray[Any],
    rows: NDArray[np.int64],
    ids: NDArray[np.int64],
    columns: Mapping[str, Column],
    encoder: Encoder,
) -> str | None:
    """A sentence about the value that is largest once it is encoded, if it is large enough to overflow.

    Args:
        x: encoded inputs `(rows, width)`.
        rows: where these rows are in the columns.
        ids: their numbers in the data as it was sent.
        columns: the inputs by name.
        encoder: what encoded them.
    """
    if not x.size:
        return None
    sizes = np.where(np.isfinite(x), np.abs(x), np.inf)
    row, place = np.unravel_index(int(sizes.argmax()), sizes.shape)
    if not sizes[row, place] > LARGE:
        return None
    name = next(name for name, places in encoder.places.items() if place in places)
    value = shown(columns[name].values.at(int(rows[row])))
    return f"Row {ids[row]} has {value} in {shown(name)}, which is {_becomes(x[row, place], x)}."

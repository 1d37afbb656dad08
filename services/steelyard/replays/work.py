"""How much of the history of a large network is computed for one answer."""

from collections.abc import Sequence

import numpy as np

from steelyard.errors import Fault, ValidationFailed

MOST_PRODUCTS = 20_000_000_000  # weights times rows times epochs: a few seconds


def require_little_work(weights: int, rows: int, epochs: int) -> None:
    """Raise `ValidationFailed` if so many epochs take too long together."""
    if epochs > 1 and weights * rows * epochs > MOST_PRODUCTS:
        detail = f"is missing; with {weights:,} weights only one of the {epochs} epochs is computed at a time"
        raise ValidationFailed([Fault.of_query("epoch", detail)])


def choose_epochs(epochs: Sequence[int], weights: int, rows: int, wanted: Sequence[int] = ()) -> list[int]:
    """As many of the epochs as do not take too long, evenly spaced, the first and the last among them; and `wanted`."""
    most = max(2, MOST_PRODUCTS // (weights * rows))
    places = np.linspace(0, len(epochs) - 1, min(len(epochs), most)).round().astype(np.int64)
    return sorted({*(epochs[place] for place in places.tolist()), *wanted})

"""What a tensor looks like, in a few numbers."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

SUMMARY = ("mean", "std", "min", "max", "norm", "zeros")


def summarize(tensor: NDArray[Any]) -> dict[str, float | None]:
    """Mean, standard deviation, extremes, Euclidean norm and share of zeros; `None` where a value is not finite."""
    with np.errstate(invalid="ignore", over="ignore"):  # of values that are not finite
        values = {
            "mean": tensor.mean(dtype=np.float64),
            "std": tensor.std(dtype=np.float64),
            "min": tensor.min(),
            "max": tensor.max(),
            "norm": np.sqrt(np.square(tensor, dtype=np.float64).sum()),
            "zeros": np.count_nonzero(tensor == 0) / tensor.size,
        }
    return {name: float(value) if np.isfinite(value) else None for name, value in values.items()}

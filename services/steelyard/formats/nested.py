"""Tensors as JSON's nested lists, in which a value that is not finite is `null`."""

from typing import Any

import numpy as np
from numpy.typing import NDArray


def to_lists(tensor: NDArray[Any]) -> Any:
    """The tensor as nested lists of numbers; float32 values as the shortest decimals that give them back."""
    if tensor.dtype == np.float32:  # 0.1 rather than 0.10000000149011612
        shortest = np.array([float(str(value)) for value in tensor.ravel()], np.float64).reshape(tensor.shape)
        tensor = np.where(np.isfinite(tensor), shortest, np.nan)
    if np.issubdtype(tensor.dtype, np.floating) and not np.isfinite(tensor).all():
        return np.where(np.isfinite(tensor), tensor, None).tolist()
    return tensor.tolist()

"""Tensors as JSON's nested lists, in which a value that is not finite is `null`."""

from typing import Any

import numpy as np
from numpy.typing import NDArray


def to_lists(tensor: NDArray[Any]) -> Any:
    """The tensor as nested lists of numbers; float32 values as the shortest decimals that give them back."""
    if tensor.dtype == np.float32:  # 0.1 rather than 0.10000000149011612
        shortest = [float(str(value)) if np.isfinite(value) else None for value in tensor.ravel()]
        return np.array(shortest, object).reshape(tensor.shape).tolist()
    if np.issubdtype(tensor.dtype, np.floating) and not np.isfinite(tensor).all():
        holes = tensor.astype(object)
        holes[~np.isfinite(tensor)] = None
        return holes.tolist()
    return tensor.tolist()

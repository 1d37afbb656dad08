"""safetensors: named tensors and a few strings, in a form that holds no code."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import safetensors.numpy
from numpy.typing import NDArray

MEDIA_TYPE = "application/vnd.safetensors"


def dump(tensors: Mapping[str, NDArray[Any]], metadata: Mapping[str, str] | None = None) -> bytes:
    """The tensors as one safetensors file. Equal tensors give equal bytes."""
    contiguous = {name: np.ascontiguousarray(tensor) for name, tensor in tensors.items()}
    return bytes(safetensors.numpy.save(contiguous, metadata=dict(metadata) if metadata else None))


def load(content: bytes) -> dict[str, NDArray[Any]]:
    """The tensors of a safetensors file."""
    return dict(safetensors.numpy.load(content))
